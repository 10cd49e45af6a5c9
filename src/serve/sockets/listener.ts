// A socket that accepts connections: bound by this server, or inherited.

import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net'
import { formatAddress, type ListenAddress, type ServeAddress } from './address.js'
import type { InheritedSocket } from './inherited.js'
import type { Log } from '../log.js'
import type { SocketMode } from './peers.js'
import { clearSocketPath, explainListenError, listenPrivately } from './unix-socket.js'

export interface ListenerOptions {
  /** Called with each connection, paused. */
  readonly onConnection: (socket: Socket, family: 'unix' | 'tcp') => void
  readonly socketMode: SocketMode
  readonly log: Log
}

export interface Listener {
  /** As the user wrote it, with the port that was picked. */
  readonly address: ServeAddress
  /** Where clients connect, if it can be told. */
  readonly place: ListenAddress | undefined
  /** Stops accepting, and removes a unix socket that was bound here. */
  close(): void
}

/** Binds an address and listens there. Refuses (UsageError) what cannot be bound. */
export async function bindListener(address: ListenAddress, options: ListenerOptions): Promise<Listener> {
  const path = address.kind === 'unix' ? address.path : undefined
  if (path !== undefined) await clearSocketPath(path)
  const server = serverFor(address.kind, options)
  await listening(server, address, path, () => {
    if (address.kind === 'unix') listenPrivately(server, address.path, options.socketMode)
    else server.listen(address.port, address.host)
  })
  const bound: ListenAddress =
    address.kind === 'unix' ? address : { ...address, port: (server.address() as AddressInfo).port }
  return { address: bound, place: bound, close: () => void server.close() }
}

/** Accepts on a socket that listens already. */
export async function inheritListener(inherited: InheritedSocket, options: ListenerOptions): Promise<Listener> {
  const { address, family, place } = inherited
  const server = serverFor(family, options)
  await listening(server, address, undefined, () => server.listen({ fd: address.number }))
  return { address, place, close: () => void server.close() }
}

function serverFor(family: 'unix' | 'tcp', { onConnection, log }: ListenerOptions): NetServer {
  const server = createServer({ pauseOnConnect: true }, (socket) => onConnection(socket, family))
  server.on('error', (error) => {
    if (server.listening) log('error', `Cannot accept a connection: ${error.message}`)
  })
  return server
}

/** Waits until the server listens; what keeps it from that is explained. */
function listening(
  server: NetServer,
  address: ServeAddress,
  path: string | undefined,
  start: () => void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListenError(error, formatAddress(address), path)))
    server.once('listening', resolve)
    start()
  })
}
