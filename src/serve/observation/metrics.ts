// What a server counts, in Prometheus' words.

import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client'
import { Errno } from '../../errors.js'
import { latencyBounds, type MetricTable, requestNames, type GaugeName, type TotalName } from './metric-table.js'
import type { MetricTables } from './metrics-tables.js'
import type { ServerTotals } from './server-totals.js'

/** Sums of throttling; see the session's throttle. */
export interface ThrottleTotals {
  readonly delayedRequests: number
  readonly delaySeconds: number
}

export interface MetricsSources {
  readonly tables: MetricTables
  readonly server: () => ServerTotals
  readonly throttle: () => ThrottleTotals | undefined
}

type Labels = Readonly<Record<string, string>>

/** One metric as prom-client passes it between processes, from which it makes text. */
interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly aggregator: 'sum'
  readonly values: readonly { readonly value: number; readonly labels: Labels; readonly metricName?: string }[]
}

const errnoNames = new Map<number, string>(Object.entries(Errno).map(([name, errno]) => [errno, name]))
const labelOf = (errno: number): string => (errno === 0 ? 'OK' : (errnoNames.get(errno) ?? `E${errno}`))

export class Metrics {
  private readonly ofProcess = new Registry()

  constructor(private readonly sources: MetricsSources) {
    collectDefaultMetrics({ register: this.ofProcess })
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE

  /** All of it, as Prometheus reads it. */
  async text(): Promise<string> {
    const ofProcess = await this.ofProcess.getMetricsAsJSON()
    return AggregatorRegistry.aggregate([this.ours(), ofProcess]).metrics()
  }

  private ours(): Metric[] {
    const table = this.sources.tables.sum()
    const { connections, accepted, refused } = this.sources.server()
    const total = (name: string, help: string, value: number): Metric => single('counter', name, help, value)
    const gauge = (name: string, help: string, value: number): Metric => single('gauge', name, help, value)
    const bytes = (name: TotalName): number => table.total(name)
    const now = (name: GaugeName): number => table.gauge(name)
    const throttle = this.sources.throttle() ?? { delayedRequests: 0, delaySeconds: 0 }
    return [
      requests(table),
      durations(table),
      total('virtfs_received_bytes_total', 'Bytes of requests received.', bytes('receivedBytes')),
      total('virtfs_sent_bytes_total', 'Bytes of replies sent.', bytes('sentBytes')),
      total('virtfs_read_bytes_total', 'Bytes of files, directories and attributes read by Tread.', bytes('readBytes')),
      total('virtfs_written_bytes_total', 'Bytes taken by Twrite.', bytes('writtenBytes')),
      gauge('virtfs_connections', 'Connections now.', connections),
      total('virtfs_connections_accepted_total', 'Connections accepted.', accepted),
      total('virtfs_connections_refused_total', 'Connections refused.', refused),
      gauge('virtfs_fids', 'Fids in use.', now('fids')),
      gauge('virtfs_requests_under_way', 'Requests that wait for a disk or for throttling.', now('requestsUnderWay')),
      gauge('virtfs_descriptors', 'Descriptors held for files and directories of the export.', now('descriptors')),
      total('virtfs_throttled_requests_total', 'Transfers held up by throttling.', throttle.delayedRequests),
      total('virtfs_throttling_delay_seconds_total', 'Time by which they were held up.', throttle.delaySeconds),
    ]
  }
}

const single = (type: Metric['type'], name: string, help: string, value: number): Metric => ({
  ...{ name, help, type, aggregator: 'sum' },
  values: [{ value, labels: {} }],
})

function requests(table: MetricTable): Metric {
  const values = requestNames.flatMap((request, index) =>
    Array.from({ length: table.errnos }, (_, errno) => ({
      value: table.replies(index, errno),
      labels: { type: request, errno: labelOf(errno) },
    })).filter(({ value }) => value > 0),
  )
  return {
    ...{ name: 'virtfs_requests_total', help: 'Requests answered, by type and errno.', type: 'counter' },
    aggregator: 'sum',
    values,
  }
}

function durations(table: MetricTable): Metric {
  const name = 'virtfs_request_duration_seconds'
  const values = requestNames.flatMap((type, index) => {
    let count = 0
    const classes = table.latencies(index).map((inClass, position) => {
      count += inClass
      const le = position < latencyBounds.length ? String(latencyBounds[position]) : '+Inf'
      return { value: count, labels: { type, le }, metricName: `${name}_bucket` }
    })
    if (count === 0) return []
    const labels = { type }
    return [
      ...classes,
      { value: table.seconds(index), labels, metricName: `${name}_sum` },
      { value: count, labels, metricName: `${name}_count` },
    ]
  })
  return { name, help: 'Time from taking a request to its reply.', type: 'histogram', aggregator: 'sum', values }
}
