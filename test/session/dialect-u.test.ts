// 9P2000.u over the wire (reference §3.16, §3.18; §8 rows 13 and 31): what it does otherwise than 9P2000.L, and QEMU's
// bugs in it that are not ours.

import { execFileSync } from 'node:child_process'
import { lstatSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { guestGid, guestUid } from '../../src/ids.js'
import type { Name } from '../../src/name.js'
import { errorText } from '../../src/sys/error-text.js'
import { encodeFrame } from '../../src/wire/codec.js'
import * as dm from '../../src/wire/constants.js'
import { NO_CHANGE, readStatRecords, type StatChange, type StatRecord, statRecord } from '../../src/wire/stat.js'
import { nothingIsCached } from '../support/pool.js'
import { Exchange, type ExchangeOptions } from '../support/exchange.js'
import type { ViewedTree } from '../support/viewed-tree.js'

const furnish = (tree: ViewedTree): void => {
  tree.write('file', 'content', 0o4640)
  tree.mkdir('directory', 0o2750)
  tree.write('directory/inside', '')
  tree.symlink('somewhere', 'symlink')
  tree.mknod('fifo', 0o010644)
  tree.mknod('socket', 0o140755)
  tree.mknod('char', 0o020644, { major: 1, minor: 3 })
  tree.mknod('block', 0o060660, { major: 253, minor: 300 })
}

const start = (options: ExchangeOptions = {}): Promise<Exchange> =>
  Exchange.attached({ version: '9P2000.u', furnish, ...options })

const statOf = async (exchange: Exchange, path: string): Promise<StatRecord> => {
  await exchange.walk(path, 99)
  const { stat } = await exchange.call('Tstat', { fid: 99 })
  await exchange.call('Tclunk', { fid: 99 })
  return stat
}

const create = (exchange: Exchange, name: string, perm: number, { mode = 2, extension = '', fid = 1 } = {}) =>
  exchange.call('Tcreate', { fid, name: name as Name, perm, mode, extension })

const change = async (exchange: Exchange, path: string, wanted: Partial<StatChange>): Promise<string | undefined> => {
  await exchange.walk(path, 98)
  const refusal = await exchange.refusal('Twstat', { fid: 98, stat: { ...NO_CHANGE, ...wanted } })
  await exchange.call('Tclunk', { fid: 98 })
  return refusal
}

/** All records of an open directory, read in pieces of `count` bytes. */
async function list(exchange: Exchange, fid: number, count = 1000): Promise<StatRecord[]> {
  const records: StatRecord[] = []
  for (let offset = 0; ;) {
    const { data } = await exchange.call('Tread', { fid, offset, count })
    if (data.length === 0) return records
    records.push(...readStatRecords(data))
    offset += data.length
  }
}

describe('errors', () => {
  it('are Rerror, with the text that the C library has and the number', async () => {
    using exchange = await start()
    const reply = exchange.replyTo(7)
    exchange.send('Twalk', { fid: 0, newfid: 1, wnames: ['absent' as Name] }, 7)
    expect(await reply).toEqual({
      tag: 7,
      message: 'Rerror',
      body: { ename: 'No such file or directory', errno: 2 },
    })
  })

  it('have texts that fit what Linux reads them into: 128 bytes', () => {
    for (let errno = 0; errno < 512; errno += 1) {
      const frame = encodeFrame(1, 'Rerror', { ename: errorText(errno), errno })
      expect(frame.length).toBeLessThanOrEqual(7 + 2 + 128 + 4)
    }
  })

  it('are so before any Tversion, and later in the words of the last dialect that was asked for', async () => {
    using exchange = new Exchange()
    const refused = async (): Promise<unknown> => {
      const reply = exchange.replyTo(7)
      exchange.send('Tclunk', { fid: 0 }, 7)
      return (await reply).message
    }
    expect(await refused()).toBe('Rerror')
    await exchange.call('Tversion', { msize: 8192, version: '9P2000.L' })
    expect(await refused()).toBe('Rlerror')
    await exchange.call('Tversion', { msize: 8192, version: '9P2000' })
    expect(await refused()).toBe('Rlerror')
    const reply = exchange.replyTo(7)
    exchange.send('Tversion', { msize: 100, version: '9P2000.u' }, 7)
    expect((await reply).message).toBe('Rerror')
    expect(await refused()).toBe('Rerror')
  })
})

describe('Tstat', () => {
  it.each([
    ['file', dm.DMSETUID | 0o640, 'HARDLINKCOUNT 1', 7],
    ['directory', (dm.DMDIR | dm.DMSETGID | 0o750) >>> 0, 'HARDLINKCOUNT 2', undefined],
    ['symlink', dm.DMSYMLINK | 0o777, 'somewhere', 9],
    ['fifo', dm.DMNAMEDPIPE | 0o644, '', 0],
    ['socket', dm.DMSOCKET | 0o755, '', 0],
    ['char', dm.DMDEVICE | 0o644, 'c 1 3', 0],
    ['block', dm.DMDEVICE | 0o660, 'b 253 300', 0],
  ])('shows a %s', async (path, mode, extension, length) => {
    using exchange = await start()
    const { mtimeMs } = statSync(exchange.tree.at(path))
    const stat = await statOf(exchange, path)
    expect(stat).toMatchObject({
      ...{ type: 0, dev: 0, name: path, uid: '', gid: '', muid: '', nUid: 1000, nGid: 1001, nMuid: 0 },
      ...{ mode, extension, mtime: Math.floor(mtimeMs / 1000) },
      ...(length === undefined ? {} : { length }),
    })
    expect(stat.qid).toEqual(
      (await exchange.call('Tgetattr', { fid: await exchange.walk(path, 1), requestMask: 0 })).qid,
    )
  })

  it('shows a directory with the length that the host has for it', async () => {
    using exchange = await start()
    const { size } = statSync(exchange.tree.at('directory'))
    expect((await statOf(exchange, 'directory')).length).toBe(size)
    expect(size).toBeGreaterThan(0)
  })

  it('calls the root "."', async () => {
    using exchange = await start()
    expect((await statOf(exchange, '')).name).toBe('.')
  })

  it('counts its own bytes twice: in the message and in the record', async () => {
    using exchange = await start()
    await exchange.walk('symlink', 1)
    const { stat } = await exchange.call('Tstat', { fid: 1 })
    const frame = encodeFrame(1, 'Rstat', { stat })
    const record = 2 + 2 + 4 + 13 + 4 + 4 + 4 + 8 + (2 + 7) + 2 + 2 + 2 + (2 + 9) + 4 + 4 + 4
    expect([frame.readUInt16LE(7), frame.readUInt16LE(9)]).toEqual([record, record - 2])
  })

  it('of a symlink is an access to it, since readlink(2) asks so, and so is its record in a directory', async () => {
    using exchange = await start()
    const path = exchange.tree.at('symlink')
    const atime = (): number => lstatSync(path).atimeMs
    const isMovedBy = async (ask: () => Promise<unknown>): Promise<boolean> => {
      // Older than the modification: hosts move no others on every access (relatime).
      utimesSync(path, 1000, 2000)
      await ask()
      return atime() > 1_000_000
    }
    await exchange.walk('', 1)
    await exchange.call('Topen', { fid: 1, mode: 0 })
    expect(await isMovedBy(() => statOf(exchange, 'symlink'))).toBe(true)
    expect(await isMovedBy(() => list(exchange, 1))).toBe(true)
    expect(await isMovedBy(() => exchange.walk('symlink', 2))).toBe(false)
  })

  it.each([8192, 131_072])(
    'refuses a target that leaves no room in the 8192 bytes that Linux has for the reply (ENAMETOOLONG), msize %i',
    async (msize) => {
      // What is left beside the fixed fields of the record and the name.
      const most = 8168 - (2 + 61) - 'fits'.length
      const furnishLong = (tree: ViewedTree): void => {
        tree.symlink('t'.repeat(most), 'fits')
        tree.symlink('t'.repeat(most + 1), 'long')
      }
      using exchange = await start({ furnish: furnishLong, msize })
      expect((await statOf(exchange, 'fits')).extension).toHaveLength(most)
      await exchange.walk('long', 1)
      expect(await exchange.refusal('Tstat', { fid: 1 })).toBe('ENAMETOOLONG')
    },
  )
})

describe('Topen', () => {
  it.each([
    ['OREAD', 0, 'content', 'EBADF'],
    ['OWRITE', 1, 'EBADF', undefined],
    ['ORDWR', 2, 'content', undefined],
    ['OEXEC', 3, 'content', 'EBADF'],
    ['bits without a meaning', 0x64, 'content', 'EBADF'],
  ])('with %s', async (_name, mode, read, written) => {
    using exchange = await start()
    await exchange.walk('file', 1)
    expect((await exchange.call('Topen', { fid: 1, mode })).iounit).toBe(4096)
    const got = await exchange.call('Tread', { fid: 1, offset: 0, count: 100 }).then(
      ({ data }) => Buffer.from(data).toString(),
      (refusal: { code: string }) => refusal.code,
    )
    expect(got).toBe(read)
    expect(await exchange.refusal('Twrite', { fid: 1, offset: 0, data: Buffer.from('x') })).toBe(written)
  })

  it('cuts with OTRUNC and appends with OAPPEND', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    await exchange.call('Topen', { fid: 1, mode: 0x91 })
    expect(statSync(exchange.tree.at('file')).size).toBe(0)
    for (const word of ['one', 'two']) await exchange.call('Twrite', { fid: 1, offset: 0, data: Buffer.from(word) })
    expect(readFileSync(exchange.tree.at('file'), 'latin1')).toBe('onetwo')
  })

  it('of a read-only export refuses whatever could change the file, OTRUNC with read access included', async () => {
    using exchange = await start({ isReadOnly: true })
    for (const mode of [1, 2, 0x10, 0x13, 0x80, 0x90]) {
      await exchange.walk('file', 1)
      expect([mode, await exchange.refusal('Topen', { fid: 1, mode })]).toEqual([mode, 'EROFS'])
      await exchange.call('Tclunk', { fid: 1 })
    }
    expect(readFileSync(exchange.tree.at('file'), 'latin1')).toBe('content')
    expect((await statOf(exchange, 'file')).length).toBe(7)
    expect(await change(exchange, 'file', { mode: 0 })).toBe('EROFS')
    await exchange.walk('', 1)
    expect(await exchange.refusal('Tcreate', { fid: 1, name: 'n' as Name, perm: 0, mode: 0, extension: '' })).toBe(
      'EROFS',
    )
  })
})

describe('Tcreate', () => {
  it('of a file makes the fid that open file, owned as attached, its set-id bits kept and its group not stored', async () => {
    using exchange = await start()
    await exchange.walk('', 1)
    const { qid, iounit } = await create(exchange, 'new', dm.DMSETUID | dm.DMSETVTX | 0o751)
    expect([qid.type, iounit]).toEqual([0, 4096])
    await exchange.call('Twrite', { fid: 1, offset: 0, data: Buffer.from('written') })
    expect((await exchange.call('Tstat', { fid: 1 })).stat).toMatchObject({
      ...{ name: 'new', mode: dm.DMSETVTX | 0o751, length: 7, nUid: 1000 },
    })
    const attributes = execFileSync('getfattr', [
      '-d',
      '-m',
      'user.virtfs',
      '-e',
      'hex',
      exchange.tree.at('new').toString(),
    ])
    expect(attributes.toString('latin1').match(/^user\S+/gm)).toEqual([
      'user.virtfs.mode=0xe9830000',
      'user.virtfs.uid=0xe8030000',
    ])
  })

  it.each([
    ['a file', 0o4711, 0o104711],
    ['a directory', dm.DMDIR + 0o4711, 0o040711],
  ])('takes octal set-id bits for %s as QEMU does: of files alone', async (_what, perm, mode) => {
    using exchange = await start()
    await exchange.walk('', 1)
    await create(exchange, 'new', perm, { mode: 0 })
    expect(exchange.tree.stat('new').mode).toBe(mode)
  })

  it('without OEXCL opens a file that is there and leaves its owner and mode; with it, EEXIST', async () => {
    using exchange = await start()
    await exchange.walk('', 1)
    await create(exchange, 'file', 0o777)
    expect(await statOf(exchange, 'file')).toMatchObject({ mode: dm.DMSETUID | 0o640, length: 7 })
    await exchange.walk('', 2)
    await expect(create(exchange, 'file', 0o777, { mode: 4, fid: 2 })).rejects.toThrow('EEXIST')
  })

  it('of a directory makes the fid that open directory', async () => {
    using exchange = await start()
    await exchange.walk('', 1)
    const { qid, iounit } = await create(exchange, 'new', (dm.DMDIR | dm.DMSETGID | 0o770) >>> 0, { mode: 0 })
    expect([qid.type, iounit]).toEqual([0x80, 4096])
    expect((await list(exchange, 1)).map(({ name }) => name).sort()).toEqual(['.', '..'])
    expect((await statOf(exchange, 'new')).mode).toBe((dm.DMDIR | dm.DMSETGID | 0o770) >>> 0)
  })

  it.each([
    ['a symlink', dm.DMSYMLINK, 'over there', dm.DMSYMLINK | 0o777, 'over there'],
    ['a char device', dm.DMDEVICE | 0o640, 'c 5 7', dm.DMDEVICE | 0o640, 'c 5 7'],
    ['a block device', dm.DMDEVICE | 0o640, 'b 4095 1048575\n', dm.DMDEVICE | 0o640, 'b 4095 1048575'],
    ['a fifo', dm.DMNAMEDPIPE | 0o600, '', dm.DMNAMEDPIPE | 0o600, ''],
    ['a socket', dm.DMSOCKET | 0o700, '', dm.DMSOCKET | 0o700, ''],
  ])('of %s makes the fid that object, not open', async (_what, perm, extension, mode, shown) => {
    using exchange = await start()
    await exchange.walk('directory', 1)
    await create(exchange, 'new', perm, { extension, mode: 0 })
    expect((await exchange.call('Tstat', { fid: 1 })).stat).toMatchObject({ name: 'new', mode, extension: shown })
    expect(await exchange.refusal('Tread', { fid: 1, offset: 0, count: 1 })).toBe('EINVAL')
    expect(await statOf(exchange, 'directory/new')).toMatchObject({ mode, extension: shown, nUid: 1000 })
  })

  it('of a hard link takes the number of a fid, as Linux writes it', async () => {
    using exchange = await start()
    await exchange.walk('file', 5)
    await exchange.walk('directory', 1)
    const { qid } = await create(exchange, 'again', dm.DMLINK, { extension: '5\n', mode: 0 })
    // The fid is the link now, not open.
    expect((await exchange.call('Tstat', { fid: 1 })).stat).toMatchObject({ qid, name: 'again' })
    expect(await exchange.refusal('Tread', { fid: 1, offset: 0, count: 1 })).toBe('EINVAL')
    expect(await statOf(exchange, 'directory/again')).toMatchObject({ qid, extension: 'HARDLINKCOUNT 2', length: 7 })
    expect((await statOf(exchange, 'file')).qid).toEqual(qid)
  })

  it.each([
    ['an unknown fid', dm.DMLINK, '77', 'EINVAL'],
    ['no number', dm.DMLINK, 'x', 'EINVAL'],
    ['an unknown letter', dm.DMDEVICE, 'd 1 2', 'EIO'],
    ['no device at all', dm.DMDEVICE, '', 'EINVAL'],
    ['half a device', dm.DMDEVICE, 'b 1', 'EINVAL'],
  ])('with %s is refused, in words (QEMU sends nothing), and makes nothing', async (_what, perm, extension, errno) => {
    using exchange = await start()
    await exchange.walk('', 1)
    await expect(create(exchange, 'new', perm, { extension })).rejects.toThrow(errno)
    expect(exchange.tree.names('')).not.toContain('new')
    expect(await exchange.refusal('Tstat', { fid: 1 })).toBeUndefined()
  })

  it('on an open fid is refused (EINVAL)', async () => {
    using exchange = await start()
    await exchange.walk('', 1)
    await exchange.call('Topen', { fid: 1, mode: 0 })
    await expect(create(exchange, 'new', 0o644)).rejects.toThrow('EINVAL')
  })

  it('of something that cannot be made leaves the fid as it was', async () => {
    using exchange = await start()
    await exchange.walk('', 1)
    await expect(create(exchange, 'file', dm.DMDIR)).rejects.toThrow('EEXIST')
    expect((await exchange.call('Tstat', { fid: 1 })).stat.name).toBe('.')
  })
})

describe('Twstat', () => {
  it('changes permissions, and never what an object is (QEMU makes a block device of a char device)', async () => {
    using exchange = await start()
    expect(await change(exchange, 'char', { mode: dm.DMDEVICE | dm.DMSETVTX | 0o600 })).toBeUndefined()
    expect(await statOf(exchange, 'char')).toMatchObject({
      mode: dm.DMDEVICE | dm.DMSETVTX | 0o600,
      extension: 'c 1 3',
    })
    for (const mode of [dm.DMDIR, dm.DMSYMLINK, dm.DMDEVICE | dm.DMLINK, 0o600]) {
      expect(await change(exchange, 'char', { mode: mode >>> 0 })).toBe('EIO')
    }
    expect(await change(exchange, 'file', { mode: dm.DMSETUID | dm.DMSETGID | 0o711 })).toBeUndefined()
    expect(exchange.tree.stat('file').mode).toBe(0o106711)
  })

  it('sets times in seconds, each on its own', async () => {
    using exchange = await start()
    await change(exchange, 'file', { atime: 1000, mtime: 2000 })
    await change(exchange, 'file', { mtime: 3000 })
    expect(await statOf(exchange, 'file')).toMatchObject({ atime: 1000, mtime: 3000 })
  })

  it('sets owner and group, each on its own', async () => {
    using exchange = await start()
    await change(exchange, 'file', { nUid: guestUid(7) })
    await change(exchange, 'file', { nGid: guestGid(0) })
    expect(await statOf(exchange, 'file')).toMatchObject({ nUid: 7, nGid: 0 })
  })

  it('does not look at the names of users and groups, nor at what only servers know', async () => {
    using exchange = await start()
    const before = await statOf(exchange, 'file')
    const names = { uid: 'root', gid: 'wheel', muid: 'root', nMuid: 7, type: 1, dev: 2, extension: 'b 1 1' }
    expect(await change(exchange, 'file', { ...names, nGid: guestGid(5) })).toBeUndefined()
    expect(await statOf(exchange, 'file')).toEqual({ ...before, nGid: 5 })
  })

  it('sets the length', async () => {
    using exchange = await start()
    expect(await change(exchange, 'file', { length: 3 })).toBeUndefined()
    expect(readFileSync(exchange.tree.at('file'), 'latin1')).toBe('con')
    expect(await change(exchange, 'file', { length: -2 })).toBe('EINVAL')
    expect(await change(exchange, 'directory', { length: 3 })).toBe('EISDIR')
  })

  it('renames within the directory, over what is there', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    expect(await change(exchange, 'file', { name: 'fifo' as Name })).toBeUndefined()
    expect((await exchange.call('Tstat', { fid: 1 })).stat.name).toBe('fifo')
    expect(exchange.tree.names('')).toEqual(['block', 'char', 'directory', 'fifo', 'socket', 'symlink'])
    expect(await statOf(exchange, 'fifo')).toMatchObject({ length: 7 })
    expect(await change(exchange, '', { name: 'top' as Name })).toBe('EBUSY')
  })

  it.each(['a/b', '/', '..', '.'])('refuses the name %j (QEMU aborts, or lets the host decide)', async (name) => {
    using exchange = await start()
    expect(await change(exchange, 'file', { name: name as Name })).toBe(name.includes('/') ? 'ENOENT' : 'EBUSY')
    expect(exchange.tree.names('')).toContain('file')
  })

  it('that asks for nothing syncs, and is answered (QEMU sends nothing)', async () => {
    using cache = nothingIsCached()
    void cache
    using exchange = await start()
    for (const path of ['file', 'directory']) {
      await exchange.walk(path, 1)
      expect(await exchange.call('Twstat', { fid: 1, stat: NO_CHANGE })).toEqual({})
      await exchange.call('Topen', { fid: 1, mode: 0 })
      expect(await exchange.call('Twstat', { fid: 1, stat: NO_CHANGE })).toEqual({})
      await exchange.call('Tclunk', { fid: 1 })
    }
    expect(exchange.tree.budget.inUse).toBe(2)
  })
})

describe('a directory', () => {
  it.each([200, 300, 8000])('is read as whole records, %i bytes at a time', async (count) => {
    using exchange = await start()
    await exchange.walk('', 1)
    await exchange.call('Topen', { fid: 1, mode: 0 })
    const records = await list(exchange, 1, count)
    expect(records.map(({ name }) => name).sort()).toEqual(['.', '..', ...exchange.tree.names('')].sort())
    for (const record of records.filter(({ name }) => !name.startsWith('.'))) {
      expect(record).toEqual(await statOf(exchange, record.name))
    }
    expect(records.find(({ name }) => name === '..')?.qid).toEqual(records.find(({ name }) => name === '.')?.qid)
    // Offset 0 begins anew.
    expect(await list(exchange, 1, 8000)).toHaveLength(records.length)
  })

  it('answers a count that holds no record with nothing, as Linux needs it, and goes on', async () => {
    using exchange = await start()
    await exchange.walk('', 1)
    await exchange.call('Topen', { fid: 1, mode: 0 })
    expect((await exchange.call('Tread', { fid: 1, offset: 0, count: 50 })).data).toHaveLength(0)
    expect(await list(exchange, 1)).toHaveLength(9)
  })

  it('is read from any position that was reached before', async () => {
    using exchange = await start()
    await exchange.walk('', 1)
    await exchange.call('Topen', { fid: 1, mode: 0 })
    const records = await list(exchange, 1)
    for (const first of [3, 0, 8, 5]) {
      const offset = records.slice(0, first).reduce((sum, record) => sum + statRecord.size(record), 0)
      const { data } = await exchange.call('Tread', { fid: 1, offset, count: 1000 })
      const read = readStatRecords(data)
      expect(read).toEqual(records.slice(first, first + read.length))
      expect(read.length).toBeGreaterThan(0)
    }
  })

  it('is not read by Treaddir (EOPNOTSUPP)', async () => {
    using exchange = await start()
    await exchange.walk('', 1)
    await exchange.call('Topen', { fid: 1, mode: 0 })
    expect(await exchange.refusal('Treaddir', { fid: 1, offset: 0n, count: 1000 })).toBe('EOPNOTSUPP')
  })

  it.each([4096, 1 << 17])('shows a symlink whose target fits no message of %i bytes, without it', async (msize) => {
    const long = (tree: ViewedTree): void => void tree.symlink('t'.repeat(Math.min(msize, 65_530)), 'long')
    using exchange = await start({ furnish: long, msize })
    await exchange.walk('', 1)
    await exchange.call('Topen', { fid: 1, mode: 0 })
    const records = await list(exchange, 1, msize)
    expect(records.find(({ name }) => name === 'long')).toMatchObject({ extension: '', mode: dm.DMSYMLINK | 0o777 })
    expect(records).toHaveLength(3)
  })
})

describe('an unknown fid', () => {
  const name = 'x' as Name
  it.each([
    ['Tstat', 'ENOENT', { fid: 77 }],
    ['Topen', 'ENOENT', { fid: 77, mode: 0 }],
    ['Tcreate', 'EINVAL', { fid: 77, name, perm: 0, mode: 0, extension: '' }],
    ['Twstat', 'EINVAL', { fid: 77, stat: NO_CHANGE }],
    ['Tread', 'EINVAL', { fid: 77, offset: 0, count: 1 }],
    ['Tclunk', 'ENOENT', { fid: 77 }],
  ] as const)('in %s is %s', async (message, errno, body) => {
    using exchange = await start()
    expect(await exchange.refusal(message, body as never)).toBe(errno)
  })
})

describe('each dialect takes the other one’s requests, as in QEMU', () => {
  it('under 9P2000.L objects are made, changed and shown as 9P2000.u has it', async () => {
    using exchange = await start({ version: '9P2000.L' })
    await exchange.walk('', 1)
    await create(exchange, 'new', dm.DMSETUID | 0o751)
    expect(await change(exchange, 'new', { nUid: guestUid(7), name: 'renamed' as Name })).toBeUndefined()
    expect(await statOf(exchange, 'renamed')).toMatchObject({ mode: dm.DMSETUID | 0o751, nUid: 7 })
  })

  it('under 9P2000.u everything of 9P2000.L works but Treaddir', async () => {
    using exchange = await start()
    const [gid, owner] = [guestGid(5), { mode: 0o640, gid: guestGid(5) }]
    await exchange.walk('', 1)
    await exchange.call('Tlcreate', { fid: 1, name: 'new' as Name, flags: 2, ...owner })
    await exchange.call('Tmkdir', { dfid: 0, name: 'made' as Name, ...owner })
    await exchange.call('Tmknod', { dfid: 0, name: 'node' as Name, major: 1, minor: 2, gid, mode: 0o020600 })
    await exchange.call('Tsymlink', { dfid: 0, name: 'link' as Name, symtgt: 'new', gid })
    await exchange.call('Tlink', { dfid: 0, fid: 1, name: 'further' as Name })
    const moved = { olddirfid: 0, oldname: 'further' as Name, newdirfid: 0, newname: 'moved' as Name }
    await exchange.call('Trenameat', moved)
    await exchange.call('Tunlinkat', { dirfid: 0, name: 'moved' as Name, flags: 0 })
    await exchange.call('Tfsync', { fid: 1, datasync: 0 })
    await exchange.call('Tstatfs', { fid: 0 })
    await exchange.call('Txattrwalk', { fid: 0, newfid: 2, name: '' })
    const lock = { fid: 1, type: 1, start: 0n, length: 0n, procId: 1, clientId: 'guest' }
    expect(await exchange.call('Tlock', { ...lock, flags: 0 })).toEqual({ status: 0 })
    expect((await exchange.call('Tgetlock', lock)).type).toBe(2)
    expect(await exchange.call('Treadlink', { fid: await exchange.walk('link', 3) })).toEqual({ target: 'new' })
    expect(await statOf(exchange, 'node')).toMatchObject({ mode: dm.DMDEVICE | 0o600, extension: 'c 1 2', nGid: 5 })
    expect(exchange.tree.names('')).toEqual(expect.arrayContaining(['link', 'made', 'new', 'node']))
  })

  it('under 9P2000.u Tlopen is laid out as Topen', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    const frame = encodeFrame(7, 'Topen', { fid: 1, mode: 2 })
    frame.writeUInt8(12, 4)
    const reply = exchange.replyTo(7)
    exchange.feed(frame)
    expect((await reply).message).toBe('Rlopen')
    expect(await exchange.call('Tgetattr', { fid: 1, requestMask: 0 })).toMatchObject({ mode: 0o104640 })
  })

  it('under 9P2000.L Topen is laid out as Tlopen', async () => {
    using exchange = await start({ version: '9P2000.L' })
    await exchange.walk('file', 1)
    const frame = encodeFrame(7, 'Tlopen', { fid: 1, flags: 2 })
    frame.writeUInt8(112, 4)
    const reply = exchange.replyTo(7)
    exchange.feed(frame)
    expect((await reply).message).toBe('Ropen')
    expect((await statOf(exchange, 'file')).name).toBe('file')
  })
})
