// Listening, accepting, and ending: one export, any number of listeners and connections.

import type { Socket } from 'node:net'
import { errorLine } from '../errors.js'
import { Fd } from '../sys/fd.js'
import { duplicate, peerCredentials } from '../sys/process.js'
import type { AddressRules, InheritedAddress, ListenAddress, ServeAddress } from './sockets/address.js'
import { type ConnectionHost, nameOf, type RunningConnection } from './connection-host.js'
import { type InheritedSocket, inheritedSockets } from './sockets/inherited.js'
import { bindListener, inheritListener, type Listener, type ListenerOptions } from './sockets/listener.js'
import type { Log } from './log.js'
import type { AllowedPeers } from './sockets/peers.js'
import type { ServerTotals } from './observation/server-totals.js'

export interface ServerOptions {
  /** The exported directory; the server closes it when it has stopped. */
  readonly tree: Fd
  /** Where connections run; the server closes it when it has stopped. */
  readonly host: ConnectionHost
  /** Most connections at once; further ones are closed at once. */
  readonly maxConnections: number
  /** Whose processes may connect to a unix socket. */
  readonly peers: AllowedPeers
  readonly log: Log
}

/** Where a server is reached. */
export type Reached = Pick<Listener, 'address' | 'place'>

/** How long what is in flight may take when the server stops; the promise to the user is five seconds in all. */
const GRACE_MS = 4000

export class Server {
  private readonly listeners: Listener[] = []
  private readonly connections = new Set<RunningConnection>()
  /** Connections that came so far, and those of them that were refused. */
  private came = 0
  private refused = 0
  /** Those who wait for a change of who is there. */
  private readonly waiting: (() => void)[] = []

  constructor(private readonly options: ServerOptions) {}

  /**
   * Listens on every address, or on none: a refusal closes those that were open already. Returns where it is reached, in
   * the same order. A connection that was inherited is served like one that was accepted here.
   */
  async listen(addresses: readonly ServeAddress[], rules: AddressRules = {}): Promise<readonly Reached[]> {
    const inherited = inheritedSockets(addresses.filter(isInherited), rules)
    try {
      const reached: Reached[] = []
      for (const address of addresses) {
        const socket = isInherited(address) ? inherited.find((one) => one.address === address) : undefined
        reached.push(socket?.state === 'connected' ? takeOver(this, socket) : await this.open(address, socket))
      }
      this.options.host.prepare()
      return reached
    } catch (cause) {
      this.closeListeners()
      throw cause
    }
  }

  get totals(): ServerTotals {
    return { connections: this.connections.size, accepted: this.came - this.refused, refused: this.refused }
  }

  /** Resolves once nothing is served any more and nobody can come: the end of a server that inherited its connections. */
  async whenAlone(): Promise<void> {
    while (this.listeners.length > 0 || this.connections.size > 0) {
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    }
  }

  /** Stops accepting, answers what is in flight, closes every connection and the tree. */
  async stop(): Promise<void> {
    this.closeListeners()
    if (this.connections.size > 0) {
      for (const connection of this.connections) connection.end()
      const timer = setTimeout(() => {
        for (const connection of this.connections) connection.destroy()
      }, GRACE_MS)
      await this.whenAlone()
      clearTimeout(timer)
    }
    await this.options.host.close()
    this.options.tree.close()
  }

  /** Serves a connected socket, if its peer may connect. What goes wrong here ends this connection alone. */
  serve(socket: Fd, family: 'unix' | 'tcp'): void {
    const number = (this.came += 1)
    const { maxConnections } = this.options
    try {
      using descriptor = socket
      const refusal =
        this.connections.size >= maxConnections
          ? `there are ${maxConnections} already (--max-connections)`
          : family === 'unix'
            ? this.refusalOf(descriptor)
            : undefined
      if (refusal === undefined) this.run(descriptor, number)
      else this.refuse(number, refusal)
    } catch (cause) {
      this.refuse(number, errorLine(cause))
    }
  }

  private async open(address: ServeAddress, inherited: InheritedSocket | undefined): Promise<Listener> {
    const { log, peers } = this.options
    const options: ListenerOptions = {
      onConnection: (socket, family) => this.accept(socket, family),
      socketMode: peers.socketMode,
      log,
    }
    const listener = await (inherited === undefined
      ? bindListener(address as ListenAddress, options)
      : inheritListener(inherited, options))
    this.listeners.push(listener)
    return listener
  }

  private closeListeners(): void {
    for (const listener of this.listeners.splice(0)) listener.close()
    this.changed()
  }

  private changed(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }

  private accept(socket: Socket, family: 'unix' | 'tcp'): void {
    try {
      const descriptor = duplicate(descriptorOf(socket))
      socket.destroy()
      this.serve(descriptor, family)
    } catch (cause) {
      socket.destroy()
      this.options.log('warn', `a connection was refused: ${errorLine(cause)}`)
    }
  }

  private run(descriptor: Fd, number: number): void {
    const { host, log } = this.options
    const connection: RunningConnection = host.start(descriptor, number, {
      onClosed: () => {
        this.connections.delete(connection)
        log('info', `${nameOf(number)}: closed`)
        this.changed()
      },
    })
    this.connections.add(connection)
    log('info', `${nameOf(number)}: accepted`)
  }

  private refuse(number: number, why: string): void {
    this.refused += 1
    this.options.log('warn', `${nameOf(number)}: refused: ${why}`)
  }

  /** n_uname is only a claim, so whoever may connect may be anybody. */
  private refusalOf(descriptor: Fd): string | undefined {
    const peer = peerCredentials(descriptor.number)
    return this.options.peers.has(peer.uid) ? undefined : this.options.peers.refusalOf(peer)
  }
}

const isInherited = (address: ServeAddress): address is InheritedAddress => address.kind === 'fd'

/** Serves a connection that was inherited. */
function takeOver(server: Server, { address, family }: InheritedSocket): Reached {
  server.serve(new Fd(address.number), family)
  return { address, place: undefined }
}

/** Node keeps the number in a property that its types do not show. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const number: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined
  if (typeof number !== 'number' || number < 0) throw new Error('Cannot take over the connection: it is closed')
  return number
}
