// Reading, writing, syncing (reference §3.7), and listing (§3.8).

import { expect } from 'vitest'
import * as wire from '../../../src/wire/constants.js'
import { readDirents } from '../../../src/wire/dirents.js'
import {
  bytes,
  type Case,
  change,
  chmod,
  createFile,
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

const openDirectory = (pair: Pair, path: string, fid: number): Promise<number> => openPath(pair, path, fid, 0)

export const contentCases: readonly Case[] = [
  {
    title: 'a read ends with the file, and behind it there is nothing',
    async run(pair) {
      await openPath(pair, 'file', 1)
      expect(await read(pair, 1, 4, 5)).toBe('quick')
      expect(await read(pair, 1, 16, 4000)).toBe('fox\n')
      for (const offset of [20, 21, 4096, 2 ** 40, 2 ** 62]) expect(await read(pair, 1, offset)).toBe('')
      expect(await read(pair, 1, 0, 0)).toBe('')
    },
  },
  {
    title: 'an offset of 2^63 or more is refused',
    async run(pair) {
      await openPath(pair, 'file', 1)
      expect(await pair.refusal('Tread', { fid: 1, offset: 2 ** 63, count: 1 })).toBe('EINVAL')
      expect(await pair.refusal('Twrite', { fid: 1, offset: 2 ** 63, data: bytes('x') })).toBe('EINVAL')
    },
  },
  {
    title: 'an offset of 2^63 or more is refused by us before the fid is looked at',
    async run(pair) {
      await openDirectory(pair, 'directory', 1)
      const body = { fid: 1, offset: 2 ** 63, count: 1 }
      expect(await outcomes(pair.send('Tread', body))).toEqual(['EOPNOTSUPP', 'EINVAL'])
    },
  },
  {
    title: 'an offset that no file reaches is EFBIG to write at',
    async run(pair) {
      await openPath(pair, 'file', 1)
      expect(await pair.refusal('Twrite', { fid: 1, offset: 2 ** 62, data: bytes('x') })).toBe('EFBIG')
    },
  },
  {
    title: 'a write that is refused leaves the set-id bits',
    async run(pair) {
      await openPath(pair, 'setid', 1)
      expect(await pair.refusal('Twrite', { fid: 1, offset: 2 ** 62, data: bytes('x') })).toBe('EFBIG')
      await pair.call('Twrite', { fid: 1, offset: 0, data: bytes('') })
      expect((await stat(pair, 1)).mode & 0o7777).toBe(0o6755)
    },
  },
  {
    title: 'root’s write leaves the set-id bits',
    async run(pair) {
      await pair.attach(4, 0)
      await pair.walk('setid', 1, 4)
      await pair.call('Tlopen', { fid: 1, flags: wire.DOTL_RDWR })
      await pair.call('Twrite', { fid: 1, offset: 0, data: bytes('x') })
      expect((await stat(pair, 1)).mode & 0o7777).toBe(0o6755)
    },
  },
  {
    title: 'a non-owner’s write takes the set-id bits off, with us',
    async run(pair) {
      await openPath(pair, 'setid', 1)
      await pair.send('Twrite', { fid: 1, offset: 0, data: bytes('x') })
      expect(pair.diverged?.because).toBe('§8 row 35')
      const { qemu, ours } = await pair.look('Tgetattr', { fid: 1, requestMask: 0 })
      const modes = [qemu, ours].map((reply) => reply.message === 'Rgetattr' && reply.body.mode & 0o7777)
      expect(modes).toEqual([0o6755, 0o755])
    },
  },
  {
    title: 'a write behind the end leaves a hole of zeros',
    async run(pair) {
      await createFile(pair, 'a', 1)
      expect((await pair.call('Twrite', { fid: 1, offset: 10_000, data: bytes('end') })).count).toBe(3)
      expect(await read(pair, 1, 9998, 10)).toBe('\0\0end')
      const { size, blocks } = await stat(pair, 1)
      expect([size, blocks <= 16]).toEqual([10_003, true])
    },
  },
  {
    title: 'a write of nothing is one of 0 bytes, also behind the end',
    async run(pair) {
      await openPath(pair, 'file', 1)
      for (const offset of [0, 100]) {
        expect((await pair.call('Twrite', { fid: 1, offset, data: bytes('') })).count).toBe(0)
      }
      expect((await stat(pair, 1)).size).toBe(20)
    },
  },
  {
    title: 'large reads and writes are whole, up to msize less the header',
    async run(pair) {
      await pair.begin(1000, 131_072)
      await createFile(pair, 'a', 1)
      const most = 131_072 - 24
      const data = Buffer.alloc(most, 'virtfs ')
      expect((await pair.call('Twrite', { fid: 1, offset: 0, data })).count).toBe(most)
      expect(Buffer.from((await pair.call('Tread', { fid: 1, offset: 0, count: most })).data).equals(data)).toBe(true)
    },
  },
  {
    title: 'a read of more than fits msize is whole with QEMU, and cut by us',
    plant: (tree) => tree.hole('hole', 30_000),
    async run(pair) {
      await openPath(pair, 'hole', 1)
      const { qemu, ours } = await pair.send('Tread', { fid: 1, offset: 0, count: 30_000 })
      const counts = [qemu, ours].map((reply) => reply.message === 'Rread' && reply.body.data.length)
      expect(counts).toEqual([30_000, 8168])
    },
  },
  {
    title: 'a directory is not read as a file in 9P2000.L, and not written',
    async run(pair) {
      await openDirectory(pair, 'directory', 1)
      expect(await pair.refusal('Tread', { fid: 1, offset: 0, count: 100 })).toBe('EOPNOTSUPP')
      expect(await pair.refusal('Twrite', { fid: 1, offset: 0, data: bytes('x') })).toBe('EINVAL')
    },
  },
  {
    title: 'Tfsync works on files and directories, whole or data only',
    async run(pair) {
      await openPath(pair, 'file', 1)
      await openDirectory(pair, 'directory', 2)
      for (const fid of [1, 2]) for (const datasync of [0, 1, 7]) await pair.call('Tfsync', { fid, datasync })
    },
  },
  {
    title: 'Tfsync of what is not open is EINVAL',
    async run(pair) {
      await pair.walk('file', 1)
      expect(await pair.refusal('Tfsync', { fid: 1, datasync: 0 })).toBe('EINVAL')
    },
  },
  {
    title: 'a listing has ".", "..", and every name once; types are the host’s',
    models: real,
    async run(pair) {
      await openDirectory(pair, '', 1)
      await pair.call('Treaddir', { fid: 1, offset: 0n, count: 8000 })
      await openDirectory(pair, 'directory', 2)
      await pair.call('Treaddir', { fid: 2, offset: 0n, count: 8000 })
    },
  },
  {
    title: 'a listing has ".", "..", and every name once; QEMU gives no types, and we the guest’s',
    models: mapped,
    async run(pair) {
      await openDirectory(pair, '', 1)
      const { qemu, ours } = await pair.send('Treaddir', { fid: 1, offset: 0n, count: 8000 })
      const [theirs, own] = [qemu, ours].map((reply) =>
        reply.message === 'Rreaddir' ? readDirents(reply.body.data) : [],
      )
      const typeOf = (entries: typeof theirs, text: string): unknown =>
        entries?.find((entry) => entry.name === text)?.type
      expect(['link', 'fifo', 'directory'].map((text) => typeOf(theirs, text))).toEqual([0, 0, 0])
      expect(['link', 'fifo', 'directory'].map((text) => typeOf(own, text))).toEqual([10, 1, 4])
    },
  },
  {
    title: 'a listing in small pieces has every name once',
    async run(pair) {
      await pair.walk('empty', 1)
      for (let index = 0; index < 40; index += 1) {
        await pair.call('Tmkdir', { dfid: 1, name: name(`entry-${index}`), mode: 0o755, gid: GID })
      }
      await pair.call('Tlopen', { fid: 1, flags: 0 })
      for (const count of [300, 500, 8000]) await pair.call('Treaddir', { fid: 1, offset: 0n, count })
    },
  },
  {
    title: 'a count beyond msize is cut to what fits',
    async run(pair) {
      await openDirectory(pair, '', 1)
      await pair.call('Treaddir', { fid: 1, offset: 0n, count: 1 << 20 })
    },
  },
  ...[0, 1, 24].map((count): Case => ({
    title: `a count of ${count} is too small for any entry: the end to QEMU, EINVAL to us`,
    async run(pair) {
      await openDirectory(pair, 'directory', 1)
      expect(await outcomes(pair.send('Treaddir', { fid: 1, offset: 0n, count }))).toEqual(['Rreaddir', 'EINVAL'])
    },
  })),
  {
    title: 'a negative position is EPERM to QEMU if it is -1, and else something that the host never gave',
    async run(pair) {
      for (const [offset, qemus] of [
        [1n << 63n, 'Rreaddir'],
        [(1n << 64n) - 1n, 'EPERM'],
      ] as const) {
        await openDirectory(pair, 'directory', 1)
        expect(await outcomes(pair.send('Treaddir', { fid: 1, offset, count: 4096 }))).toEqual([qemus, 'EINVAL'])
        await pair.call('Tclunk', { fid: 1 })
      }
    },
  },
  {
    title: 'offset 0 begins anew, with what was made and removed since',
    async run(pair) {
      await openDirectory(pair, 'directory', 1)
      await pair.call('Treaddir', { fid: 1, offset: 0n, count: 4096 })
      await pair.walk('directory', 2)
      await pair.call('Tmkdir', { dfid: 2, name: name('a'), mode: 0o755, gid: GID })
      await pair.call('Tunlinkat', { dirfid: 2, name: name('inner'), flags: 0 })
      await pair.call('Treaddir', { fid: 1, offset: 0n, count: 4096 })
    },
  },
  {
    title: 'a removed directory that is open has no entries',
    async run(pair) {
      await pair.call('Tmkdir', { dfid: 0, name: name('a'), mode: 0o755, gid: GID })
      await openDirectory(pair, 'a', 1)
      await pair.call('Tunlinkat', { dirfid: 0, name: name('a'), flags: wire.AT_REMOVEDIR })
      expect((await pair.call('Treaddir', { fid: 1, offset: 0n, count: 4096 })).data).toHaveLength(0)
    },
  },
  {
    title: 'without privilege, a directory that may not be searched is listed by QEMU alone',
    models: ['none'],
    as: 'unprivileged',
    async run(pair) {
      await openDirectory(pair, 'directory', 1)
      await chmod(pair, 1, 0o444)
      const body = { fid: 1, offset: 0n, count: 4096 }
      expect(await outcomes(pair.send('Treaddir', body))).toEqual(['Rreaddir', 'EACCES'])
    },
  },
  {
    title: 'records are not listed',
    models: ['mapped-file'],
    async run(pair) {
      await pair.call('Tsetattr', change(0, { uid: 5 }))
      await openDirectory(pair, '', 1)
      const { data } = await pair.call('Treaddir', { fid: 1, offset: 0n, count: 8000 })
      expect(readDirents(data).filter((entry) => entry.name.startsWith('.virtfs'))).toEqual([])
    },
  },
]
