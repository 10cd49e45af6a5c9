// The server as `virtfs serve` runs it: every connection in a thread of its own.

import type { ConnectionSettings } from './connection-settings.js'
import { Server, type ServerOptions } from './server.js'
import { WorkerHost } from './worker-host.js'

export interface ThreadedServerOptions extends Omit<ServerOptions, 'host'> {
  readonly settings: ConnectionSettings
  /** Descriptors that all connections together may hold. */
  readonly descriptors: number
}

/** Makes a server that does not listen yet. */
export function threadedServer({ settings, descriptors, ...options }: ThreadedServerOptions): Server {
  const { tree, log } = options
  return new Server({ ...options, host: new WorkerHost({ tree, settings, descriptors, log }) })
}
