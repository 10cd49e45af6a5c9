// Opening, creating, reading, writing and listing over the wire (reference §3.6 to §3.8).

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Errno } from '../../src/errors.js'
import type { Name } from '../../src/name.js'
import { injectFaults } from '../../src/sys/call.js'
import { type Dirent, readDirents } from '../../src/wire/dirents.js'
import { Exchange, type ExchangeOptions } from '../support/exchange.js'
import type { ViewedTree } from '../support/viewed-tree.js'

const furnish = (tree: ViewedTree): void => {
  tree.write('file', 'content')
  tree.mkdir('directory')
  tree.symlink('file', 'symlink')
  tree.mknod('fifo', 0o010644)
}

const start = (options: ExchangeOptions = {}): Promise<Exchange> => Exchange.attached({ furnish, ...options })
const read = async (exchange: Exchange, fid: number, offset = 0, count = 1000): Promise<string> =>
  Buffer.from((await exchange.call('Tread', { fid, offset, count })).data).toString('latin1')

describe('Tlopen', () => {
  it.each([
    ['symlink', 'ELOOP'],
    ['fifo', 'ENXIO'],
  ])('refuses a %s (%s), and the fid stays free to be used', async (path, errno) => {
    using exchange = await start()
    await exchange.walk(path, 1)
    expect(await exchange.refusal('Tlopen', { fid: 1, flags: 2 })).toBe(errno)
    expect(await exchange.refusal('Twalk', { fid: 1, newfid: 1, wnames: [] })).toBeUndefined()
  })

  it('opens a directory whatever the flags, with an iounit of 0', async () => {
    using exchange = await start()
    await exchange.walk('directory', 1)
    const { qid, iounit } = await exchange.call('Tlopen', { fid: 1, flags: 0o1302 })
    expect([qid.type, iounit]).toEqual([0x80, 0])
  })

  it('opens a file as no directory (ENOTDIR)', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    expect(await exchange.refusal('Tlopen', { fid: 1, flags: 0o200000 })).toBe('ENOTDIR')
  })

  it('ignores CREATE, EXCL, NOCTTY, NONBLOCK, FASYNC, DIRECT, LARGEFILE, NOFOLLOW and CLOEXEC', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 0o2_564_702 })
    expect(await read(exchange, 1)).toBe('content')
  })

  it('cuts with TRUNC and appends with APPEND', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 0o3001 })
    expect(statSync(exchange.tree.at('file')).size).toBe(0)
    for (const word of ['one', 'two']) await exchange.call('Twrite', { fid: 1, offset: 0, data: Buffer.from(word) })
    expect(readFileSync(exchange.tree.at('file'), 'latin1')).toBe('onetwo')
  })

  it.each([
    [131_072, 126_976],
    [131_096, 131_072],
    [262_144, 258_048],
    [4096, 4072],
  ])('an msize of %i gives an iounit of %i', async (msize, expected) => {
    using exchange = await start({ msize })
    await exchange.walk('file', 1)
    const { bsize } = exchange.tree.view.statfs(exchange.tree.node('file'))
    expect(bsize).toBe(4096)
    expect((await exchange.call('Tlopen', { fid: 1, flags: 0 })).iounit).toBe(expected)
    expect((await exchange.call('Tgetattr', { fid: 1, requestMask: 0 })).blksize).toBe(expected)
  })
})

it('where the host does not tell its block size, iounit is all that a message carries', async () => {
  using exchange = await start({ msize: 65_536 })
  await exchange.walk('file', 1)
  injectFaults((call) => (call === 'fstatfs' ? Errno.EIO : 0))
  try {
    expect((await exchange.call('Tlopen', { fid: 1, flags: 0 })).iounit).toBe(65_536 - 24)
  } finally {
    injectFaults(undefined)
  }
})

describe('Tlcreate', () => {
  const create = (exchange: Exchange, name: string, flags = 2, mode = 0o100640) =>
    exchange.call('Tlcreate', { fid: 1, name: name as Name, flags, mode, gid: 1001 as never })

  it('makes the fid the open file, and answers its qid and iounit', async () => {
    using exchange = await start({ msize: 65_536 })
    await exchange.walk('directory', 1)
    const { qid, iounit } = await create(exchange, 'new')
    const stat = await exchange.call('Tgetattr', { fid: 1, requestMask: 0 })
    expect(stat).toMatchObject({ qid: { type: 0, path: qid.path }, mode: 0o100640, uid: 1000, gid: 1001 })
    expect(iounit).toBe(61_440)
    await exchange.call('Twrite', { fid: 1, offset: 3, data: Buffer.from('x') })
    expect(await read(exchange, 1)).toBe('\0\0\0x')
  })

  it('leaves the fid the directory when it is refused', async () => {
    using exchange = await start()
    await exchange.walk('', 1)
    for (const [name, errno] of [
      ['directory', 'EISDIR'],
      ['symlink', 'ELOOP'],
      ['fifo', 'ENXIO'],
    ] as const) {
      await expect(create(exchange, name)).rejects.toThrow(errno)
    }
    await expect(create(exchange, 'file', 0o202)).rejects.toThrow('EEXIST')
    await exchange.walk('file', 2, 1)
    await expect(
      exchange.call('Tlcreate', { fid: 2, name: 'x' as Name, flags: 0, mode: 0, gid: 0 as never }),
    ).rejects.toThrow('ENOTDIR')
  })

  it('opens what exists, with its owner and mode as they were', async () => {
    using exchange = await start()
    await exchange.walk('', 1)
    await create(exchange, 'file', 2, 0o100777)
    expect(await read(exchange, 1)).toBe('content')
    expect(await exchange.call('Tgetattr', { fid: 1, requestMask: 0 })).toMatchObject({ mode: 0o100644, gid: 1001 })
  })
})

describe('Tread and Twrite', () => {
  it('keep every reply below msize, however much is asked for', async () => {
    using exchange = await start({ msize: 4096 })
    writeFileSync(exchange.tree.at('file'), Buffer.alloc(100_000, 0x61))
    await exchange.walk('file', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 0 })
    for (const count of [4072, 4085, 4096, 300_000, 0xffff_ffff]) {
      expect((await exchange.call('Tread', { fid: 1, offset: 0, count })).data).toHaveLength(4072)
    }
    expect((await exchange.call('Tread', { fid: 1, offset: 0, count: 0 })).data).toHaveLength(0)
  })

  it('end at the end: nothing there and beyond, and offsets of 2^63 and more are refused', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 2 })
    expect(await read(exchange, 1, 4)).toBe('ent')
    expect(await read(exchange, 1, 7)).toBe('')
    expect(await read(exchange, 1, Number.MAX_SAFE_INTEGER)).toBe('')
    expect(await exchange.refusal('Tread', { fid: 1, offset: -1, count: 1 })).toBe('EINVAL')
    expect(await exchange.refusal('Twrite', { fid: 1, offset: -1, data: Buffer.from('x') })).toBe('EINVAL')
    const tooFar = { fid: 1, offset: Number.MAX_SAFE_INTEGER, data: Buffer.from('x') }
    expect(await exchange.refusal('Twrite', tooFar)).toBe('EFBIG')
  })

  it('need the access that the file was opened with (EBADF)', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    await exchange.walk('file', 2)
    await exchange.call('Tlopen', { fid: 1, flags: 0 })
    await exchange.call('Tlopen', { fid: 2, flags: 1 })
    expect(await exchange.refusal('Twrite', { fid: 1, offset: 0, data: Buffer.from('x') })).toBe('EBADF')
    expect(await exchange.refusal('Tread', { fid: 2, offset: 0, count: 1 })).toBe('EBADF')
  })

  it('carry every byte', async () => {
    using exchange = await start({ msize: 65_536 })
    await exchange.walk('file', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 2 })
    const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * 7919) & 0xff))
    expect(await exchange.call('Twrite', { fid: 1, offset: 5, data: bytes })).toEqual({ count: 60_000 })
    expect(readFileSync(exchange.tree.at('file')).subarray(5).equals(bytes)).toBe(true)
    const { data } = await exchange.call('Tread', { fid: 1, offset: 5, count: 60_000 })
    expect(bytes.equals(data)).toBe(true)
  })

  it('a write of nothing writes nothing', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 2 })
    expect(await exchange.call('Twrite', { fid: 1, offset: 99, data: Buffer.alloc(0) })).toEqual({ count: 0 })
    expect(statSync(exchange.tree.at('file')).size).toBe(7)
  })

  it('a write by anybody but root takes the set-user-id bit off', async () => {
    const modeAfterWriteBy = async (nUname: number): Promise<number> => {
      using exchange = await Exchange.attached({ furnish }, nUname)
      exchange.tree.chmod('file', 0o4755)
      await exchange.walk('file', 1)
      await exchange.call('Tlopen', { fid: 1, flags: 1 })
      await exchange.call('Twrite', { fid: 1, offset: 0, data: Buffer.from('x') })
      return (await exchange.call('Tgetattr', { fid: 1, requestMask: 0 })).mode
    }
    expect(await modeAfterWriteBy(1000)).toBe(0o100755)
    expect(await modeAfterWriteBy(0xffff_ffff)).toBe(0o100755)
    expect(await modeAfterWriteBy(0)).toBe(0o104755)
  })
})

describe('Treaddir', () => {
  const listing = async (msize = 8192, entries = 0): Promise<Exchange> => {
    const exchange = await Exchange.attached({
      msize,
      furnish: (tree) => {
        furnish(tree)
        for (let index = 0; index < entries; index += 1) tree.mkdir(`entry-${index}`)
      },
    })
    await exchange.walk('', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 0 })
    return exchange
  }
  const list = async (exchange: Exchange, offset = 0n, count = 100_000): Promise<Dirent[]> =>
    readDirents((await exchange.call('Treaddir', { fid: 1, offset, count })).data)

  it('shows each entry’s type and qid as a walk would', async () => {
    using exchange = await listing()
    const entries = await list(exchange)
    expect(entries.map(({ name, type, qid }) => [name, type, qid.type]).sort()).toEqual([
      ['.', 4, 0x80],
      ['..', 4, 0x80],
      ['directory', 4, 0x80],
      ['fifo', 1, 0],
      ['file', 8, 0],
      ['symlink', 10, 0x02],
    ])
    for (const { name, qid } of entries) {
      expect((await exchange.call('Twalk', { fid: 0, newfid: 9, wnames: [name] })).wqids).toEqual([qid])
      await exchange.call('Tclunk', { fid: 9 })
    }
  })

  it('goes on from the offset of the last entry, and ends with an empty reply', async () => {
    using exchange = await listing(4096, 300)
    const seen: string[] = []
    let offset = 0n
    for (;;) {
      const entries = await list(exchange, offset)
      if (entries.length === 0) break
      seen.push(...entries.map(({ name }) => name))
      offset = entries.at(-1)!.offset
    }
    expect(seen).toHaveLength(306)
    expect(new Set(seen).size).toBe(306)
    expect(await list(exchange, offset)).toEqual([])
    expect((await list(exchange, 0n)).map(({ name }) => name)).toEqual(seen.slice(0, (await list(exchange, 0n)).length))
  })

  it('is refused (EINVAL) when not even one entry fits: an empty reply would be the end', async () => {
    using exchange = await listing()
    for (const count of [0, 1, 24]) {
      expect(await exchange.refusal('Treaddir', { fid: 1, offset: 0n, count })).toBe('EINVAL')
    }
    expect(await exchange.refusal('Treaddir', { fid: 1, offset: 0n, count: 24 + 'directory'.length })).toBeUndefined()
  })

  it('refuses an offset of 2^63 and more (EINVAL), and goes on afterwards', async () => {
    using exchange = await listing()
    for (const offset of [1n << 63n, (1n << 64n) - 1n]) {
      expect(await exchange.refusal('Treaddir', { fid: 1, offset, count: 1000 })).toBe('EINVAL')
    }
    expect(await list(exchange)).toHaveLength(6)
  })
})
