// The buckets in real threads, which change the same memory at the same time.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import ts from 'typescript'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LeakyBuckets, shareThrottling, type SharedThrottling } from '../../src/session/leaky-buckets.js'
import { throttlingOfFlags } from '../../src/session/throttling.js'
import { projectRoot } from '../support/guest/project.js'
import { HostTree } from '../support/host/tree.js'

const THREADS = 3
const ROUNDS = 20_000
const now = 0n

let host: HostTree
beforeAll(() => {
  host = new HostTree()
  // Threads load JavaScript; these are the sources, without their types.
  for (const module of ['errors', 'session/throttling', 'session/leaky-buckets']) {
    const source = readFileSync(join(projectRoot, 'src', `${module}.ts`), 'utf8')
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
    mkdirSync(dirname(host.at(`${module}.js`)), { recursive: true })
    writeFileSync(host.at(`${module}.js`), ts.transpileModule(source, { compilerOptions }).outputText)
  }
  writeFileSync(host.at('package.json'), '{ "type": "module" }')
})
afterAll(() => host[Symbol.dispose]())

/** Starts a thread that admits requests of 3 bytes; of each two it gives one back. It begins when all are there. */
function start(shared: SharedThrottling, gate: Int32Array, rounds: number): Worker {
  writeFileSync(
    host.at('thread.js'),
    `import { parentPort, workerData } from 'node:worker_threads'
     import { LeakyBuckets } from './session/leaky-buckets.js'
     const { shared, gate, rounds } = workerData
     const limited = new LeakyBuckets(shared)
     parentPort.postMessage('ready')
     Atomics.wait(gate, 0, 0)
     for (let round = 0; round < rounds; round += 1) {
       limited.admit('read', 3, ${now}n)
       limited.giveBack(limited.admit('write', 3, ${now}n), ${now}n)
     }`,
  )
  return new Worker(host.at('thread.js'), { workerData: { shared, gate, rounds } })
}

async function together(workers: readonly Worker[], gate: Int32Array): Promise<void> {
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
}

const limitedTo = (flags: Record<string, string>): SharedThrottling => shareThrottling(throttlingOfFlags(flags))

it('what threads admit and give back at the same time adds up', async () => {
  const shared = limitedTo({ 'throttling.bps-total': '1000', 'throttling.iops-total': '1000000' })
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const workers = Array.from({ length: THREADS }, () => start(shared, gate, ROUNDS))
  const ended = Promise.all(workers.map((worker) => once(worker, 'exit')))
  await together(workers, gate)
  expect(await ended).toEqual(workers.map(() => [0]))
  const limited = new LeakyBuckets(shared)
  const delaysBefore = limited.delays
  // Three bytes last three milliseconds, and a tenth of a second may be in the bucket.
  expect(limited.admit('read', 0, now).waitNs).toBe(THREADS * ROUNDS * 3e6 - 1e8)
  // All were delayed but those that fit into that tenth of a second.
  const requests = 2 * THREADS * ROUNDS
  expect(delaysBefore.requests).toBeGreaterThan(requests - 2 * 40 * THREADS)
  expect(delaysBefore.requests).toBeLessThan(requests - 33)
  expect(limited.delays.requests).toBe(delaysBefore.requests + 1)
})

it('a thread that is killed in the midst of it leaves the buckets usable', async () => {
  const shared = limitedTo({ 'throttling.bps-total': '1000' })
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const workers = [start(shared, gate, Number.POSITIVE_INFINITY), start(shared, gate, 1000)]
  const survived = once(workers[1]!, 'exit')
  await together(workers, gate)
  await survived
  await workers[0]!.terminate()
  const limited = new LeakyBuckets(shared)
  const { waitNs } = limited.admit('read', 0, now)
  expect(waitNs).toBeGreaterThanOrEqual(1000 * 3e6 - 1e8)
  // What the dead one has reserved leaks away. (A wait is a double: of months, it has no last nanosecond.)
  expect(limited.admit('read', 0, now + BigInt(waitNs) + 1_000_000n).waitNs).toBe(0)
})
