// Reading directories: completeness, positions, types, and what changes meanwhile.

import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { nameFromText } from '../../../src/name.js'
import type { GuestDirent, OpenDirectory } from '../../../src/view/open-directory.js'
import { entriesOf, type ViewedTree } from '../../support/viewed-tree.js'
import { refusalOf } from '../../support/refusal.js'
import type { Case } from '../case.js'

/** Reads at most `count` entries from `cookie` on. */
function some(directory: OpenDirectory, cookie: bigint, count: number): GuestDirent[] {
  const entries: GuestDirent[] = []
  directory.read(cookie, (entry) => {
    if (entries.length === count) return false
    entries.push(entry)
    return true
  })
  return entries
}

const namesOf = (entries: readonly GuestDirent[]): string[] => entries.map(({ name }) => name)

function fill(tree: ViewedTree, count: number): string[] {
  const dir = tree.node('')
  const names = Array.from({ length: count }, (_, index) => `entry-${String(index).padStart(5, '0')}`)
  for (const name of names) tree.view.mknod(dir, nameFromText(name), 0o100600, { major: 0, minor: 0 }, tree.owner)
  return names
}

export const listingCases: readonly Case[] = [
  {
    title: 'a directory lists itself, its parent and its entries, and nothing of the store’s',
    run: (tree) => {
      tree.mkdir('below')
      tree.write('below/file')
      tree.chmod('', 0o1755)
      expect(namesOf(entriesOf(tree.openDirectory('below'))).sort()).toEqual(['.', '..', 'file'])
      expect(namesOf(entriesOf(tree.openDirectory(''))).sort()).toEqual(['.', '..', 'below'])
    },
  },
  {
    title: 'an entry is described as a lookup would describe it',
    needs: ['owners'],
    run: (tree) => {
      tree.write('file', 'content', 0o4711)
      tree.mkdir('directory', 0o2775)
      tree.symlink('target', 'symlink')
      for (const { name, stat } of tree.list('')) expect(stat).toEqual(tree.stat(name))
    },
  },
  {
    title: '".." of the root is the root, and of anything below its parent',
    run: (tree) => {
      tree.mkdir('one')
      tree.mkdir('one/two')
      const parentOf = (path: string): bigint | undefined =>
        entriesOf(tree.openDirectory(path)).find(({ name }) => name === '..')?.stat.host.ino
      expect(parentOf('')).toBe(tree.stat('').host.ino)
      expect(parentOf('one')).toBe(tree.stat('').host.ino)
      expect(parentOf('one/two')).toBe(tree.stat('one').host.ino)
    },
  },
  {
    title: '5,000 entries are listed, each once, however the reading is split',
    isLong: true,
    run: (tree) => {
      const names = fill(tree, 5000)
      const directory = tree.openDirectory('')
      const seen: string[] = []
      for (let cookie = 0n, step = 1; ; step = (step * 7) % 1009) {
        const entries = some(directory, cookie, step)
        if (entries.length === 0) break
        seen.push(...namesOf(entries))
        cookie = entries.at(-1)!.cookie
      }
      expect(seen.sort()).toEqual(['.', '..', ...names])
    },
  },
  {
    title: 'reading goes on from any position that was given, in any order, and from another opening',
    run: (tree) => {
      fill(tree, 300)
      const directory = tree.openDirectory('')
      const all = entriesOf(directory)
      for (const index of [250, 3, 299, 0, 120]) {
        const rest = namesOf(all.slice(index + 1))
        expect(namesOf(some(directory, all[index]!.cookie, 1000))).toEqual(rest)
        expect(namesOf(some(tree.openDirectory(''), all[index]!.cookie, 1000))).toEqual(rest)
      }
      expect(namesOf(entriesOf(directory))).toEqual(namesOf(all))
    },
  },
  {
    title: 'an entry that was not taken is the first of the next reading',
    run: (tree) => {
      fill(tree, 10)
      const directory = tree.openDirectory('')
      const all = namesOf(entriesOf(directory))
      const first = some(directory, 0n, 4)
      const second = some(directory, first.at(-1)!.cookie, 4)
      expect([...namesOf(first), ...namesOf(second)]).toEqual(all.slice(0, 8))
    },
  },
  {
    title: 'entries that vanish are passed over, and new ones are seen from the beginning',
    run: (tree) => {
      const names = fill(tree, 100)
      const directory = tree.openDirectory('')
      const first = some(directory, 0n, 3)
      for (const name of names.slice(10)) rmSync(tree.at(name))
      const rest = some(directory, first.at(-1)!.cookie, 1000)
      for (const name of namesOf(rest)) expect([...names.slice(0, 10), '.', '..']).toContain(name)
      writeFileSync(tree.at('new'), '')
      expect(namesOf(entriesOf(directory)).sort()).toEqual(['.', '..', ...names.slice(0, 10), 'new'])
    },
  },
  {
    title: 'the end of a directory stays its end, and a negative position is refused (EINVAL)',
    run: (tree) => {
      fill(tree, 3)
      const directory = tree.openDirectory('')
      const end = entriesOf(directory).at(-1)!.cookie
      expect(some(directory, end, 10)).toEqual([])
      expect(some(directory, end, 10)).toEqual([])
      expect(refusalOf(() => some(directory, 1n << 63n, 1))).toBe('EINVAL')
      expect(some(directory, 0n, 10)).toHaveLength(5)
    },
  },
  {
    title: 'names come as the bytes that the host has',
    run: (tree) => {
      const bytes = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1).filter((byte) => byte !== 0x2f))
      const name = bytes.toString('latin1')
      tree.write(name, 'content')
      expect(tree.names('')).toEqual([name])
      expect(readdirSync(tree.path, 'buffer').filter((host) => host.equals(bytes))).toHaveLength(1)
      expect(tree.content(name)).toBe('content')
    },
  },
]
