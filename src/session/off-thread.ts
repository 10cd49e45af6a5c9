// What may wait for a disk is done by libuv's threads, so that requests behind it are answered meanwhile. All connections
// share those threads: `disk` lets one connection have a few of them at once.

import { fdatasync, fsync, read } from 'node:fs'
import { ErrnoError } from '../errors.js'
import type { OpenDirectory } from '../view/open-directory.js'
import type { OpenFile } from '../view/open-file.js'
import type { Turns } from './turns.js'

type Callback = (error: NodeJS.ErrnoException | null, result?: number) => void

/** Runs one of Node's descriptor functions, EINTR retried, its error as an ErrnoError. */
function run(op: string, start: (callback: Callback) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const attempt = (): void =>
      start((error, result = 0) => {
        if (error === null) resolve(result)
        else if (error.code === 'EINTR') attempt()
        else reject(asErrno(op, error))
      })
    attempt()
  })
}

function asErrno(op: string, error: NodeJS.ErrnoException): Error {
  // libuv negates the system's errno, also where it has no name for it (ESTALE).
  return error.errno !== undefined && error.errno < 0 ? new ErrnoError(-error.errno, { op }) : error
}

/** Reads up to `count` bytes into a buffer of its own: the reply's place may be needed by others meanwhile. */
export async function readOffThread(
  disk: Turns,
  file: OpenFile,
  offset: number,
  count: number,
): Promise<{ data: Uint8Array }> {
  file.pin()
  try {
    return await disk.take(async () => {
      const into = Buffer.allocUnsafeSlow(count)
      const length = await run('read', (done) => read(file.fd.number, into, 0, count, offset, done))
      return { data: into.subarray(0, length) }
    })
  } finally {
    file.close()
  }
}

/** Brings a file or directory to stable storage. */
export async function fsyncOffThread(
  disk: Turns,
  opened: OpenFile | OpenDirectory,
  isDataOnly: boolean,
): Promise<void> {
  opened.pin()
  try {
    await disk.take(() => run('sync', (done) => (isDataOnly ? fdatasync : fsync)(opened.fd.number, done)))
  } finally {
    opened.close()
  }
}
