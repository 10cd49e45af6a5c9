// Listening, accepting, and ending: one export, any number of listeners and connections.

import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net'
import { errorLine } from '../errors.js'
import type { Model } from '../ownership/store.js'
import type { Fd } from '../sys/fd.js'
import { duplicate, peerCredentials } from '../sys/process.js'
import type { DescriptorBudget } from '../view/descriptor-budget.js'
import { readOnly } from '../view/read-only.js'
import { openView } from '../view/view.js'
import { formatAddress, type ListenAddress } from './address.js'
import { Connection } from './connection.js'
import { clearSocketPath, explainListenError, listenPrivately } from './unix-socket.js'

/** Something an operator may want to read: one line. */
export type Log = (line: string) => void

export interface ServerOptions {
  /** The exported directory; the server closes it when it has stopped. */
  readonly tree: Fd
  readonly model: Model
  readonly isReadOnly: boolean
  /** Most bytes of one frame, 4096 to 1 MiB. */
  readonly msize: number
  readonly budget: DescriptorBudget
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
  private readonly connections = new Set<Connection>()
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
    server.on('error', (error) => this.options.log(`Cannot accept a connection: ${error.message}`))
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
    try {
      using descriptor = duplicate(descriptorOf(socket))
      socket.destroy()
      if (isUnix && !this.isAllowed(descriptor.number)) return
      const { tree, model, isReadOnly, msize, budget, log } = this.options
      const view = openView(tree, model, budget)
      const connection: Connection = new Connection(descriptor, isReadOnly ? readOnly(view) : view, msize, {
        onDefect: (defect) =>
          log(`defect: ${defect instanceof Error ? (defect.stack ?? defect.message) : String(defect)}`),
        onBroken: (reason) => log(`connection ended: ${errorLine(reason)}`),
        onClosed: () => this.closed(connection),
      })
      this.connections.add(connection)
    } catch (cause) {
      socket.destroy()
      this.options.log(`connection refused: ${errorLine(cause)}`)
    }
  }

  private closed(connection: Connection): void {
    this.connections.delete(connection)
    if (this.connections.size === 0) this.onEmpty?.()
  }

  /** n_uname is only a claim, so whoever may connect may be anybody: the socket is for its owner and root. */
  private isAllowed(socket: number): boolean {
    const { uid, pid } = peerCredentials(socket)
    if (uid === 0 || uid === process.geteuid?.()) return true
    this.options.log(`connection refused: uid ${uid} (pid ${pid}) is neither this server's user nor root`)
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
