// Holding what is done off the main thread: libuv's threads are kept busy until the test lets go, so that "still under
// way" is a state that a test chooses and not one that it hopes for.

import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, open, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { injectFaults } from '../../src/sys/call.js'
import { Errno } from '../../src/errors.js'

const THREADS = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)

/** Everything that is given to libuv's threads from now on waits until `release`. */
export interface HeldPool extends AsyncDisposable {
  release(): Promise<void>
}

/** Occupies every thread with opening a fifo, which waits for somebody who writes. Threads take work in order. */
export function holdPool(): HeldPool {
  const directory = mkdtempSync(join(tmpdir(), 'virtfs-pool-'))
  const fifo = join(directory, 'fifo')
  execFileSync('mkfifo', [fifo])
  const opened = Array.from(
    { length: THREADS },
    () =>
      new Promise<void>((resolve, reject) =>
        open(fifo, 'r', (error, fd) => {
          if (error) reject(error)
          else {
            closeSync(fd)
            resolve()
          }
        }),
      ),
  )
  let isHeld = true
  const release = async (): Promise<void> => {
    if (!isHeld) return
    isHeld = false
    const writer = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)
    await Promise.all(opened)
    closeSync(writer)
    rmSync(directory, { recursive: true })
  }
  return { release, [Symbol.asyncDispose]: release }
}

/** Makes every read wait for the disk, as far as the server can tell. */
export function nothingIsCached(): Disposable {
  injectFaults((call) => (call === 'preadv2' ? Errno.EAGAIN : 0))
  return { [Symbol.dispose]: () => injectFaults(undefined) }
}

/** Lets everything run that is ready to run: callbacks, promises, and what they start. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
