// Opening and creating (reference §3.6).

import { expect } from 'vitest'
import { S_IFCHR, S_IFIFO, S_IFSOCK } from '../../../src/sys/constants.js'
import * as wire from '../../../src/wire/constants.js'
import {
  bothStat,
  bytes,
  type Case,
  chmod,
  createFile,
  file,
  GID,
  mapped,
  name,
  openPath,
  outcomes,
  read,
  real,
  stat,
} from '../case.js'
import type { Pair } from '../pair.js'

const create = (fid: number, text: string, flags: number, mode = 0o644) =>
  ({ fid, name: name(text), flags, mode: file(mode), gid: GID }) as const

/** Opens a path with `flags`; gives what both answer, and lets the fid go. */
async function open(pair: Pair, path: string, flags: number): Promise<string> {
  await pair.walk(path, 60)
  const [qemu] = await outcomes(pair.send('Tlopen', { fid: 60, flags }))
  await pair.call('Tclunk', { fid: 60 })
  return qemu
}

/** Flags that change nothing for an open of a file. */
const HARMLESS: Readonly<Record<string, number>> = {
  CREATE: wire.DOTL_CREATE,
  EXCL: wire.DOTL_EXCL,
  NOCTTY: wire.DOTL_NOCTTY,
  NONBLOCK: wire.DOTL_NONBLOCK,
  DSYNC: wire.DOTL_DSYNC,
  FASYNC: wire.DOTL_FASYNC,
  DIRECT: wire.DOTL_DIRECT,
  LARGEFILE: wire.DOTL_LARGEFILE,
  NOFOLLOW: wire.DOTL_NOFOLLOW,
  NOATIME: wire.DOTL_NOATIME,
  CLOEXEC: wire.DOTL_CLOEXEC,
  SYNC: wire.DOTL_SYNC,
}

export const openCases: readonly Case[] = [
  ...Object.entries(HARMLESS).map(([flag, bit]): Case => ({
    title: `${flag} is no reason to refuse an open, nor to read or write otherwise`,
    async run(pair) {
      await openPath(pair, 'file', 1, wire.DOTL_RDWR | bit)
      // An odd offset and length, which O_DIRECT would refuse.
      await pair.call('Twrite', { fid: 1, offset: 3, data: bytes('xyz') })
      expect(await read(pair, 1, 1, 7)).toBe('hexyzic')
    },
  })),
  {
    title: 'the access mode says what may be done; mode 3 lets nobody read or write',
    async run(pair) {
      const found = []
      for (const access of [wire.DOTL_RDONLY, wire.DOTL_WRONLY, wire.DOTL_RDWR, wire.DOTL_NOACCESS]) {
        await openPath(pair, 'file', 1, access)
        const [reading] = await outcomes(pair.send('Tread', { fid: 1, offset: 0, count: 3 }))
        const [writing] = await outcomes(pair.send('Twrite', { fid: 1, offset: 0, data: bytes('The') }))
        found.push([reading, writing])
        await pair.call('Tclunk', { fid: 1 })
      }
      expect(found).toEqual([
        ['Rread', 'EBADF'],
        ['EBADF', 'Rwrite'],
        ['Rread', 'Rwrite'],
        ['EBADF', 'EBADF'],
      ])
    },
  },
  {
    title: 'TRUNC empties a file, whatever the access mode',
    async run(pair) {
      for (const [path, access] of [
        ['file', wire.DOTL_RDWR],
        ['directory/inner', wire.DOTL_WRONLY],
        ['directory/nested/deep', wire.DOTL_RDONLY],
      ] as const) {
        expect(await open(pair, path, access | wire.DOTL_TRUNC)).toBe('Rlopen')
      }
      await openPath(pair, 'directory/nested/deep', 1, wire.DOTL_RDONLY)
      expect(await read(pair, 1)).toBe('')
    },
  },
  {
    title: 'APPEND writes at the end, whatever the offset',
    async run(pair) {
      await openPath(pair, 'file', 1, wire.DOTL_RDWR | wire.DOTL_APPEND)
      await pair.call('Twrite', { fid: 1, offset: 0, data: bytes('jumps') })
      expect(await read(pair, 1)).toBe('The quick brown fox\njumps')
    },
  },
  {
    title: 'DIRECTORY refuses a file',
    async run(pair) {
      expect(await open(pair, 'file', wire.DOTL_DIRECTORY)).toBe('ENOTDIR')
      expect(await open(pair, 'link', wire.DOTL_DIRECTORY)).toBe('ENOTDIR')
    },
  },
  {
    title: 'a directory opens with any flags, and keeps them from doing anything',
    async run(pair) {
      const flags = [0, wire.DOTL_WRONLY, wire.DOTL_RDWR, wire.DOTL_NOACCESS, wire.DOTL_TRUNC, wire.DOTL_CREATE]
      for (const flag of [...flags, wire.DOTL_APPEND, wire.DOTL_DIRECTORY, wire.DOTL_EXCL | wire.DOTL_CREATE]) {
        expect(await open(pair, 'directory', flag)).toBe('Rlopen')
      }
      await pair.walk('directory', 1)
      expect((await pair.call('Tlopen', { fid: 1, flags: wire.DOTL_RDWR })).iounit).toBe(0)
    },
  },
  {
    title: 'devices, fifos and sockets of the host are ENXIO, symlinks ELOOP',
    models: real,
    async run(pair) {
      for (const path of ['fifo', 'socket', 'null']) expect(await open(pair, path, wire.DOTL_RDWR)).toBe('ENXIO')
      for (const path of ['link', 'dangling']) expect(await open(pair, path, wire.DOTL_RDONLY)).toBe('ELOOP')
    },
  },
  {
    title: 'what a host process put into a mapped export is refused alike',
    models: mapped,
    plant(tree) {
      tree.symlink('host-link', 'file')
      tree.node('host-fifo', S_IFIFO | 0o644)
      tree.node('host-socket', S_IFSOCK | 0o644)
      tree.node('host-null', S_IFCHR | 0o666, 1, 3)
    },
    async run(pair) {
      for (const path of ['host-fifo', 'host-socket', 'host-null']) {
        expect(await open(pair, path, wire.DOTL_RDWR)).toBe('ENXIO')
      }
      expect(await open(pair, 'host-link', wire.DOTL_RDONLY)).toBe('ELOOP')
    },
  },
  {
    title: 'a fifo of the host with access mode 3 is refused by the kernel',
    models: real,
    async run(pair) {
      await pair.walk('fifo', 1)
      expect(await outcomes(pair.send('Tlopen', { fid: 1, flags: 3 }))).toEqual(['EINVAL', 'ENXIO'])
    },
  },
  ...(
    [
      ['link', 'ELOOP'],
      ['fifo', 'ENXIO'],
      ['socket', 'ENXIO'],
      ['null', 'ENXIO'],
    ] as const
  ).map(([path, refusal]): Case => ({
    title: `the file in which a mapped model keeps "${path}" is opened by QEMU alone`,
    models: mapped,
    async run(pair) {
      await pair.walk(path, 1)
      expect(await outcomes(pair.send('Tlopen', { fid: 1, flags: wire.DOTL_RDWR }))).toEqual(['Rlopen', refusal])
    },
  })),
  {
    title: 'Tlcreate makes a file, and its fid is that file, open',
    async run(pair) {
      await pair.walk('empty', 1)
      const { qid } = await pair.call('Tlcreate', create(1, 'a', wire.DOTL_RDWR, 0o711))
      expect(qid.type).toBe(wire.QID_FILE)
      await pair.call('Twrite', { fid: 1, offset: 0, data: bytes('made') })
      await pair.attach(9, 0)
      expect(await read(pair, await openPath(pair, 'empty/a', 2, wire.DOTL_RDONLY))).toBe('made')
      expect(await pair.refusal('Twalk', { fid: 1, newfid: 1, wnames: [] })).toBe('EINVAL')
    },
  },
  {
    title: 'a Tlcreate that fails leaves the fid where it was',
    async run(pair) {
      await pair.walk('', 1)
      expect(await pair.refusal('Tlcreate', create(1, 'file', wire.DOTL_RDWR | wire.DOTL_EXCL))).toBe('EEXIST')
      await pair.walk('file', 2, 1)
      await pair.call('Tlcreate', create(1, 'a', wire.DOTL_RDWR))
    },
  },
  {
    title: 'Tlcreate over a directory is EISDIR, with DIRECTORY EINVAL, below a file ENOTDIR',
    async run(pair) {
      await pair.walk('', 1)
      await pair.walk('file', 2)
      expect(await pair.refusal('Tlcreate', create(2, 'a', wire.DOTL_RDWR))).toBe('ENOTDIR')
      expect(await pair.refusal('Tlcreate', create(2, 'a', wire.DOTL_RDWR | wire.DOTL_DIRECTORY))).toBe('ENOTDIR')
      expect(await pair.refusal('Tlcreate', create(1, 'a', wire.DOTL_RDWR | wire.DOTL_DIRECTORY))).toBe('EINVAL')
      await pair.send('Tlcreate', create(1, 'directory', wire.DOTL_RDWR))
    },
  },
  {
    title: 'a created file stands for a regular one, whatever type its mode has',
    async run(pair) {
      await pair.walk('', 1)
      await pair.call('Tlcreate', { ...create(1, 'a', wire.DOTL_RDWR), mode: 0o644 })
      expect((await stat(pair, 1)).mode).toBe(file(0o644))
    },
  },
  {
    title: 'Tlcreate over a file gives it another owner and mode, with QEMU',
    async run(pair) {
      await pair.attach(4, 77)
      await pair.send('Tlcreate', create(4, 'other', wire.DOTL_RDWR, 0o640))
      expect(pair.diverged?.because).toBe('§8 row 4')
      const [qemu, ours] = await bothStat(pair, 4)
      expect([qemu.mode, ours.mode]).toEqual([file(0o640), file(0o600)])
    },
  },
  {
    title: 'Tlcreate over a mapped symlink makes a file of it, with QEMU',
    models: mapped,
    async run(pair) {
      await pair.walk('', 1)
      expect(await outcomes(pair.send('Tlcreate', create(1, 'link', wire.DOTL_RDWR)))).toEqual(['Rlcreate', 'ELOOP'])
    },
  },
  {
    title: 'Tlcreate over a real symlink is ELOOP',
    models: real,
    async run(pair) {
      await pair.walk('', 1)
      expect(await outcomes(pair.send('Tlcreate', create(1, 'link', wire.DOTL_RDWR)))).toEqual(['ELOOP', 'ELOOP'])
    },
  },
  ...[4096, 8192, 65_536, 131_072, 131_096, 262_144, 512_000].map((msize): Case => ({
    title: `iounit and blksize with an msize of ${msize}`,
    async run(pair) {
      await pair.begin(1000, msize)
      await pair.walk('file', 1)
      const { iounit } = await pair.call('Tlopen', { fid: 1, flags: 0 })
      expect(iounit).toBe(msize - 24 - ((msize - 24) % 4096) || msize - 24)
      expect((await stat(pair, 1)).blksize).toBe(iounit)
      await createFile(pair, 'a', 2)
      expect((await stat(pair, 0)).blksize).toBe(iounit)
    },
  })),
  {
    title: 'the blocks of a file that may not be read are not counted, and its generation is nobody’s to know',
    models: ['none'],
    as: 'unprivileged',
    async run(pair) {
      await pair.walk('', 1)
      const { qemu, ours } = await pair.send('Tlcreate', create(1, 'a', wire.DOTL_RDWR, 0))
      const units = [qemu, ours].map((reply) => reply.message === 'Rlcreate' && reply.body.iounit)
      expect(units).toEqual([8168, 4096])
    },
  },
  {
    title: 'without privilege, a directory that may not be searched hides its objects from QEMU',
    models: ['none'],
    as: 'unprivileged',
    async run(pair) {
      await pair.walk('directory/inner', 1)
      await pair.walk('directory', 2)
      await chmod(pair, 2, 0)
      expect(await outcomes(pair.send('Tgetattr', { fid: 1, requestMask: 0 }))).toEqual(['EACCES', 'Rgetattr'])
    },
  },
]
