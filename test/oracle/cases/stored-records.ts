// What may lie in the records of a mapped-file tree, and how it is read and kept (reference §1.3, §1.6).

import { expect } from 'vitest'
import { S_IFCHR, S_IFDIR } from '../../../src/sys/constants.js'
import * as wire from '../../../src/wire/constants.js'
import { type Case, change, chmod, file, GID, name, outcomes, stat, statPath } from '../case.js'
import type { Pair } from '../pair.js'
import type { PlantedTree } from '../planted-tree.js'

const models = ['mapped-file'] as const

/** A file of the host with this record. */
function recorded(tree: PlantedTree, record: string | Buffer): void {
  tree.file('x', 'content')
  tree.file('.virtfs_metadata/x', record)
}

/** Texts that a record may hold: both sides read the same out of each, and write the same over it. */
const TEXTS: Readonly<Record<string, string>> = {
  nothing: '',
  'one key': 'virtfs.uid=5\n',
  'all keys': 'virtfs.uid=5\nvirtfs.gid=6\nvirtfs.mode=33188\nvirtfs.rdev=2049\n',
  'all keys in another order': 'virtfs.rdev=2049\nvirtfs.mode=33188\nvirtfs.gid=6\nvirtfs.uid=5\n',
  'no last newline': 'virtfs.uid=5\nvirtfs.gid=6',
  CRLF: 'virtfs.uid=5\r\nvirtfs.gid=6\r\n',
  'a key twice': 'virtfs.uid=5\nvirtfs.uid=6\n',
  'unknown keys': 'virtfs.colour=5\nvirtfs.uid=6\nhello\n',
  'another separator': 'virtfs.uid:5\nvirtfs.gid 6\n',
  'no separator': 'virtfs.uid5\nvirtfs.gid\n',
  'blanks before the number': 'virtfs.uid= \t 5\nvirtfs.gid=\v6\n',
  'a blank before the key': ' virtfs.uid=5\n',
  signs: 'virtfs.uid=+5\nvirtfs.gid=-2\n',
  'an id of -1': 'virtfs.uid=-1\nvirtfs.gid=4294967295\n',
  'hexadecimal and octal': 'virtfs.uid=0x10\nvirtfs.mode=0100644\n',
  'no digits': 'virtfs.uid=five\nvirtfs.gid=\n',
  'digits and more': 'virtfs.uid=5five\nvirtfs.gid=6 7\n',
  'numbers that are too large': 'virtfs.uid=4294967301\nvirtfs.gid=99999999999999999999\n',
  'a negative mode': 'virtfs.mode=-32348\n',
  'a longer key': 'virtfs.uidx=5\nvirtfs.gid_=6\n',
  'a line that goes on beyond the buffer': `virtfs.uid=5${' '.repeat(120)}virtfs.gid=6\n`,
  'a key behind 99 characters': `${'#'.repeat(99)}virtfs.uid=5\n`,
  'NUL inside': 'virtfs.uid=5\0\nvirtfs.gid=6\n',
  'a type of another kind': 'virtfs.mode=16877\n',
}

const mkdir = (pair: Pair, path: string) => pair.call('Tmkdir', { dfid: 0, name: name(path), mode: 0o755, gid: GID })
const moved = (olddirfid: number, from: string, newdirfid: number, to: string) =>
  ({ olddirfid, oldname: name(from), newdirfid, newname: name(to) }) as const

export const storedRecordCases: readonly Case[] = [
  ...Object.entries(TEXTS).map(([what, text]): Case => ({
    title: `a record with ${what} is read alike`,
    models,
    plant: (tree) => recorded(tree, text),
    run: async (pair) => void (await statPath(pair, 'x')),
  })),
  ...Object.entries(TEXTS).map(([what, text]): Case => ({
    title: `a record with ${what} is written over alike`,
    models,
    plant: (tree) => recorded(tree, text),
    async run(pair) {
      await pair.call('Tsetattr', change(await pair.walk('x', 1), { gid: 77 }))
      await stat(pair, 1)
    },
  })),
  {
    title: 'a device number beyond 31 bits is written negative, and read back with all signs by QEMU',
    models,
    async run(pair) {
      const wide = { dfid: 0, name: name('a'), mode: S_IFCHR | 0o600, major: 0x12345, minor: 0x6789_abcd, gid: GID }
      await pair.call('Tmknod', wide)
      await pair.walk('a', 1)
      const { qemu, ours } = await pair.send('Tgetattr', { fid: 1, requestMask: 0 })
      const numbers = [qemu, ours].map((reply) => reply.message === 'Rgetattr' && reply.body.rdev)
      expect(numbers).toEqual([0xffff_ffff_9ab3_45cdn, 0x9ab3_45cdn])
    },
  },
  {
    title: 'a uid beyond 31 bits is written negative, and read back whole',
    models,
    async run(pair) {
      await pair.call('Tsetattr', change(await pair.walk('file', 1), { uid: 0xffff_fffe }))
      expect((await stat(pair, 1)).uid).toBe(0xffff_fffe)
    },
  },
  {
    title: 'the root’s record lies in the root',
    models,
    async run(pair) {
      await pair.call('Tsetattr', change(0, { uid: 5 }))
      await chmod(pair, 0, 0o711)
      const { uid, mode } = await stat(pair, 0)
      expect([uid, mode]).toEqual([5, S_IFDIR | 0o711])
    },
  },
  {
    title: 'a directory’s links count its records',
    models,
    async run(pair) {
      const before = await statPath(pair, 'empty')
      await pair.walk('empty', 1)
      await pair.call('Tlcreate', { fid: 1, name: name('a'), flags: 2, mode: file(0o644), gid: GID })
      expect((await statPath(pair, 'empty')).nlink).toBe(before.nlink + 1)
    },
  },
  {
    title: 'hard links share a record, so that a change is one of both',
    models,
    async run(pair) {
      await chmod(pair, await pair.walk('file', 1), 0o600)
      expect((await statPath(pair, 'hard')).mode).toBe(file(0o600))
    },
  },
  {
    title: 'a record that an earlier object left is taken over by QEMU, and replaced by us',
    models,
    plant: (tree) => tree.file('.virtfs_metadata/a', 'virtfs.rdev=5\nvirtfs.uid=6\n'),
    async run(pair) {
      await mkdir(pair, 'a')
      expect(pair.diverged?.because).toBe('§8 row 8')
    },
  },
  {
    title: 'a record that an earlier object left is in the way of a link, with QEMU',
    models,
    plant: (tree) => tree.file('.virtfs_metadata/a', 'virtfs.uid=6\n'),
    async run(pair) {
      await pair.walk('file', 1)
      expect(await outcomes(pair.send('Tlink', { dfid: 0, fid: 1, name: name('a') }))).toEqual(['EEXIST', 'Rlink'])
    },
  },
  {
    title: 'a record that an earlier object left is in the way of removing its directory, with QEMU',
    models,
    plant(tree) {
      tree.directory('a')
      tree.directory('a/.virtfs_metadata', 0o700)
      tree.file('a/.virtfs_metadata/gone', 'virtfs.uid=6\n')
    },
    async run(pair) {
      const body = { dirfid: 0, name: name('a'), flags: wire.AT_REMOVEDIR }
      expect(await outcomes(pair.send('Tunlinkat', body))).toEqual(['ENOTEMPTY', 'Runlinkat'])
    },
  },
  {
    title: 'an object without a record takes over that of what it replaces, with QEMU',
    models,
    async run(pair) {
      await pair.send('Trenameat', moved(0, 'unowned', 0, 'other'))
      expect(pair.diverged?.because).toBe('§8 row 8')
    },
  },
  {
    title: 'a directory without its REMOVEDIR keeps its record with us alone',
    models,
    async run(pair) {
      expect(await pair.refusal('Tunlinkat', { dirfid: 0, name: name('empty'), flags: 0 })).toBe('EISDIR')
      expect(pair.diverged?.because).toBe('§8 row 6')
    },
  },
  {
    title: 'a file with REMOVEDIR keeps its record',
    models,
    async run(pair) {
      const body = { dirfid: 0, name: name('file'), flags: wire.AT_REMOVEDIR }
      expect(await pair.refusal('Tunlinkat', body)).toBe('ENOTDIR')
    },
  },
  {
    title: 'Tremove of the root begins with its records, with QEMU',
    models,
    async run(pair) {
      await pair.attach(1, 0)
      expect(await outcomes(pair.send('Tremove', { fid: 1 }))).toEqual(['ENOTEMPTY', 'EINVAL'])
    },
  },
  {
    title: 'an object moves between directories with its record',
    models,
    async run(pair) {
      await pair.walk('directory', 1)
      await pair.walk('empty', 2)
      await pair.call('Trenameat', moved(1, 'inner', 2, 'a'))
      expect((await statPath(pair, 'empty/a')).mode).toBe(file(0o640))
    },
  },
  {
    title: 'an object moves out of a directory without records with us alone',
    models,
    plant(tree) {
      tree.directory('x')
      tree.file('x/in')
    },
    async run(pair) {
      await pair.walk('x', 1)
      expect(await outcomes(pair.send('Trenameat', moved(1, 'in', 0, 'a')))).toEqual(['ENOENT', 'Rrenameat'])
    },
  },
  {
    title: 'an object is linked out of a directory without records by us alone',
    models,
    plant(tree) {
      tree.directory('x')
      tree.file('x/in')
    },
    async run(pair) {
      await pair.walk('x/in', 1)
      expect(await outcomes(pair.send('Tlink', { dfid: 0, fid: 1, name: name('a') }))).toEqual(['ENOENT', 'Rlink'])
    },
  },
  {
    title: 'an object without a record is linked and moved where others have records',
    models,
    async run(pair) {
      await pair.walk('unowned', 1)
      await pair.walk('directory', 2)
      await pair.call('Tlink', { dfid: 2, fid: 1, name: name('too') })
      await pair.call('Trenameat', moved(0, 'unowned', 2, 'moved'))
      await statPath(pair, 'directory/moved')
    },
  },
  ...(['file', 'symlink'] as const).map((kind): Case => ({
    title: `a ${kind} where the records should be holds none, and nothing can be stored`,
    models,
    plant(tree) {
      tree.directory('x')
      tree.file('x/in')
      if (kind === 'file') tree.file('x/.virtfs_metadata')
      else tree.symlink('x/.virtfs_metadata', '../.virtfs_metadata')
    },
    async run(pair) {
      await pair.walk('x', 1)
      await statPath(pair, 'x/in')
      const body = { dfid: 1, name: name('a'), mode: 0o755, gid: GID }
      expect(await pair.refusal('Tmkdir', body)).toBe('ENOTDIR')
      await pair.walk('x/in', 2)
      expect(await pair.refusal('Tsetattr', change(2, { uid: 5 }))).toBe('ENOTDIR')
    },
  })),
  {
    title: 'a record of a host file that says directory is believed, and the file not opened',
    models,
    plant: (tree) => recorded(tree, 'virtfs.mode=16877\n'),
    async run(pair) {
      await pair.walk('x', 1)
      expect((await stat(pair, 1)).qid.type).toBe(wire.QID_DIR)
      expect(await pair.refusal('Tlopen', { fid: 1, flags: 0 })).toBe('ENOTDIR')
    },
  },
  {
    title: 'attributes beside the records are the guest’s own',
    models,
    plant: (tree) => tree.attribute('unowned', 'user.virtfs.uid', Buffer.from([5, 0, 0, 0])),
    async run(pair) {
      expect((await statPath(pair, 'unowned')).uid).toBe(process.getuid!())
    },
  },
]
