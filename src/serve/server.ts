// Listening, accepting, and ending: one export, any number of listeners and connections.

import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net'
import { errorLine } from '../errors.js'
import type { Fd } from '../sys/fd.js'
import { duplicate, peerCredentials } from '../sys/process.js'
import { formatAddress, type ListenAddress } from './address.js'
import { type ConnectionHost, nameOf, type RunningConnection } from './connection-host.js'
import type { Log } from './log.js'
import type { ServerTotals } from './server-totals.js'
import { clearSocketPath, explainListenError, listenPrivately } from './unix-socket.js'

export interface ServerOptions {
  /** The exported directory; the server closes it when it has stopped. */
  readonly tree: Fd
  /** Where connections run; the server closes it when it has stopped. */
  readonly host: ConnectionHost
  /** Most connections at once; further ones are closed at once. */
  readonly maxConnections: number
  /** Who may connect to a unix socket besides the server's own user and root. */
  readonly allowedUids: ReadonlySet<number>
  readonly log: Log
}

/** How long what is in flight may take when the server stops; the promise to the user is five seconds in all. */
const GRACE_MS = 4000

interface Listener {
  readonly server: NetServer
  readonly address: ListenAddress
}

export class Server {
  private readonly listeners: Listener[] = []
  private readonly connections = new Set<RunningConnection>()
  /** Connections that came so far, and those of them that were refused. */
  private came = 0
  private refused = 0
  private onEmpty: (() => void) | undefined

  constructor(private readonly options: ServerOptions) {}

  /** Listens on every address, or on none: a refusal closes those that were open already. Returns them as bound. */
  async listen(addresses: readonly ListenAddress[]): Promise<readonly ListenAddress[]> {
    try {
      for (const address of addresses) this.listeners.push(await this.open(address))
    } catch (cause) {
      this.closeListeners()
      throw cause
    }
    return this.listeners.map(({ address }) => address)
  }

  get totals(): ServerTotals {
    return { connections: this.connections.size, accepted: this.came - this.refused, refused: this.refused }
  }

  /** Stops accepting, answers what is in flight, closes every connection and the tree. */
  async stop(): Promise<void> {
    this.closeListeners()
    if (this.connections.size > 0) {
      const empty = new Promise<void>((resolve) => {
        this.onEmpty = resolve
      })
      for (const connection of this.connections) connection.end()
      const timer = setTimeout(() => {
        for (const connection of this.connections) connection.destroy()
      }, GRACE_MS)
      await empty
      clearTimeout(timer)
    }
    await this.options.host.close()
    this.options.tree.close()
  }

  private async open(address: ListenAddress): Promise<Listener> {
    const path = address.kind === 'unix' ? address.path : undefined
    if (path !== undefined) await clearSocketPath(path)
    const server = createServer({ pauseOnConnect: true }, (socket) => this.accept(socket, path !== undefined))
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(explainListenError(error, formatAddress(address), path)))
      server.once('listening', resolve)
      if (address.kind === 'unix') listenPrivately(server, address.path)
      else server.listen(address.port, address.host)
    })
    server.on('error', (error) => this.options.log('error', `Cannot accept a connection: ${error.message}`))
    const bound: ListenAddress =
      address.kind === 'unix' ? address : { ...address, port: (server.address() as AddressInfo).port }
    return { server, address: bound }
  }

  private closeListeners(): void {
    // Closing a unix socket's server removes its file.
    for (const { server } of this.listeners.splice(0)) server.close()
  }

  /** Gives the connection a session of its own. What goes wrong here ends this connection alone. */
  private accept(socket: Socket, isUnix: boolean): void {
    const number = (this.came += 1)
    const name = nameOf(number)
    const { host, maxConnections, log } = this.options
    const refuse = (why: string): void => {
      this.refused += 1
      log('warn', `${name}: refused: ${why}`)
    }
    try {
      using descriptor = duplicate(descriptorOf(socket))
      socket.destroy()
      if (this.connections.size >= maxConnections) {
        refuse(`there are ${maxConnections} already (--max-connections)`)
        return
      }
      if (isUnix && !this.isAllowed(descriptor.number, refuse)) return
      this.run(host, descriptor, number)
    } catch (cause) {
      socket.destroy()
      refuse(errorLine(cause))
    }
  }

  private run(host: ConnectionHost, descriptor: Fd, number: number): void {
    const { log } = this.options
    const connection: RunningConnection = host.start(descriptor, number, {
      onClosed: () => {
        this.connections.delete(connection)
        log('info', `${nameOf(number)}: closed`)
        if (this.connections.size === 0) this.onEmpty?.()
      },
    })
    this.connections.add(connection)
    log('info', `${nameOf(number)}: accepted`)
  }

  /** n_uname is only a claim, so whoever may connect may be anybody: the socket is for its owner and root. */
  private isAllowed(socket: number, refuse: (why: string) => void): boolean {
    const { uid, pid } = peerCredentials(socket)
    if (uid === 0 || uid === process.geteuid?.() || this.options.allowedUids.has(uid)) return true
    refuse(`uid ${uid} (pid ${pid}) is neither this server's user nor root (--allow-uid)`)
    return false
  }
}

/** Node keeps the number in a property that its types do not show. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const number: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined
  if (typeof number !== 'number' || number < 0) throw new Error('Cannot take over the connection: it is closed')
  return number
}
