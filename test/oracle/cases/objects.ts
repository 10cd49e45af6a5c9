// Making each kind of object, and reading symlinks (reference §2.2).

import { expect } from 'vitest'
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } from '../../../src/sys/constants.js'
import * as wire from '../../../src/wire/constants.js'
import { type Case, change, file, GID, mapped, name, names, outcomes, real, stat, statPath } from '../case.js'
import type { Pair } from '../pair.js'

const mkdir = (pair: Pair, path: string, mode = 0o755, dfid = 0) =>
  pair.call('Tmkdir', { dfid, name: name(path), mode, gid: GID })
const symlink = (pair: Pair, path: string, symtgt: string) =>
  pair.call('Tsymlink', { dfid: 0, name: name(path), symtgt, gid: GID })
const node = (path: string, mode: number, major = 0, minor = 0) =>
  ({ dfid: 0, name: name(path), mode, major, minor, gid: GID }) as const
async function targetOf(pair: Pair, path: string): Promise<string> {
  const fid = await pair.walk(path, 94)
  const { target } = await pair.call('Treadlink', { fid })
  await pair.call('Tclunk', { fid })
  return target
}

const NODES = { char: S_IFCHR, block: S_IFBLK, fifo: S_IFIFO, socket: S_IFSOCK }

export const objectCases: readonly Case[] = [
  {
    title: 'a directory has the mode that is asked for, and its owner',
    async run(pair) {
      for (const mode of [0, 0o755, 0o7777, 0o2770, 0o1777]) {
        await mkdir(pair, `d${mode}`, mode)
        expect((await statPath(pair, `d${mode}`)).mode).toBe(S_IFDIR | mode)
      }
    },
  },
  {
    title: 'a directory is made in a directory, where nothing of its name is',
    async run(pair) {
      await pair.walk('file', 1)
      expect(await pair.refusal('Tmkdir', { dfid: 1, name: name('a'), mode: 0, gid: GID })).toBe('ENOTDIR')
      for (const path of ['file', 'directory', 'link', 'dangling', 'fifo']) {
        expect(await pair.refusal('Tmkdir', { dfid: 0, name: name(path), mode: 0, gid: GID })).toBe('EEXIST')
      }
    },
  },
  {
    title: 'a symlink leads where it is told to, byte for byte',
    async run(pair) {
      for (const [path, target] of [
        ['a', 'file'],
        ['b', '/absolute/../path'],
        ['c', 'x'.repeat(4000)],
        ['d', '\xff\n '],
      ] as const) {
        expect((await symlink(pair, path, target)).qid.type).toBe(wire.QID_SYMLINK)
        expect(await targetOf(pair, path)).toBe(target)
        const { mode, size } = await statPath(pair, path)
        expect([mode, size]).toEqual([S_IFLNK | 0o777, target.length])
      }
    },
  },
  {
    title: 'a symlink may lead nowhere in a mapped model',
    models: mapped,
    async run(pair) {
      await symlink(pair, 'a', '')
      expect(await targetOf(pair, 'a')).toBe('')
    },
  },
  {
    title: 'a symlink that leads nowhere is ENOENT to the host, below a file ENOTDIR',
    models: real,
    async run(pair) {
      const body = { dfid: 0, name: name('a'), symtgt: '', gid: GID }
      expect(await pair.refusal('Tsymlink', body)).toBe('ENOENT')
      expect(await pair.refusal('Tsymlink', { ...body, dfid: await pair.walk('file', 1) })).toBe('ENOTDIR')
      expect(await pair.refusal('Tsymlink', { ...body, symtgt: 'x'.repeat(4096) })).toBe('ENAMETOOLONG')
    },
  },
  {
    title: 'a target that no reply of ours holds is refused by us',
    models: mapped,
    async run(pair) {
      await symlink(pair, 'a', 'x'.repeat(8000))
      await symlink(pair, 'b', 'y'.repeat(8150))
      await targetOf(pair, 'a')
      await pair.begin(1000, 4096)
      await pair.walk('a', 1)
      expect(await outcomes(pair.send('Treadlink', { fid: 1 }))).toEqual(['Rreadlink', 'ENAMETOOLONG'])
    },
  },
  {
    title: 'Treadlink of what is no symlink is EINVAL where symlinks are the host’s',
    models: real,
    async run(pair) {
      for (const path of ['file', 'directory', 'fifo', 'null']) {
        expect(await pair.refusal('Treadlink', { fid: await pair.walk(path, 1) })).toBe('EINVAL')
        await pair.call('Tclunk', { fid: 1 })
      }
    },
  },
  {
    title: 'Treadlink of a directory is EISDIR in QEMU’s mapped models',
    models: mapped,
    async run(pair) {
      expect(await outcomes(pair.send('Treadlink', { fid: 0 }))).toEqual(['EISDIR', 'EINVAL'])
    },
  },
  {
    title: 'Treadlink of a file gives what is in it in QEMU’s mapped models',
    models: mapped,
    async run(pair) {
      await pair.walk('file', 1)
      expect(await outcomes(pair.send('Treadlink', { fid: 1 }))).toEqual(['Rreadlink', 'EINVAL'])
    },
  },
  ...Object.entries(NODES).map(([kind, type]): Case => ({
    title: `a ${kind} node keeps its type, mode and numbers in a mapped model`,
    models: mapped,
    async run(pair) {
      await pair.call('Tmknod', node('a', type | 0o4640, 8, 1))
      const { mode, rdev } = await statPath(pair, 'a')
      expect([mode, rdev]).toEqual([type | 0o4640, 0x801n])
    },
  })),
  ...Object.entries(NODES).map(([kind, type]): Case => ({
    title: `a ${kind} node is made by us alone where it is the host’s: QEMU 7.2 cannot`,
    models: real,
    async run(pair) {
      expect(await outcomes(pair.send('Tmknod', node('a', type | 0o640, 1, 3)))).toEqual(['ENXIO', 'Rmknod'])
    },
  })),
  {
    title: 'device numbers of any width survive in attributes',
    models: ['mapped-xattr'],
    async run(pair) {
      for (const [index, [major, minor]] of [
        [0x123, 0x45678],
        [0x12345, 0x6789_abcd],
        [2 ** 32 - 1, 2 ** 32 - 1],
      ].entries()) {
        await pair.call('Tmknod', node(`n${index}`, S_IFCHR | 0o600, major, minor))
        await statPath(pair, `n${index}`)
      }
    },
  },
  {
    title: 'device numbers that fit 31 bits survive in records',
    models: ['mapped-file'],
    async run(pair) {
      await pair.call('Tmknod', node('a', S_IFCHR | 0o600, 0xfff, 0x7ffff))
      expect((await statPath(pair, 'a')).rdev).toBe(0x7fff_ffffn)
    },
  },
  {
    title: 'a regular file is made as a node, also where the mode has no type',
    models: [...real],
    async run(pair) {
      for (const [path, type] of [
        ['a', S_IFREG],
        ['b', 0],
      ] as const) {
        await pair.call('Tmknod', node(path, type | 0o644))
        expect((await statPath(pair, path)).mode).toBe(file(0o644))
      }
    },
  },
  {
    title: 'a regular file is made as a node',
    models: mapped,
    async run(pair) {
      await pair.call('Tmknod', node('a', file(0o2644), 5, 6))
      await statPath(pair, 'a')
    },
  },
  {
    title: 'a node without a type has none with QEMU, and is a file with us',
    models: mapped,
    async run(pair) {
      await pair.send('Tmknod', node('a', 0o644))
      const { qemu, ours } = await pair.look('Twalk', { fid: 0, newfid: 1, wnames: names('a') })
      expect([qemu.message, ours.message]).toEqual(['Rwalk', 'Rwalk'])
      const found = await pair.look('Tgetattr', { fid: 1, requestMask: 0 })
      const modes = [found.qemu, found.ours].map((reply) => reply.message === 'Rgetattr' && reply.body.mode)
      expect(modes).toEqual([0o644, file(0o644)])
    },
  },
  {
    title: 'a directory or symlink made as a node is one with QEMU, and refused by us',
    models: mapped,
    async run(pair) {
      expect(await outcomes(pair.send('Tmknod', node('a', S_IFDIR | 0o755)))).toEqual(['Rmknod', 'EPERM'])
    },
  },
  {
    title: 'a symlink made as a node is one with QEMU, and refused by us',
    models: mapped,
    async run(pair) {
      expect(await outcomes(pair.send('Tmknod', node('a', S_IFLNK | 0o777)))).toEqual(['Rmknod', 'EINVAL'])
    },
  },
  {
    title: 'a directory made as a node is EPERM, a symlink EINVAL, where they are the host’s',
    models: real,
    async run(pair) {
      expect(await pair.refusal('Tmknod', node('a', S_IFDIR | 0o755))).toBe('EPERM')
      expect(await pair.refusal('Tmknod', node('a', S_IFLNK | 0o755))).toBe('EINVAL')
    },
  },
  {
    title: 'a made object takes nothing over from the directory’s set-group-id bit in a mapped model',
    models: mapped,
    async run(pair) {
      await pair.walk('directory', 1)
      await pair.call('Tsetattr', change(1, { mode: S_IFDIR | 0o2777, gid: 5 }))
      await mkdir(pair, 'a', 0o755, 1)
      const { mode, gid } = await statPath(pair, 'directory/a')
      expect([mode, gid]).toEqual([S_IFDIR | 0o755, 1001])
    },
  },
  {
    title: 'in a directory of the host with the set-group-id bit, a new one has it too',
    models: real,
    async run(pair) {
      await pair.walk('directory', 1)
      await pair.call('Tsetattr', change(1, { mode: 0o2777 }))
      await mkdir(pair, 'a', 0o755, 1)
      await stat(pair, await pair.walk('directory/a', 2))
    },
  },
]
