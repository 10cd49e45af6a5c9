// Trees that are large in one way each: in one directory, or in depth. The threads run the built program.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { nameFromText } from '../../src/name.js'
import { mkdirat, mknodat } from '../../src/sys/directory.js'
import { S_IFREG } from '../../src/sys/constants.js'
import type { VisitorSource } from '../../src/walk/visitor.js'
import { openDirectory, openTree } from '../../src/sys/open.js'
import { projectRoot } from '../support/guest/project.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { find, linesOf, listing } from './listing.js'

const built = async <T>(path: string): Promise<T> =>
  (await import(pathToFileURL(join(projectRoot, 'dist/src', `${path}.js`)).href)) as T

const { Crew } = await built<typeof import('../../src/walk/crew.js')>('walk/crew')
const { walk } = await built<typeof import('../../src/walk/walk.js')>('walk/walk')
const { walkLimits } = await built<typeof import('../../src/walk/limits.js')>('walk/limits')
const { WalkOrder } = await built<typeof import('../../src/walk/walk-order.js')>('walk/walk-order')
const { ThreadPool } = await built<typeof import('../../src/pool/thread-pool.js')>('pool/thread-pool')
const { loadVisitor } = await built<typeof import('../../src/walk/visitor.js')>('walk/visitor')
const { Walker } = await built<typeof import('../../src/walk/walker.js')>('walk/walker')
const { thisHost } = await built<typeof import('../../src/host/this-host.js')>('host/this-host')

/** In memory where there is such a place: a disk takes minutes to make a large tree. */
const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

let tree: string
let descriptors: Record<string, string>
beforeEach(() => {
  tree = mkdtempSync(join(parent, 'virtfs-walk-'))
  descriptors = openDescriptors()
})
afterEach(() => {
  // Node's own rm goes by path, and so ends where PATH_MAX does.
  spawnSync('rm', ['-rf', tree])
  expect(openDescriptors()).toEqual(descriptors)
})

/** What a thread's objects may take: neither a million names nor five thousand paths of a megabyte fit. */
const heapMiB = 48

const NO_DEVICE = { major: 0, minor: 0 }
const FILE = S_IFREG | 0o644

it(
  'a directory of 300,000 entries is walked by several threads, and little of it is held at once',
  { timeout: 120_000 },
  async () => {
    const entries = 300_000
    {
      using directory = openTree(tree)
      for (let made = 0; made < entries; made += 1) mknodat(directory, nameFromText(`file ${made}`), FILE, NO_DEVICE)
    }
    using start = thisHost.openDirectory(tree)
    const order = new WalkOrder<Uint8Array>()
    const found: Uint8Array[] = []
    const most = { waiting: 0, bytes: 0 }
    {
      const [limits, visitor] = [walkLimits, listing()]
      await using pool = new ThreadPool(3, { heapMiB })
      using walker = new Walker(start, await loadVisitor<Uint8Array>(visitor), limits)
      using crew = new Crew({ order, start: start.sharedPath(), visitor, pool, walker, limits })
      while (order.foremost !== undefined) {
        crew.work()
        const next = order.take()
        if (next === undefined) await crew.answer()
        else found.push(next.result)
        most.waiting = Math.max(most.waiting, [...order.waiting()].length)
        most.bytes = Math.max(most.bytes, order.bytes)
      }
    }
    expect(linesOf(found)).toEqual(find(tree))
    expect(found.length).toBeGreaterThanOrEqual(entries / walkLimits.entriesAtOnce)
    expect(most.waiting).toBeLessThanOrEqual(3 * walkLimits.stretches)
    expect(most.bytes).toBeLessThan(2 ** 20)
  },
)

const [directory, file] = [nameFromText('d'.repeat(200)), nameFromText('f'.repeat(200))]

/** Makes a chain of directories with long names, each with a file in it. */
function makeChain(levels: number): void {
  let here = openTree(tree)
  for (let level = 0; level < levels; level += 1) {
    mknodat(here, file, FILE, NO_DEVICE)
    mkdirat(here, directory, 0o755)
    const below = openDirectory(here, directory)
    here.close()
    here = below
  }
  here.close()
}

// find(1) takes the square of the levels, so it is asked about fewer.
it('levels whose paths are ten times as long as the kernel takes them are walked in order', async () => {
  makeChain(200)
  expect(await list(listing())).toEqual(find(tree))
})

it('5,000 levels of long names are walked, with few directories open', { timeout: 60_000 }, async () => {
  const levels = 5000
  makeChain(levels)
  const lines = await list(listing({ isBrief: true }))
  const many = (name: string): number => lines.filter((line) => line === name).length
  expect([many(directory), many(file), lines.length]).toEqual([levels, levels, 2 * levels])
})

async function list(visitor: VisitorSource): Promise<string[]> {
  using start = thisHost.openDirectory(tree)
  const found: Uint8Array[] = []
  await using pool = new ThreadPool(3, { heapMiB })
  for await (const part of walk<Uint8Array>(start, visitor, { pool })) found.push(part)
  return linesOf(found)
}
