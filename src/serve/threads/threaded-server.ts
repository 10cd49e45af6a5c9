// The server as `virtfs serve` runs it: every connection in a thread of its own.

import { LeakyBuckets } from '../../session/leaky-buckets.js'
import type { ListenAddress } from '../sockets/address.js'
import type { ConnectionSettings } from '../connection-settings.js'
import type { MetricsEndpoint } from '../observation/metrics-endpoint.js'
import { MetricTables } from '../observation/metrics-tables.js'
import { Server, type ServerOptions } from '../server.js'
import { WorkerHost } from './worker-host.js'

export interface ThreadedServerOptions extends Omit<ServerOptions, 'host'> {
  readonly settings: ConnectionSettings
  /** Descriptors that all connections together may hold. */
  readonly descriptors: number
  /** True where metrics will be asked for. */
  readonly isCounted: boolean
  /** True where every message is to be shown on stderr. */
  readonly isTraced: boolean
}

export interface ThreadedServer {
  /** Does not listen yet. */
  readonly server: Server
  /** Begins to answer Prometheus. What that takes is loaded then. */
  serveMetrics(address: ListenAddress): Promise<MetricsEndpoint>
}

const NS_PER_S = 1e9

export function threadedServer(options: ThreadedServerOptions): ThreadedServer {
  const { settings, descriptors, isCounted, isTraced, ...rest } = options
  const { tree, log } = rest
  const tables = isCounted ? new MetricTables() : undefined
  const server = new Server({
    ...rest,
    host: new WorkerHost({ tree, settings, descriptors, log, tables, isTraced }),
  })
  const { throttling } = settings
  const buckets = throttling && new LeakyBuckets(throttling)
  return {
    server,
    serveMetrics: async (address) => {
      const { Metrics } = await import('../observation/metrics.js')
      const { serveMetrics } = await import('../observation/metrics-endpoint.js')
      const metrics = new Metrics({
        tables: tables ?? new MetricTables(),
        server: () => server.totals,
        throttle: () =>
          buckets && { delayedRequests: buckets.delays.requests, delaySeconds: buckets.delays.nanoseconds / NS_PER_S },
      })
      return serveMetrics(address, metrics, log)
    },
  }
}
