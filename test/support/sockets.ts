// Sockets of every kind for a test, by descriptor, closed at its end.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { call, checked } from '../../src/sys/call.js'
import { SOCK_CLOEXEC } from '../../src/sys/constants.js'
import { Fd } from '../../src/sys/fd.js'

// include/linux/socket.h and include/linux/net.h: what the project itself has no use for.
export const AF_NETLINK = 16
export const SOCK_RAW = 3
export const SOCK_SEQPACKET = 5

/** The descriptor of something of node's. */
export function numberOf(owner: Server | Socket): number {
  const handle = Reflect.get(owner, '_handle') as { readonly fd: number }
  return handle.fd
}

const closers: (() => void)[] = []

/** Calls `close` at the end of the test, with `closeSockets`. */
export function atEnd(close: () => unknown): void {
  closers.push(() => void close())
}

/** Closes all that was made here. */
export function closeSockets(): void {
  for (const close of closers.splice(0)) close()
}

/** A server of node's, listening. */
export async function listening(where: ListenOptions): Promise<Server> {
  const server = createServer()
  atEnd(() => server.close())
  server.listen(where)
  await once(server, 'listening')
  return server
}

/** The port of a TCP server. */
export const portOf = (server: Server): number => (server.address() as AddressInfo).port

/** A port of 127.0.0.1 and of all other addresses that is free, as far as one can know. */
export async function freePort(): Promise<number> {
  const server = await listening({ host: '0.0.0.0', port: 0 })
  const port = portOf(server)
  server.close()
  return port
}

/** Both ends of a connection to the server, to `host` if it has several addresses. */
export async function connection(
  server: Server,
  host?: string,
): Promise<{ readonly client: Socket; readonly accepted: Socket }> {
  const where = server.address()
  const client = typeof where === 'string' ? connect(where) : connect(portOf(server), host ?? addressOf(where))
  atEnd(() => client.destroy())
  const connected = once(client, 'connect')
  const [accepted] = (await once(server, 'connection')) as [Socket]
  atEnd(() => accepted.destroy())
  await connected
  return { client, accepted }
}

const addressOf = (info: AddressInfo | null): string => info?.address ?? ''

/** A socket as socket(2) makes it, of kinds that node has not. */
export function rawSocket(family: number, type: number): number {
  const socket = new Fd(checked(call('socket', family, type | SOCK_CLOEXEC, 0), { op: 'make a socket' }))
  atEnd(() => socket.close())
  return socket.number
}
