// A unix socket's file: whether a server is alive behind it, and binding it so that nobody else can connect.

import { lstatSync, statSync, unlinkSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { dirname } from 'node:path'
import { UsageError } from '../../errors.js'
import type { SocketMode } from './peers.js'

/** Makes the path free: refuses what is no socket or is served by somebody, removes what a dead server left. */
export async function clearSocketPath(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) {
    throw new UsageError(
      `Cannot listen on "unix:${path}": EEXIST (something that is no socket has this name; remove it or choose another path)`,
    )
  }
  const state = await probe(path)
  if (state === 'dead') unlinkSync(path)
  else {
    const why =
      state === 'alive' ? 'a server is listening there' : `it cannot be asked whether a server listens there: ${state}`
    throw new UsageError(`Cannot listen on "unix:${path}": EADDRINUSE (${why}; stop it or choose another path)`)
  }
}

/** Asks the socket: only a refused connection proves that nobody listens. */
function probe(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve('alive')
    })
    socket.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNREFUSED' ? 'dead' : (error.code ?? error.message)),
    )
  })
}

/**
 * Binds with a umask that leaves the socket's file no more than `mode`: a chmod afterwards would leave a moment in which
 * others could connect. 0666 is for servers that ask each peer who it is. Main thread only: others have no umask.
 */
export function listenPrivately(server: Server, path: string, mode: SocketMode = 0o600): void {
  const former = process.umask(0o777 & ~mode)
  try {
    // Node binds before listen() returns.
    server.listen(path)
  } finally {
    process.umask(former)
  }
}

/** Explains why listening failed. `path` is that of a unix socket, which could not be bound. */
export function explainListenError(
  error: NodeJS.ErrnoException,
  address: string,
  path: string | undefined,
): UsageError {
  const advice: Record<string, string> = {
    EADDRINUSE: 'something listens there; stop it or choose another address',
    EACCES: path === undefined ? 'ports below 1024 need privilege' : `no permission to write in ${dirname(path)}`,
    ENOENT: path === undefined ? 'no such address' : `make the directory ${dirname(path)} first`,
    ENOTDIR: path === undefined ? error.message : `${dirname(path)} is no directory`,
    EADDRNOTAVAIL: 'this machine does not have that address',
  }
  const code = (path === undefined ? undefined : directoryFault(path)) ?? error.code ?? 'EIO'
  return new UsageError(`Cannot listen on "${address}": ${code} (${advice[code] ?? error.message})`)
}

/** What is wrong with the directory of a path: node says EACCES where there is none (libuv's uv_pipe_bind). */
function directoryFault(path: string): string | undefined {
  try {
    return statSync(dirname(path)).isDirectory() ? undefined : 'ENOTDIR'
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? code : undefined
  }
}
