// Walking (reference §3.4).

import { expect } from 'vitest'
import * as wire from '../../../src/wire/constants.js'
import { type Case, GID, name, names, stat } from '../case.js'
import type { Pair } from '../pair.js'

const { QID_DIR, QID_FILE, QID_SYMLINK } = wire

async function types(pair: Pair, from: number, ...elements: string[]): Promise<number[]> {
  const { wqids } = await pair.call('Twalk', { fid: from, newfid: 50, wnames: names(...elements) })
  if (wqids.length === elements.length) await pair.call('Tclunk', { fid: 50 })
  return wqids.map(({ type }) => type)
}

export const walkCases: readonly Case[] = [
  {
    title: 'a walk of no elements clones the fid',
    async run(pair) {
      await pair.walk('directory', 1)
      expect(await types(pair, 1)).toEqual([])
      await pair.call('Twalk', { fid: 1, newfid: 2, wnames: [] })
      await pair.walk('inner', 3, 2)
    },
  },
  {
    title: 'a walk of 16 elements is the longest',
    async run(pair) {
      const elements = Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? 'directory' : '..'))
      expect(await types(pair, 0, ...elements)).toHaveLength(16)
      const body = { fid: 0, newfid: 1, wnames: names(...elements, 'directory') }
      expect(await pair.refusal('Twalk', body)).toBe('EINVAL')
    },
  },
  {
    title: '"." stays, and ".." of the root is the root',
    async run(pair) {
      expect(await types(pair, 0, '.', '..', '..', 'directory', '.', 'inner')).toEqual([
        ...Array.from({ length: 5 }, () => QID_DIR),
        QID_FILE,
      ])
      const [up] = (await pair.call('Twalk', { fid: 0, newfid: 1, wnames: names('..') })).wqids
      expect(up?.path).toBe((await stat(pair, 0)).qid.path)
    },
  },
  {
    title: '".." leads out of a file as out of a directory',
    async run(pair) {
      expect(await types(pair, 0, 'directory', 'inner', '..', 'nested', 'deep')).toHaveLength(5)
      await pair.walk('link', 1)
      await pair.walk('../directory', 2, 1)
    },
  },
  {
    title: 'the first element that is missing fails the walk, a later one ends it',
    async run(pair) {
      expect(await pair.refusal('Twalk', { fid: 0, newfid: 1, wnames: names('gone', 'directory') })).toBe('ENOENT')
      expect(await types(pair, 0, 'directory', 'gone', 'inner')).toEqual([QID_DIR])
      expect(await pair.refusal('Tgetattr', { fid: 1, requestMask: 0 })).toBe('ENOENT')
    },
  },
  {
    title: 'all names are checked before any is looked up',
    async run(pair) {
      expect(await pair.refusal('Twalk', { fid: 0, newfid: 1, wnames: names('directory', 'a/b') })).toBe('ENOENT')
      expect(await pair.refusal('Twalk', { fid: 0, newfid: 1, wnames: names('directory', '') })).toBe('ENOENT')
    },
  },
  {
    title: 'nothing is below a file or a symlink, and a walk through one ends there',
    async run(pair) {
      expect(await types(pair, 0, 'file', 'x')).toEqual([QID_FILE])
      expect(await types(pair, 0, 'link', 'x')).toEqual([QID_SYMLINK])
      await pair.walk('file', 1)
      expect(await pair.refusal('Twalk', { fid: 1, newfid: 2, wnames: names('x') })).toBe('ENOTDIR')
    },
  },
  {
    title: 'a symlink is walked to and not through',
    async run(pair) {
      await pair.call('Tsymlink', { dfid: 0, name: name('in'), symtgt: 'directory', gid: GID })
      await pair.walk('in', 1)
      expect(await pair.refusal('Twalk', { fid: 1, newfid: 2, wnames: names('inner') })).toBe('ENOTDIR')
    },
  },
  {
    title: 'each kind of object has its qid type',
    async run(pair) {
      const kinds = ['file', 'hard', 'directory', 'link', 'dangling', 'fifo', 'socket', 'null', 'unowned', 'caf\xe9']
      const found = []
      for (const kind of kinds) found.push(...(await types(pair, 0, kind)))
      const [dir, link] = [QID_DIR, QID_SYMLINK]
      expect(found).toEqual([0, 0, dir, link, link, 0, 0, 0, 0, 0])
    },
  },
  {
    title: 'hard links are one object',
    async run(pair) {
      const [a] = (await pair.call('Twalk', { fid: 0, newfid: 1, wnames: names('file') })).wqids
      const [b] = (await pair.call('Twalk', { fid: 0, newfid: 2, wnames: names('hard') })).wqids
      expect(a?.path).toBe(b?.path)
    },
  },
  {
    title: 'a clone of a fid whose name is gone is of ours alone',
    async run(pair) {
      await pair.walk('other', 1)
      await pair.call('Tunlinkat', { dirfid: 0, name: name('other'), flags: 0 })
      await pair.send('Twalk', { fid: 1, newfid: 2, wnames: [] })
      expect(pair.diverged?.because).toContain('rows 1 to 3')
    },
  },
  {
    title: 'a path of 3,000 bytes is walked down, up, and removed',
    async run(pair) {
      const long = 'd'.repeat(200)
      await pair.walk('', 1)
      for (let depth = 0; depth < 15; depth += 1) {
        await pair.call('Tmkdir', { dfid: 1, name: name(long), mode: 0o755, gid: GID })
        await pair.call('Twalk', { fid: 1, newfid: 1, wnames: names(long) })
      }
      for (let depth = 0; depth < 15; depth += 1) {
        await pair.call('Twalk', { fid: 1, newfid: 1, wnames: names('..') })
        await pair.call('Tunlinkat', { dirfid: 1, name: name(long), flags: wire.AT_REMOVEDIR })
      }
    },
  },
]
