// How the parts that threads counted are put together.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InodeSet } from '../../src/inspect/usage/inode-set.js'
import type { Key, Sums } from '../../src/inspect/usage/tally.js'
import { LinkList, linksIn } from '../../src/inspect/usage/links.js'
import type { UsagePart } from '../../src/inspect/usage/usage-counter.js'
import type { HostStat } from '../../src/sys/stat.js'
import { UsageSum } from '../../src/inspect/usage/usage-sum.js'
import { seed } from '../support/seed.js'

console.log(`usage: SEED=${seed}`)

const NO_NAMES = new Map<number | string, string>()
const sums = (entries: number, apparentBytes: number, diskBytes: number): Sums => ({
  entries,
  apparentBytes,
  diskBytes,
})
/** What a link is taken from: of HostStat, what counts. */
type LinkOf = readonly [key: Key, ino: bigint, dev?: number]
const listOf = (links: readonly LinkOf[]): LinkList => {
  const list = new LinkList()
  for (const [key, ino, dev = 1] of links) list.add(key, { dev, ino, size: 10, blocks: 1 } as HostStat)
  return list
}
const part = (own: readonly (readonly [Key, Sums])[], links: readonly LinkOf[] = []): UsagePart => ({
  sums: new Map(own),
  links: listOf(links).pack(),
  failures: [],
})
const link = (...of: LinkOf): LinkOf => of

function usageOf(...parts: readonly UsagePart[]) {
  const sum = new UsageSum()
  for (const each of parts) sum.add(each)
  return sum.usage(new Map<number | string, string>([[0, 'root']]))
}

describe('a sum of parts', () => {
  it('adds what has one key, in whichever part it was, and names it', () => {
    const usage = usageOf(
      part([
        [0, sums(2, 30, 4096)],
        [7, sums(1, 1, 512)],
      ]),
      part([[0, sums(1, 5, 0)]]),
    )
    expect(usage).toEqual({
      rows: [
        { key: 0, name: 'root', ...sums(3, 35, 4096) },
        { key: 7, name: undefined, ...sums(1, 1, 512) },
      ],
      sideFiles: sums(0, 0, 0),
      total: sums(4, 36, 4608),
    })
  })

  it('counts an inode once, for the key that comes first, within a part and across parts', () => {
    const usage = usageOf(
      part([], [link('b', 5n), link('a', 5n)]),
      part([['a', sums(1, 0, 0)]], [link('a', 5n), link('c', 6n)]),
    )
    expect(usage.rows).toEqual([
      { key: 'b', name: undefined, ...sums(1, 10, 512) },
      { key: 'a', name: undefined, ...sums(1, 0, 0) },
      { key: 'c', name: undefined, ...sums(1, 10, 512) },
    ])
    expect(usage.total).toEqual(sums(3, 20, 1024))
  })

  it('takes inodes of one number on two devices for two', () => {
    expect(usageOf(part([], [link('a', 5n, 1), link('a', 5n, 2)])).total).toEqual(sums(2, 20, 1024))
  })

  it('has what the model keeps for itself in the total and in no row', () => {
    const usage = usageOf(
      part(
        [
          ['a', sums(1, 2, 3)],
          [null, sums(4, 5, 6)],
        ],
        [link(null, 9n), link(null, 9n)],
      ),
    )
    expect(usage.rows.map(({ key }) => key)).toEqual(['a'])
    expect(usage.sideFiles).toEqual(sums(5, 15, 518))
    expect(usage.total).toEqual(sums(6, 17, 521))
  })

  it('of nothing is nothing', () => {
    expect(new UsageSum().usage(NO_NAMES)).toEqual({ rows: [], sideFiles: sums(0, 0, 0), total: sums(0, 0, 0) })
  })
})

/** An inode as a link has it. */
const inode = (dev: number, ino: bigint) => [...linksIn(listOf([['key', ino, dev]]).pack())][0]!

it('links are the same, and in their order, after they were packed', () => {
  const packed = listOf([
    ['b', 2n ** 64n - 1n, 2 ** 40],
    [7, 3n],
    [null, 2n ** 32n],
    ['b', 1n],
  ]).pack()
  const sums = { entries: 1, apparentBytes: 10, diskBytes: 512 }
  expect([...linksIn(packed)]).toEqual([
    { key: 'b', dev: 2 ** 40, high: 2 ** 32 - 1, low: 2 ** 32 - 1, sums },
    { key: 7, dev: 1, high: 0, low: 3, sums },
    { key: null, dev: 1, high: 1, low: 0, sums },
    { key: 'b', dev: 1, high: 0, low: 1, sums },
  ])
})

describe('a set of inodes', () => {
  it('knows every number of 64 bits once, the extremes too', () => {
    const set = new InodeSet()
    const numbers = [0n, 1n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n]
    expect(numbers.map((ino) => set.add(inode(1, ino)))).toEqual(numbers.map(() => true))
    expect(numbers.map((ino) => set.add(inode(1, ino)))).toEqual(numbers.map(() => false))
    expect(numbers.map((ino) => set.add(inode(2, ino)))).toEqual(numbers.map(() => true))
  })

  it('says what a Set of texts says, whatever comes', () => {
    // Neighbours, multiples of a large power of two, and anything at all.
    const ino = fc.oneof(
      fc.bigInt({ min: 0n, max: 3000n }),
      fc.bigInt({ min: 0n, max: 3000n }).map((number) => number << 40n),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    )
    const inodes = fc.sample(fc.tuple(fc.constantFrom(1, 2 ** 40), ino), { seed, numRuns: 20_000 })
    const set = new InodeSet()
    const expected = new Set<string>()
    for (const [dev, number] of inodes) {
      const text = `${dev}:${number}`
      expect([text, set.add(inode(dev, number))]).toEqual([text, !expected.has(text)])
      expected.add(text)
    }
    expect(expected.size).toBeGreaterThan(6000)
  })
})
