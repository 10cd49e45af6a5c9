// Attributes: who owns what, modes, times and the file system's own figures.

import { chmodSync, chownSync, lstatSync, statfsSync, statSync, utimesSync, writeFileSync, mkdirSync } from 'node:fs'
import { expect } from 'vitest'
import { guestGid, guestUid, NO_ID } from '../../../src/ids.js'
import { S_IFDIR, S_IFREG, UTIME_NOW, UTIME_OMIT } from '../../../src/sys/constants.js'
import { refusalOf } from '../../support/refusal.js'
import { snapshot } from '../../support/snapshot.js'
import { tick } from '../../support/tick.js'
import type { ViewedTree } from '../../support/viewed-tree.js'
import type { Case } from '../case.js'
import { kinds } from './kinds.js'

const timesOf = (tree: ViewedTree, path: string): readonly number[] => {
  const { atimeSec, atimeNsec, mtimeSec, mtimeNsec } = tree.stat(path).host
  return [atimeSec, atimeNsec, mtimeSec, mtimeNsec]
}
const ctimeOf = (tree: ViewedTree, path: string): string => {
  const { ctimeSec, ctimeNsec } = tree.stat(path).host
  return `${ctimeSec}.${ctimeNsec}`
}

const owners: readonly Case[] = [
  {
    title: 'chown of one id leaves the other, and −1 leaves both',
    needs: ['owners'],
    run: (tree) => {
      tree.write('file')
      tree.setattr('file', { uid: guestUid(7) })
      expect(tree.show('file')).toBe('7:1001 0100644')
      tree.setattr('file', { gid: guestGid(8) })
      expect(tree.show('file')).toBe('7:8 0100644')
      tree.chown('file', NO_ID, NO_ID)
      expect(tree.show('file')).toBe('7:8 0100644')
      tree.chown('file', NO_ID, 9)
      expect(tree.show('file')).toBe('7:9 0100644')
    },
  },
  {
    title: 'ids use all 32 bits',
    needs: ['owners', 'mapped'],
    run: (tree) => {
      tree.write('file')
      tree.chown('file', 0xffff_fffe, 0x8000_0000)
      expect(tree.show('file')).toBe('4294967294:2147483648 0100644')
    },
  },
  {
    title: 'a mode without type bits, or with another type’s, never changes what an object is',
    run: (tree) => {
      for (const { kind, make } of kinds.slice(0, 4)) make(tree, kind)
      for (const { kind, type } of kinds.slice(0, 4)) {
        for (const bits of [0, S_IFREG, S_IFDIR, 0o170000]) {
          tree.chmod(kind, bits | 0o600)
          expect(tree.stat(kind).mode).toBe(type | 0o600)
        }
      }
    },
  },
  {
    title: 'a symlink keeps its type through a chmod',
    needs: ['mapped'],
    run: (tree) => {
      tree.symlink('target', 'link')
      tree.chmod('link', 0o755)
      expect(tree.stat('link').mode).toBe(0o120755)
      expect(tree.readlink('link')).toBe('target')
    },
  },
  {
    title: 'chmod of a symlink is refused as not possible (EOPNOTSUPP), and changes nothing else',
    needs: ['real'],
    run: (tree) => {
      tree.symlink('target', 'link')
      const before = snapshot(tree.path)
      const change = { mode: 0o600, mtime: { sec: 1, nsec: 1 } }
      expect(refusalOf(() => tree.setattr('link', change))).toBe('EOPNOTSUPP')
      expect(snapshot(tree.path)).toEqual(before)
    },
  },
  {
    title: 'owner, mode, length and times are changed by one request',
    needs: ['owners'],
    run: (tree) => {
      tree.write('file', 'content')
      const [atime, mtime] = [
        { sec: 10, nsec: 20 },
        { sec: 30, nsec: 40 },
      ] as const
      tree.setattr('file', { uid: guestUid(7), gid: guestGid(8), mode: 0o4711, size: 3, atime, mtime })
      expect(tree.show('file')).toBe('7:8 0104711')
      expect(tree.stat('file').host.size).toBe(3)
      expect(timesOf(tree, 'file')).toEqual([10, 20, 30, 40])
    },
  },
  {
    title: 'every name of an inode shows the same owner and mode',
    needs: ['owners'],
    run: (tree) => {
      tree.write('one')
      tree.mkdir('below')
      tree.link('one', 'below/two')
      tree.chown('one', 7, 8)
      tree.chmod('below/two', 0o4711)
      expect(tree.show('one')).toBe('7:8 0104711')
      expect(tree.show('below/two')).toBe('7:8 0104711')
    },
  },
  {
    title: 'the root of the export is owned and changed like anything else',
    needs: ['owners', 'mapped'],
    run: (tree) => {
      const before = statSync(tree.path)
      tree.chmod('', 0o1777)
      tree.chown('', 7, 8)
      expect(tree.show('')).toBe('7:8 041777')
      expect(statSync(tree.path)).toMatchObject({ mode: before.mode, uid: before.uid, gid: before.gid })
      expect(tree.names('')).toEqual([])
    },
  },
  {
    title: 'what the host made shows the host’s owner and mode until the guest changes them, each on its own',
    run: (tree) => {
      writeFileSync(tree.at('file'), '')
      chmodSync(tree.at('file'), 0o604)
      const { uid, gid } = statSync(tree.at('file'))
      expect(tree.show('file')).toBe(`${uid}:${gid} 0100604`)
      tree.chmod('file', 0o640)
      expect(tree.show('file')).toBe(`${uid}:${gid} 0100640`)
    },
  },
  {
    title: 'a change that the host makes to what no guest was told shows at once',
    needs: ['root', 'mapped'],
    run: (tree) => {
      mkdirSync(tree.at('directory'))
      expect(tree.stat('directory').uid).toBe(0)
      chownSync(tree.at('directory'), 7, 8)
      expect(tree.stat('directory')).toMatchObject({ uid: 7, gid: 8 })
    },
  },
]

const times: readonly Case[] = [
  {
    title: 'times are kept to the nanosecond, before 1970 too',
    run: (tree) => {
      tree.write('file')
      tree.symlink('target', 'link')
      for (const path of ['file', 'link']) {
        tree.setattr(path, { atime: { sec: -2, nsec: 999_999_999 }, mtime: { sec: 1_700_000_000, nsec: 123_456_789 } })
        expect(timesOf(tree, path)).toEqual([-2, 999_999_999, 1_700_000_000, 123_456_789])
      }
    },
  },
  {
    title: 'UTIME_OMIT leaves a time, and UTIME_NOW sets the clock’s',
    run: (tree) => {
      tree.write('file')
      utimesSync(tree.at('file'), 1, 2)
      tree.setattr('file', { atime: { sec: 77, nsec: UTIME_OMIT }, mtime: { sec: 77, nsec: UTIME_NOW } })
      const [atime, , mtime = 0] = timesOf(tree, 'file')
      expect(atime).toBe(1)
      expect(Math.abs(mtime - Date.now() / 1000)).toBeLessThan(60)
    },
  },
  {
    title: 'nanoseconds beyond a second are refused (EINVAL) before anything is changed',
    run: (tree) => {
      tree.write('file', 'content')
      const before = snapshot(tree.path)
      for (const nsec of [1e9, 0x3ffffffd, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER]) {
        const bad = { sec: 1, nsec }
        expect(refusalOf(() => tree.setattr('file', { mode: 0o777, size: 0, atime: bad }))).toBe('EINVAL')
        expect(refusalOf(() => tree.setattr('file', { mode: 0o777, size: 0, mtime: bad }))).toBe('EINVAL')
      }
      expect(snapshot(tree.path)).toEqual(before)
    },
  },
  {
    title: 'ctime moves when mode or owner change, when they are set to what they were, and when nothing is changed',
    run: (tree) => {
      const { uid, gid } = tree.owner
      tree.write('file')
      tree.mkdir('directory')
      for (const path of ['file', 'directory', '']) {
        for (const change of [{ mode: 0o700 }, { mode: 0o700 }, { uid }, { gid }, {}]) {
          const before = ctimeOf(tree, path)
          tick()
          tree.setattr(path, change)
          expect([path, change, ctimeOf(tree, path) !== before]).toEqual([path, change, true])
        }
      }
    },
  },
  {
    title: 'chmod and chown leave atime and mtime',
    run: (tree) => {
      tree.write('file')
      tree.setattr('file', { atime: { sec: 1, nsec: 2 }, mtime: { sec: 3, nsec: 4 } })
      tree.chmod('file', 0o600)
      tree.setattr('file', { uid: tree.owner.uid })
      expect(timesOf(tree, 'file')).toEqual([1, 2, 3, 4])
    },
  },
  {
    title: 'size, link count, blocks, times and inode number are the host’s',
    run: (tree) => {
      tree.write('file', 'content')
      tree.link('file', 'further')
      const host = lstatSync(tree.at('file'), { bigint: true })
      const { ino, nlink, size, blocks, mtimeSec, mtimeNsec } = tree.stat('file').host
      expect([ino, nlink, size, blocks]).toEqual([host.ino, 2, 7, Number(host.blocks)])
      expect(BigInt(mtimeSec) * 1_000_000_000n + BigInt(mtimeNsec)).toBe(host.mtimeNs)
    },
  },
]

const others: readonly Case[] = [
  {
    title: 'statfs is the host’s, for every kind of object, however closed to us',
    run: (tree) => {
      for (const { kind, make } of kinds.slice(0, 4)) make(tree, kind)
      tree.symlink('nowhere', 'symlink')
      chmodSync(tree.at('file'), 0)
      const host = statfsSync(tree.path)
      for (const path of ['', 'file', 'directory', 'fifo', 'socket', 'symlink']) {
        const { type, bsize, blocks, files, namelen } = tree.view.statfs(tree.node(path))
        expect({ type, bsize, blocks, files }).toEqual({
          type: host.type,
          bsize: host.bsize,
          blocks: host.blocks,
          files: host.files,
        })
        expect(namelen).toBe(255)
      }
    },
  },
  {
    title: 'an inode keeps its generation, whoever asks and when',
    run: (tree) => {
      tree.write('file')
      tree.mkdir('directory')
      for (const path of ['file', 'directory']) {
        const generation = tree.view.generation(tree.node(path))
        tree.rename(path, 'renamed')
        expect(tree.view.generation(tree.node('renamed'))).toBe(generation)
        tree.rename('renamed', path)
      }
    },
  },
  {
    title: 'what is closed to us on the host is still described, and no generation is no reason to refuse',
    run: (tree) => {
      writeFileSync(tree.at('closed'), '')
      mkdirSync(tree.at('shut'))
      chmodSync(tree.at('closed'), 0)
      chmodSync(tree.at('shut'), 0)
      expect(tree.stat('closed').mode).toBe(S_IFREG)
      expect(tree.stat('shut').mode).toBe(S_IFDIR)
      expect(refusalOf(() => tree.view.generation(tree.node('closed')))).toBeUndefined()
      expect(tree.list('').map(({ name }) => name)).toEqual(['closed', 'shut'])
    },
  },
]

export const attributeCases = [...owners, ...times, ...others]
