// What may lie in the attributes of a mapped-xattr tree, and how it is read (reference §1.2, §1.6).

import { expect } from 'vitest'
import { S_IFDIR, S_IFIFO, S_IFLNK } from '../../../src/sys/constants.js'
import { type Case, change, file, openPath, outcomes, read, stat, statPath, names } from '../case.js'
import type { PlantedTree } from '../planted-tree.js'

const models = ['mapped-xattr'] as const

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** A file of the host with stored members, each as bytes or as a number of 32 bits. */
function stored(tree: PlantedTree, path: string, members: Readonly<Record<string, Buffer | number>>): void {
  tree.file(path, 'content')
  for (const [key, value] of Object.entries(members)) {
    tree.attribute(path, `user.virtfs.${key}`, typeof value === 'number' ? u32(value) : value)
  }
}

/** A case about one file, "x", with stored members; both sides say the same of it. */
const alike = (title: string, members: Readonly<Record<string, Buffer | number>>): Case => ({
  title,
  models,
  plant: (tree) => stored(tree, 'x', members),
  run: async (pair) => void (await statPath(pair, 'x')),
})

export const storedAttributeCases: readonly Case[] = [
  alike('a stored uid alone leaves the rest to the host', { uid: 5 }),
  alike('a stored gid alone leaves the rest to the host', { gid: 5 }),
  alike('a stored mode alone leaves the rest to the host', { mode: file(0o4711) }),
  alike('a stored device number of a file is told', { rdev: Buffer.from('0108000000000000', 'hex') }),
  alike('a device without a stored number has the host file’s', { mode: 0o020644 }),
  alike('a stored uid of 0xffffffff is told as it is', { uid: 0xffff_ffff, gid: 0xffff_ffff }),
  alike('values that are too long are not there', {
    uid: Buffer.alloc(5, 1),
    mode: Buffer.alloc(8, 1),
    rdev: Buffer.alloc(9, 1),
  }),
  alike('values of no bytes are not there', { uid: Buffer.alloc(0), gid: Buffer.alloc(0), mode: Buffer.alloc(0) }),
  {
    title: 'a value that is too short leaks QEMU’s memory, and is not there with us',
    models,
    plant: (tree) => stored(tree, 'x', { uid: Buffer.from([7]), gid: Buffer.from([7, 7, 7]), rdev: Buffer.from([1]) }),
    async run(pair) {
      await pair.walk('x', 1)
      const found = await pair.send('Tgetattr', { fid: 1, requestMask: 0 })
      expect(found.ours.message === 'Rgetattr' && found.ours.body.uid).toBe(process.getuid!())
    },
  },
  {
    title: 'a stored mode without a type makes an object of none with QEMU',
    models,
    plant: (tree) => stored(tree, 'x', { mode: 0o640 }),
    async run(pair) {
      await pair.walk('x', 1)
      const { qemu, ours } = await pair.send('Tgetattr', { fid: 1, requestMask: 0 })
      const modes = [qemu, ours].map((reply) => reply.message === 'Rgetattr' && reply.body.mode)
      expect(modes).toEqual([0o640, file(0o640)])
    },
  },
  {
    title: 'a stored mode with bits above the type’s is told whole',
    models,
    plant: (tree) => stored(tree, 'x', { mode: 0xabcd_0000 + file(0o640) }),
    run: async (pair) => void (await statPath(pair, 'x')),
  },
  {
    title: 'a mode as an old big-endian host stored it is told as it is',
    models,
    plant: (tree) => stored(tree, 'x', { mode: Buffer.from('000081a4', 'hex') }),
    run: async (pair) => void (await statPath(pair, 'x')),
  },
  {
    title: 'a file that is stored as a directory shows as one, and is not opened',
    models,
    plant: (tree) => stored(tree, 'x', { mode: S_IFDIR | 0o755 }),
    async run(pair) {
      await pair.walk('x', 1)
      expect((await stat(pair, 1)).qid.type).toBe(0x80)
      expect(await pair.refusal('Tlopen', { fid: 1, flags: 0 })).toBe('ENOTDIR')
      expect(await pair.refusal('Twalk', { fid: 1, newfid: 2, wnames: names('y') })).toBe('ENOTDIR')
    },
  },
  {
    title: 'a directory that is stored as a file shows as one, and opens as one with QEMU',
    models,
    plant(tree) {
      tree.directory('x')
      tree.attribute('x', 'user.virtfs.mode', u32(file(0o644)))
    },
    async run(pair) {
      await pair.walk('x', 1)
      expect((await stat(pair, 1)).qid.type).toBe(0)
      await pair.send('Tlopen', { fid: 1, flags: 0 })
    },
  },
  {
    title: 'a symlink’s target is the content, NUL and newline included',
    models,
    plant(tree) {
      tree.file('x', 'a\0b\nc\n')
      tree.attribute('x', 'user.virtfs.mode', u32(S_IFLNK | 0o777))
      tree.file('y')
      tree.attribute('y', 'user.virtfs.mode', u32(S_IFLNK | 0o777))
    },
    async run(pair) {
      expect((await pair.call('Treadlink', { fid: await pair.walk('x', 1) })).target).toBe('a\0b\nc\n')
      expect((await pair.call('Treadlink', { fid: await pair.walk('y', 2) })).target).toBe('')
    },
  },
  {
    title: 'a symlink whose content no string holds is cut modulo 65536 by QEMU',
    models,
    plant(tree) {
      tree.file('x', Buffer.alloc(70_000, 'target/'))
      tree.attribute('x', 'user.virtfs.mode', u32(S_IFLNK | 0o777))
    },
    async run(pair) {
      await pair.begin(1000, 131_072)
      await pair.walk('x', 1)
      const { qemu, ours } = await pair.send('Treadlink', { fid: 1 })
      expect(qemu.message === 'Rreadlink' && qemu.body.target.length).toBe(70_000 % 65_536)
      expect(ours.message).toBe('Rlerror')
    },
  },
  {
    title: 'a symlink that a host process made is read by us alone',
    models: ['mapped-xattr', 'mapped-file'],
    plant: (tree) => tree.symlink('x', 'where it leads'),
    async run(pair) {
      await pair.walk('x', 1)
      expect(await outcomes(pair.send('Treadlink', { fid: 1 }))).toEqual(['ELOOP', 'Rreadlink'])
    },
  },
  {
    title: 'every kind of host object in a mapped tree shows itself',
    models: ['mapped-xattr', 'mapped-file'],
    plant(tree) {
      tree.node('x', S_IFIFO | 0o640)
      tree.symlink('y', 'file')
      tree.directory('z', 0o2750)
    },
    async run(pair) {
      for (const path of ['x', 'y', 'z']) await statPath(pair, path)
      await pair.call('Tsetattr', change(await pair.walk('z', 1), { uid: 3 }))
      await statPath(pair, 'z')
    },
  },
  {
    title: 'the owner of a host object is stored when it is changed, and the rest stays the host’s',
    models: ['mapped-xattr', 'mapped-file'],
    async run(pair) {
      await pair.walk('unowned', 1)
      await pair.call('Tsetattr', change(1, { gid: 44 }))
      const { uid, gid, mode } = await stat(pair, 1)
      expect([uid, gid, mode]).toEqual([process.getuid!(), 44, file(0o640)])
    },
  },
  {
    title: 'a device that has content is read as the file that it is by QEMU alone',
    models,
    plant: (tree) => stored(tree, 'x', { mode: 0o020644 }),
    async run(pair) {
      await pair.walk('x', 1)
      expect(await outcomes(pair.send('Tlopen', { fid: 1, flags: 0 }))).toEqual(['Rlopen', 'ENXIO'])
    },
  },
  {
    title: 'records beside the objects are nothing to mapped-xattr',
    models,
    plant(tree) {
      tree.directory('.virtfs_metadata')
      tree.file('.virtfs_metadata/unowned', 'virtfs.uid=5\n')
    },
    async run(pair) {
      expect((await statPath(pair, 'unowned')).uid).toBe(process.getuid!())
      expect(await read(pair, await openPath(pair, '.virtfs_metadata/unowned', 1, 0))).toBe('virtfs.uid=5\n')
    },
  },
]
