// A walk in threads: they run the built program. Whatever becomes of it, no thread and no descriptor is left.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { HostDirectory } from '../../src/host/host-directory.js'
import type { WalkLimits } from '../../src/walk/limits.js'
import { projectRoot } from '../support/guest/project.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { find, linesOf, listing, type ListingOptions } from './listing.js'

const built = async <T>(path: string): Promise<T> =>
  (await import(pathToFileURL(join(projectRoot, 'dist/src', `${path}.js`)).href)) as T

const { walk } = await built<typeof import('../../src/walk/walk.js')>('walk/walk')
const { Crew } = await built<typeof import('../../src/walk/crew.js')>('walk/crew')
const { walkLimits } = await built<typeof import('../../src/walk/limits.js')>('walk/limits')
const { WalkOrder } = await built<typeof import('../../src/walk/walk-order.js')>('walk/walk-order')
const { ThreadPool } = await built<typeof import('../../src/pool/thread-pool.js')>('pool/thread-pool')
const { loadVisitor } = await built<typeof import('../../src/walk/visitor.js')>('walk/visitor')
const { Walker } = await built<typeof import('../../src/walk/walker.js')>('walk/walker')
const { thisHost } = await built<typeof import('../../src/host/this-host.js')>('host/this-host')

/** So small that a tree of some thousand entries is divided often. */
const limits: Partial<WalkLimits> = { entriesAlone: 50, entriesAtOnce: 100, room: 2048, openDirectories: 2 }

let tree: string
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'virtfs-walk-'))
  for (let directory = 0; directory < 10; directory += 1) {
    const path = join(tree, `directory ${directory}`, 'below')
    mkdirSync(path, { recursive: true })
    for (let file = 0; file < 300; file += 1)
      writeFileSync(join(file % 3 === 0 ? path : join(path, '..'), `file ${file}`), '')
  }
})
afterAll(() => rmSync(tree, { recursive: true }))

let start: HostDirectory
let descriptors: Record<string, string>
let threads: number
beforeEach(() => {
  start = thisHost.openDirectory(Buffer.from(tree).toString('latin1'))
  descriptors = openDescriptors()
  threads = countThreads()
})
afterEach(async () => {
  await vi.waitFor(() => expect(countThreads()).toBeLessThanOrEqual(threads), 10_000)
  expect(openDescriptors()).toEqual(descriptors)
  start[Symbol.dispose]()
})

const countThreads = (): number => readdirSync('/proc/self/task').length

async function list(jobs: number, options: ListingOptions = {}, heapMiB?: number): Promise<string[]> {
  const found: Uint8Array[] = []
  await using pool = heapMiB === undefined ? undefined : new ThreadPool(jobs, { heapMiB })
  const walked = walk<Uint8Array>(start, listing(options), { jobs, limits, ...(pool && { pool }) })
  for await (const part of walked) found.push(part)
  return linesOf(found)
}

it.each([1, 2, 4])('comes in the order of find(1) with %i threads', async (jobs) => {
  expect(await list(jobs)).toEqual(find(tree))
})

it('starts no thread for a small tree', async () => {
  const found: Uint8Array[] = []
  for await (const part of walk<Uint8Array>(start, listing(), { limits: { entriesAlone: 10_000 } })) {
    found.push(part)
    expect(countThreads()).toBe(threads)
  }
  expect(linesOf(found)).toEqual(find(tree))
})

describe('results that nobody takes', () => {
  it('keep threads from going on, once there are as many bytes of them as may wait', async () => {
    const bytesWaiting = 5000
    const order = new WalkOrder<Uint8Array>()
    const few = { ...walkLimits, ...limits, bytesWaiting }
    await using pool = new ThreadPool(2)
    using walker = new Walker(start, await loadVisitor<Uint8Array>(listing()), few)
    using crew = new Crew({ order, start: start.sharedPath(), visitor: listing(), pool, walker, limits: few })
    crew.work()
    const isQuiet = (): boolean => [...order.waiting()].length > 0 && order.bytes > bytesWaiting
    while (!isQuiet()) await crew.answer()
    const found: Uint8Array[] = []
    let most = 0
    while (order.foremost !== undefined) {
      crew.work()
      const next = order.take()
      if (next === undefined) await crew.answer()
      else found.push(next.result)
      most = Math.max(most, order.bytes)
    }
    // Each thread may have been at work when the last byte found room.
    const longest = Math.max(...found.map(({ length }) => length))
    expect(most).toBeLessThan(bytesWaiting + 2 * (longest + 1000))
    expect(linesOf(found)).toEqual(find(tree))
  })
})

describe('a walk that is ended early', () => {
  it('gives what it was asked for, and leaves no thread', async () => {
    const found: Uint8Array[] = []
    for await (const part of walk<Uint8Array>(start, listing(), { jobs: 2, limits })) {
      found.push(part)
      if (found.length === 3) break
    }
    const lines = linesOf(found)
    expect(lines).toEqual(find(tree).slice(0, lines.length))
  })
})

describe('a visitor that', () => {
  it('throws ends the walk with what it threw', async () => {
    const walked = list(2, { mishap: { what: 'throws' } })
    await expect(walked).rejects.toThrow(new RangeError('thrown on purpose'))
  })

  it('throws in the calling thread does so as well', async () => {
    const first = find(tree)[0]!
    await expect(list(2, { mishap: { path: first, what: 'throws' } })).rejects.toThrow('thrown on purpose')
  })

  it('ends its thread ends the walk', async () => {
    await expect(list(2, { mishap: { what: 'exits' } })).rejects.toThrow('A thread ended by itself, with code 3')
  })

  it('takes all the memory of its thread ends the walk, and not the process', { timeout: 120_000 }, async () => {
    const mishap = { what: 'runs out of memory' } as const
    await expect(list(2, { mishap }, 32)).rejects.toThrow('memory limit')
  })

  it('cannot be loaded ends the walk before it begins', async () => {
    const walked = walk(start, { module: new URL('./no-such-visitor.mjs', import.meta.url).href })
    await expect(walked.next()).rejects.toThrow('no-such-visitor')
  })
})
