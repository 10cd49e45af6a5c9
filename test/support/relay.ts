// A way to a unix socket of this machine for those who speak only TCP, as a guest does.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Relay extends AsyncDisposable {
  /** The port of 127.0.0.1 on which it listens. */
  readonly port: number
}

/** Joins each connection to a free port of 127.0.0.1 to one of the unix socket at `path`. */
export async function relayTo(path: string): Promise<Relay> {
  const sockets = new Set<Socket>()
  const server = createServer((accepted) => {
    const other = connect(path)
    for (const [from, to] of [
      [accepted, other],
      [other, accepted],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      // A reset at one end is the end of both.
      from.on('error', () => to.destroy())
      from.on('close', () => sockets.delete(from))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
