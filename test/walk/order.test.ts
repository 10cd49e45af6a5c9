// A walk's results come in find(1)'s order, byte for byte, however it is divided and whoever does which part when.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Host } from '../../src/host/host-directory.js'
import { linuxHost } from '../../src/host/linux-host.js'
import { portableHost } from '../../src/host/portable-host.js'
import type { WalkLimits } from '../../src/walk/limits.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { scratchMemory } from '../support/scratch-memory.js'
import { seed } from '../support/seed.js'
import { find } from './listing.js'
import { inOrder, walkInTurns } from './walking-in-turns.js'

let tree: string
let descriptors: Record<string, string>
beforeEach(() => {
  tree = mkdtempSync(join(scratchMemory() ?? tmpdir(), 'virtfs-walk-'))
  descriptors = openDescriptors()
})
afterEach(() => {
  rmSync(tree, { recursive: true })
  expect(openDescriptors()).toEqual(descriptors)
})

/** A directory's entries by name; a number is so many files. */
interface Drawn {
  readonly files: number
  readonly directories: readonly { readonly name: string; readonly entries: Drawn }[]
}

// Any byte but "/" and NUL, as Latin-1.
const byte = fc.integer({ min: 1, max: 255 }).filter((one) => one !== 0x2f)
const name = fc.array(byte, { minLength: 1, maxLength: 20 }).map((bytes) => String.fromCharCode(...bytes))
const files = fc.oneof(fc.nat(3), fc.nat(60))
const directory: fc.Memo<Drawn> = fc.memo((levels) =>
  fc.record({
    files,
    directories:
      levels === 1 ? fc.constant([]) : fc.array(fc.record({ name, entries: directory(levels - 1) }), { maxLength: 3 }),
  }),
)

/** Numbers keep names apart. */
function make(at: Buffer, { files, directories }: Drawn): void {
  for (let made = 0; made < files; made += 1) writeFileSync(below(at, `file ${made}`), '')
  directories.forEach(({ name, entries }, index) => {
    const path = below(at, `${index}${name}`)
    mkdirSync(path)
    make(path, entries)
  })
}

const below = (at: Buffer, name: string): Buffer => Buffer.concat([at, Buffer.from(`/${name}`, 'latin1')])

const limits: fc.Arbitrary<Partial<WalkLimits>> = fc.record({
  entriesAtOnce: fc.integer({ min: 1, max: 40 }),
  bytesAtOnce: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant(10_000)),
  tasksAtOnce: fc.integer({ min: 1, max: 5 }),
  stretches: fc.nat(4),
  openDirectories: fc.integer({ min: 1, max: 4 }),
  room: fc.constantFrom(512, 1024, 32_768),
})

/** Walks a drawn tree as it is drawn, and gives it to `check`. */
function walkAny(host: Host, runs: number, check: (walked: string[], path: string) => void): void {
  const draws = fc.infiniteStream(fc.nat())
  const property = (drawn: Drawn, limits: Partial<WalkLimits>, walkers: number, numbers: Iterator<number>): void => {
    const path = mkdtempSync(join(tree, 'drawn-'))
    make(Buffer.from(path), drawn)
    const draw = (many: number): number => (numbers.next().value as number) % many
    check(walkInTurns(path, { host, walkers, limits, draw }), path)
  }
  fc.assert(fc.property(directory(8), limits, fc.integer({ min: 1, max: 4 }), draws, property), { seed, numRuns: runs })
}

const SLOW = { timeout: 120_000 }

it('is that of find(1), for any tree, any way to divide it and any order in which the parts are walked', SLOW, () => {
  walkAny(linuxHost, 60, (walked, path) => expect(walked).toEqual(find(path)))
})

it('is that of an undivided walk, where names come in an order of their own', SLOW, () => {
  walkAny(portableHost, 20, (walked, path) => {
    expect(walked).toEqual(walkInTurns(path, { host: portableHost, walkers: 1, draw: inOrder }))
    expect(walked.sort()).toEqual(find(path).sort())
  })
})

it('is the same where nothing is divided', () => {
  make(Buffer.from(tree), { files: 3, directories: [{ name: 'd', entries: { files: 2, directories: [] } }] })
  expect(walkInTurns(tree, { walkers: 1, draw: inOrder })).toEqual(find(tree))
})

it('is nothing at all for an empty directory', () => {
  expect(walkInTurns(tree, { walkers: 1, draw: inOrder })).toEqual([])
})

it('is divided after so many bytes of results, too', () => {
  make(Buffer.from(tree), { files: 90, directories: [] })
  let draws = 0
  const draw = (): number => {
    draws += 1
    return 0
  }
  // Six lines of eight bytes.
  expect(walkInTurns(tree, { walkers: 1, draw, limits: { bytesAtOnce: 48 } })).toEqual(find(tree))
  const drawsEachTurn = 3
  expect(draws / drawsEachTurn).toBeGreaterThanOrEqual(90 / 6)
})
