// Asking for attributes, setting modes and owners (reference §3.9, §3.10), and the file system's (§3.11).

import { expect } from 'vitest'
import { S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_ISUID } from '../../../src/sys/constants.js'
import * as wire from '../../../src/wire/constants.js'
import {
  bothStat,
  bytes,
  type Case,
  type Change,
  change,
  chmod,
  createFile,
  file,
  mapped,
  name,
  NOBODY_IN_PARTICULAR,
  openPath,
  outcomes,
  real,
  stat,
  statPath,
} from '../case.js'
import type { Pair } from '../pair.js'

const set = (pair: Pair, fid: number, changed: Change) => pair.call('Tsetattr', change(fid, changed))

const KINDS = ['file', 'setid', 'directory', 'link', 'fifo', 'socket', 'null', 'unowned', 'caf\xe9']

export const attributeCases: readonly Case[] = [
  {
    title: 'every kind of object shows its attributes',
    async run(pair) {
      for (const kind of ['', ...KINDS]) await statPath(pair, kind)
    },
  },
  {
    title: 'BASIC is given whatever is asked for; GEN where asked for and known; the rest never',
    async run(pair) {
      for (const kind of ['file', 'directory', 'link', 'fifo', '']) {
        await pair.walk(kind, 1)
        for (const mask of [0, 1, 0x7ff, 0x800, 0x1000, 0x17ff, 0x2000, 0x3fff, 0xffff_ffff]) await stat(pair, 1, mask)
        await pair.call('Tclunk', { fid: 1 })
      }
      expect((await stat(pair, 0, 0)).valid).toBe(wire.GETATTR_BASIC)
    },
  },
  {
    title: 'GEN is given for what is open, too',
    async run(pair) {
      await openPath(pair, 'file', 1)
      await stat(pair, 1, wire.GETATTR_ALL)
    },
  },
  {
    title: 'attributes of an attribute’s fid are the object’s',
    async run(pair) {
      await pair.walk('file', 1)
      await pair.call('Txattrwalk', { fid: 1, newfid: 2, name: 'user.note' })
      expect((await stat(pair, 2)).size).toBe(20)
    },
  },
  {
    title: 'chmod keeps the type that it is sent with',
    async run(pair) {
      for (const kind of ['file', 'directory', 'empty', '', 'unowned']) {
        await pair.walk(kind, 1)
        for (const mode of [0o600, 0o755, 0o7777, 0, 0o2770, 0o1777]) {
          await chmod(pair, 1, mode)
          expect((await stat(pair, 1)).mode & 0o7777).toBe(mode)
        }
        await pair.call('Tclunk', { fid: 1 })
      }
    },
  },
  {
    title: 'chmod of what the guest knows as a symlink, device, fifo or socket is stored',
    models: mapped,
    async run(pair) {
      for (const kind of ['link', 'fifo', 'socket', 'null']) {
        await pair.walk(kind, 1)
        await chmod(pair, 1, 0o640)
        expect((await stat(pair, 1)).mode & 0o7777).toBe(0o640)
        await pair.call('Tclunk', { fid: 1 })
      }
    },
  },
  {
    title: 'chmod without type bits makes an object of no type with QEMU',
    models: mapped,
    async run(pair) {
      await pair.walk('link', 1)
      await pair.send('Tsetattr', change(1, { mode: 0o640 }))
      expect(pair.diverged?.because).toBe('§8 row 13')
      const [qemu, ours] = await bothStat(pair, 1)
      expect([qemu.mode, ours.mode]).toEqual([0o640, S_IFLNK | 0o640])
    },
  },
  {
    title: 'chmod with other type bits makes another kind of object with QEMU',
    models: mapped,
    async run(pair) {
      await pair.walk('file', 1)
      await pair.send('Tsetattr', change(1, { mode: S_IFIFO | 0o644 }))
      const [qemu, ours] = await bothStat(pair, 1)
      expect([qemu.mode, ours.mode]).toEqual([S_IFIFO | 0o644, file(0o644)])
    },
  },
  {
    title: 'type bits say nothing where modes are the host’s',
    models: real,
    async run(pair) {
      await pair.walk('file', 1)
      for (const type of [0, S_IFIFO, S_IFDIR]) {
        await set(pair, 1, { mode: type | 0o640 })
        expect((await stat(pair, 1)).mode).toBe(file(0o640))
      }
    },
  },
  {
    title: 'chmod of a real symlink is refused, with different errnos',
    models: real,
    async run(pair) {
      await pair.walk('link', 1)
      const body = change(1, { mode: S_IFLNK | 0o600 })
      expect(await outcomes(pair.send('Tsetattr', body))).toEqual(['ELOOP', 'EOPNOTSUPP'])
    },
  },
  {
    title: 'chmod of a device, fifo or socket of the host fails with QEMU 7.2',
    models: real,
    async run(pair) {
      await pair.walk('fifo', 1)
      const body = change(1, { mode: S_IFIFO | 0o600 })
      expect(await outcomes(pair.send('Tsetattr', body))).toEqual(['ENXIO', 'Rsetattr'])
    },
  },
  {
    title: 'what a host process put into a mapped export keeps no mode, with different errnos',
    models: mapped,
    plant(tree) {
      tree.symlink('host-link', 'file')
      tree.node('host-fifo', S_IFIFO | 0o644)
    },
    async run(pair) {
      for (const path of ['host-link', 'host-fifo']) {
        await pair.walk(path, 1)
        const { mode } = await stat(pair, 1)
        const [qemu, ours] = await outcomes(pair.send('Tsetattr', change(1, { mode: (mode & S_IFMT) | 0o600 })))
        if (pair.options.model === 'mapped-xattr') expect([qemu, ours]).toEqual(['EPERM', 'EOPNOTSUPP'])
        await pair.call('Tclunk', { fid: 1 })
      }
    },
  },
  {
    title: 'chown changes what it is given',
    models: ['mapped-xattr', 'mapped-file', 'passthrough'],
    async run(pair) {
      for (const kind of ['file', 'directory', 'link', 'fifo', '', 'unowned']) {
        await pair.walk(kind, 1)
        await set(pair, 1, { uid: 7 })
        await set(pair, 1, { gid: 8 })
        await set(pair, 1, { uid: 0x7fff_ffff, gid: 0xffff_fffe })
        const { uid, gid } = await stat(pair, 1)
        expect([uid, gid]).toEqual([0x7fff_ffff, 0xffff_fffe])
        await pair.call('Tclunk', { fid: 1 })
      }
    },
  },
  {
    title: 'an id of 0xffffffff leaves what is there',
    async run(pair) {
      const before = await statPath(pair, 'file')
      await pair.walk('file', 1)
      await set(pair, 1, { uid: NOBODY_IN_PARTICULAR, gid: NOBODY_IN_PARTICULAR })
      await set(pair, 1, { uid: NOBODY_IN_PARTICULAR })
      const { uid, gid } = await stat(pair, 1)
      expect([uid, gid]).toEqual([before.uid, before.gid])
    },
  },
  {
    title: 'chown takes the set-id bits off where they are the host’s, and leaves stored ones',
    models: ['mapped-xattr', 'mapped-file', 'passthrough'],
    async run(pair) {
      await pair.walk('setid', 1)
      await set(pair, 1, { uid: 7 })
      const isStored = mapped.includes(pair.options.model)
      expect(((await stat(pair, 1)).mode & S_ISUID) !== 0).toBe(isStored)
    },
  },
  {
    title: 'a mode with set-id bits sent with an owner is kept by us alone, where both are the host’s',
    models: ['passthrough'],
    async run(pair) {
      await pair.walk('file', 1)
      await pair.send('Tsetattr', change(1, { mode: file(0o4755), uid: 7 }))
      const [qemu, ours] = await bothStat(pair, 1)
      expect([qemu.mode & 0o7777, ours.mode & 0o7777]).toEqual([0o755, 0o4755])
    },
  },
  {
    title: 'the mode and owner of the root are kept',
    models: mapped,
    async run(pair) {
      await set(pair, 0, { mode: S_IFDIR | 0o1770, uid: 5, gid: 6 })
      const { mode, uid, gid } = await stat(pair, 0)
      expect([mode, uid, gid]).toEqual([S_IFDIR | 0o1770, 5, 6])
    },
  },
  {
    title: 'attributes of an open file are those of what is open',
    async run(pair) {
      await createFile(pair, 'a', 1, 'four')
      await pair.call('Twrite', { fid: 1, offset: 4, data: bytes('teen') })
      expect((await stat(pair, 1)).size).toBe(8)
      await pair.call('Trenameat', { olddirfid: 0, oldname: name('a'), newdirfid: 0, newname: name('b') })
      expect((await stat(pair, 1)).size).toBe(8)
    },
  },
  ...[4096, 8192, 131_072].map((msize): Case => ({
    title: `the file system is told in blocks that fill an msize of ${msize}`,
    async run(pair) {
      await pair.begin(1000, msize)
      const { bsize, namelen, type } = await pair.call('Tstatfs', { fid: 0 })
      expect([bsize, namelen]).toEqual([Math.max(1, Math.floor((msize - 24) / 4096)) * 4096, 255])
      expect(type).toBeGreaterThan(0)
      for (const kind of ['file', 'directory']) await pair.call('Tstatfs', { fid: await pair.walk(kind, kind.length) })
    },
  })),
  {
    title: 'the file system of a symlink, device, fifo or socket is told by us alone, where they are the host’s',
    models: real,
    async run(pair) {
      for (const [kind, code] of [
        ['link', 'ELOOP'],
        ['fifo', 'ENXIO'],
        ['socket', 'ENXIO'],
        ['null', 'ENXIO'],
      ] as const) {
        await pair.walk(kind, 1)
        expect(await outcomes(pair.send('Tstatfs', { fid: 1 }))).toEqual([code, 'Rstatfs'])
        await pair.call('Tclunk', { fid: 1 })
      }
    },
  },
  {
    title: 'the file system of a mapped object is told',
    models: mapped,
    plant: (tree) => tree.symlink('host-link', 'file'),
    async run(pair) {
      for (const kind of ['link', 'fifo', 'socket', 'null']) {
        await pair.call('Tstatfs', { fid: await pair.walk(kind, 1) })
        await pair.call('Tclunk', { fid: 1 })
      }
      await pair.walk('host-link', 1)
      expect(await outcomes(pair.send('Tstatfs', { fid: 1 }))).toEqual(['ELOOP', 'Rstatfs'])
    },
  },
]
