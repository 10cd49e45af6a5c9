// A unix socket's file: whether a server is alive behind it, and binding it so that nobody else can connect.

import { lstatSync, unlinkSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { dirname } from 'node:path'
import { UsageError } from '../errors.js'

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

/** Binds with a umask under which only the owner can connect: a chmod afterwards would leave a moment for others. */
export function listenPrivately(server: Server, path: string): void {
  const former = process.umask(0o177)
  try {
    // Node binds before listen() returns.
    server.listen(path)
  } finally {
    process.umask(former)
  }
}

/** Explains why listening failed. */
export function explainListenError(
  error: NodeJS.ErrnoException,
  address: string,
  path: string | undefined,
): UsageError {
  const advice: Record<string, string> = {
    EADDRINUSE: 'something listens there; stop it or choose another address',
    EACCES: path === undefined ? 'ports below 1024 need privilege' : `no permission to write in ${dirname(path)}`,
    ENOENT: path === undefined ? 'no such address' : `make the directory ${dirname(path)} first`,
    EADDRNOTAVAIL: 'this machine does not have that address',
  }
  const code = error.code ?? 'EIO'
  return new UsageError(`Cannot listen on "${address}": ${code} (${advice[code] ?? error.message})`)
}
