// Metrics: what is counted, added up over connections, and told to Prometheus.

import { connect } from 'node:net'
import { request } from 'node:http'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Name } from '../../src/name.js'
import { MetricTable, requestNames } from '../../src/serve/observation/metric-table.js'
import { Metrics } from '../../src/serve/observation/metrics.js'
import { serveMetrics } from '../../src/serve/observation/metrics-endpoint.js'
import { MetricTables } from '../../src/serve/observation/metrics-tables.js'
import type { SentReply } from '../../src/session/observer.js'
import { Exchange } from '../support/exchange.js'

const noGauges = { fids: 0, requestsUnderWay: 0, descriptors: 0 }

/** The samples of a text, by name and labels. */
const samplesOf = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ')
        return [line.slice(0, at), Number(line.slice(at + 1))]
      }),
  )

const metricsOf = (tables: MetricTables): Metrics =>
  new Metrics({
    tables,
    server: () => ({ connections: 1, accepted: 2, refused: 3 }),
    throttle: () => ({ delayedRequests: 4, delaySeconds: 0.5 }),
  })

it('counts what a session does, by type and errno', async () => {
  const tables = new MetricTables()
  const table = tables.open()
  const gauges = () => ({ ...noGauges, fids: exchange.session.fids.count, descriptors: 5 })
  using exchange = new Exchange({ observer: table.observer(gauges), furnish: (tree) => tree.write('file', 'content') })
  await exchange.call('Tversion', { msize: 8192, version: '9P2000.L' })
  await exchange.attach(0, 0)
  await exchange.walk('file', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 2 })
  await exchange.call('Tread', { fid: 1, offset: 0, count: 100 })
  await exchange.call('Twrite', { fid: 1, offset: 0, data: Buffer.alloc(1000) })
  for (let count = 0; count < 3; count += 1)
    await exchange.refusal('Twalk', { fid: 0, newfid: 9, wnames: ['x' as Name] })
  const samples = samplesOf(await metricsOf(tables).text())
  expect(samples.get('virtfs_requests_total{type="Twalk",errno="ENOENT"}')).toBe(3)
  expect(samples.get('virtfs_requests_total{type="Twalk",errno="OK"}')).toBe(1)
  expect(samples.get('virtfs_read_bytes_total')).toBe(7)
  expect(samples.get('virtfs_written_bytes_total')).toBe(1000)
  expect(samples.get('virtfs_received_bytes_total')).toBeGreaterThan(1000)
  expect(samples.get('virtfs_sent_bytes_total')).toBeGreaterThan(100)
  expect(samples.get('virtfs_fids')).toBe(2)
  expect(samples.get('virtfs_descriptors')).toBe(5)
  expect(samples.get('virtfs_request_duration_seconds_count{type="Twalk"}')).toBe(4)
  expect(samples.get('virtfs_request_duration_seconds_bucket{type="Twalk",le="+Inf"}')).toBe(4)
  expect(samples.get('virtfs_connections_refused_total')).toBe(3)
  expect(samples.get('virtfs_throttling_delay_seconds_total')).toBe(0.5)
  expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6)
})

it('puts each latency into its class, and classes are cumulative as Prometheus has them', async () => {
  const tables = new MetricTables()
  const observer = tables.open().observer(() => noGauges)
  for (const milliseconds of [0.005, 0.01, 0.3, 3, 100_000]) {
    const reply = {
      tag: 1,
      request: 'Tread',
      type: 116,
      size: 23,
      message: 'Rlerror',
      body: {},
      replySize: 11,
      errno: 5,
    }
    observer.answered({ ...reply, elapsed: milliseconds } as SentReply)
  }
  const samples = samplesOf(await metricsOf(tables).text())
  const bucket = (le: string) => samples.get(`virtfs_request_duration_seconds_bucket{type="Tread",le="${le}"}`)
  expect(['0.00001', '0.00025', '0.0005', '0.0025', '0.005', '10', '+Inf'].map(bucket)).toEqual([2, 2, 3, 3, 4, 4, 5])
  expect(samples.get('virtfs_request_duration_seconds_sum{type="Tread"}')).toBeCloseTo(100.003315, 6)
})

it('adds up connections, keeps what those that are over did, and forgets what they had', () => {
  const tables = new MetricTables()
  const [one, other] = [tables.open(), tables.open()]
  for (const table of [one, other]) {
    const observer = table.observer(() => ({ fids: 10, requestsUnderWay: 1, descriptors: 2 }))
    const reply = { tag: 1, request: 'Tread', type: 116, size: 23, message: 'Rread', body: { data: Buffer.alloc(5) } }
    observer.answered({ ...reply, replySize: 16, errno: 0, elapsed: 1 } as SentReply)
  }
  expect([tables.sum().gauge('fids'), tables.sum().total('readBytes')]).toEqual([20, 10])
  tables.retire(one)
  tables.retire(one)
  expect([tables.sum().gauge('fids'), tables.sum().total('readBytes')]).toEqual([10, 10])
})

it('shares its numbers with another thread through memory alone', () => {
  const table = new MetricTable()
  new MetricTable(table.shared).observer(() => noGauges).taken({ tag: 1, request: 'Tread', type: 116, size: 23 })
  expect(table.total('receivedBytes')).toBe(23)
  expect(requestNames).toContain('Tcreate')
})

describe('the endpoint', () => {
  let directory: string
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'virtfs-metrics-'))))
  afterEach(() => rmSync(directory, { recursive: true }))
  const text = { contentType: 'text/plain', text: () => Promise.resolve('all of it\n') }

  const ask = (socketPath: string, path: string, method = 'GET'): Promise<string> =>
    new Promise((resolve, reject) => {
      const asked = request({ socketPath, path, method }, (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () => resolve(`${response.statusCode} ${body}`))
      })
      asked.on('error', reject).end()
    })

  it('answers GET /metrics, and nothing else, on a socket that is its owner’s', async () => {
    const path = join(directory, 'socket')
    const endpoint = await serveMetrics({ kind: 'unix', path }, text, () => undefined)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(await ask(path, '/metrics')).toBe('200 all of it\n')
    expect(await ask(path, '/metrics?x=1')).toBe('200 all of it\n')
    expect(await ask(path, '/')).toMatch(/^404 /)
    expect(await ask(path, '/metrics', 'POST')).toMatch(/^405 /)
    endpoint[Symbol.dispose]()
    await expect(ask(path, '/metrics')).rejects.toThrow()
  })

  it('picks a port, and closes at once although somebody is connected', async () => {
    const endpoint = await serveMetrics({ kind: 'tcp', host: '127.0.0.1', port: 0 }, text, () => undefined)
    if (endpoint.address.kind !== 'tcp') throw new Error('Cannot be elsewhere')
    expect(endpoint.address.port).toBeGreaterThan(0)
    const idle = connect(endpoint.address.port, '127.0.0.1')
    await new Promise((resolve) => idle.once('connect', resolve))
    const closed = new Promise((resolve) => idle.once('close', resolve))
    await new Promise((resolve) => setImmediate(resolve))
    endpoint[Symbol.dispose]()
    await closed
  })

  it('says 500 and logs the stack when the text cannot be made', async () => {
    const path = join(directory, 'socket')
    const log: string[] = []
    const broken = { contentType: 'text/plain', text: () => Promise.reject(new Error('broken')) }
    const endpoint = await serveMetrics({ kind: 'unix', path }, broken, (level, line) => log.push(`${level} ${line}`))
    expect(await ask(path, '/metrics')).toMatch(/^500 /)
    expect(log[0]).toMatch(/^error defect: Error: broken\n/)
    endpoint[Symbol.dispose]()
  })
})
