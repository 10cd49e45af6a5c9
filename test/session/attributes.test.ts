// Attributes over the wire: Tgetattr, Tsetattr, Tstatfs, Treadlink (reference §3.5, §3.9 to §3.11).

import { lstatSync, statfsSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Body } from '../../src/wire/messages.js'
import { Exchange, type ExchangeOptions } from '../support/exchange.js'
import { tick } from '../support/tick.js'
import type { ViewedTree } from '../support/viewed-tree.js'

const furnish = (tree: ViewedTree): void => {
  tree.write('file', 'content', 0o4755)
  tree.mkdir('directory')
  tree.symlink('some/target', 'symlink')
  tree.mknod('device', 0o020644, { major: 253, minor: 300 })
}

const start = (options: ExchangeOptions = {}): Promise<Exchange> => Exchange.attached({ furnish, ...options })

async function getattr(exchange: Exchange, path: string, requestMask = 0x3fff): Promise<Body<'Rgetattr'>> {
  await exchange.walk(path, 99)
  const reply = await exchange.call('Tgetattr', { fid: 99, requestMask })
  await exchange.call('Tclunk', { fid: 99 })
  return reply
}

async function setattr(
  exchange: Exchange,
  path: string,
  change: Partial<Body<'Tsetattr'>>,
): Promise<string | undefined> {
  await exchange.walk(path, 99)
  const nothing = { valid: 0, mode: 0, uid: 0 as never, gid: 0 as never, size: 0 }
  const noTimes = { atimeSec: 0, atimeNsec: 0, mtimeSec: 0, mtimeNsec: 0 }
  const refusal = await exchange.refusal('Tsetattr', { fid: 99, ...nothing, ...noTimes, ...change })
  await exchange.call('Tclunk', { fid: 99 })
  return refusal
}

const [MODE, UID, GID, SIZE, ATIME, MTIME, CTIME, ATIME_SET, MTIME_SET] = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const

describe('Tgetattr', () => {
  it('fills everything up to BLOCKS whatever was asked for', async () => {
    using exchange = await start()
    const host = lstatSync(exchange.tree.at('file'), { bigint: true })
    for (const mask of [0, 1, 0x7ff]) {
      expect(await getattr(exchange, 'file', mask)).toMatchObject({
        valid: 0x7ff,
        mode: 0o104755,
        uid: 1000,
        gid: 1001,
        nlink: 1,
        rdev: 0n,
        size: 7,
        blocks: Number(host.blocks),
        mtimeSec: Number(host.mtimeNs / 1_000_000_000n),
        mtimeNsec: Number(host.mtimeNs % 1_000_000_000n),
        btimeSec: 0,
        dataVersion: 0n,
      })
    }
  })

  it('adds the generation when it is asked for, of files and directories', async () => {
    using exchange = await start()
    const hasGeneration = exchange.tree.view.generation(exchange.tree.node('file')) !== undefined
    for (const path of ['file', 'directory']) {
      expect((await getattr(exchange, path, 0x17ff)).valid).toBe(hasGeneration ? 0x17ff : 0x7ff)
    }
    expect((await getattr(exchange, 'symlink', 0x17ff)).valid).toBe(0x7ff)
    expect((await getattr(exchange, 'file', 0x7ff)).gen).toBe(0n)
  })

  it('packs device numbers as glibc does', async () => {
    using exchange = await start()
    expect(await getattr(exchange, 'device')).toMatchObject({ mode: 0o020644, rdev: 0x10fd2cn, qid: { type: 0 } })
  })

  it('shows an open file whose name is gone', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 0 })
    exchange.tree.unlink('file')
    expect(await exchange.call('Tgetattr', { fid: 1, requestMask: 0 })).toMatchObject({ nlink: 0, mode: 0o104755 })
  })

  it('gives a qid that stays with the object and whose version changes with its content', async () => {
    using exchange = await start()
    const before = (await getattr(exchange, 'file')).qid
    expect(before.version).not.toBe(0)
    exchange.tree.link('file', 'further')
    exchange.tree.chmod('file', 0o600)
    expect((await getattr(exchange, 'further')).qid).toEqual(before)
    tick()
    // Of the same size and within the same second.
    writeFileSync(exchange.tree.at('file'), 'CONTENT')
    const after = (await getattr(exchange, 'file')).qid
    expect(after.path).toBe(before.path)
    expect(after.version).not.toBe(before.version)
  })
})

describe('Tsetattr', () => {
  it('changes what `valid` names and nothing else', async () => {
    using exchange = await start()
    const ids = { uid: 7 as never, gid: 8 as never }
    await setattr(exchange, 'file', { valid: UID, ...ids })
    expect(await getattr(exchange, 'file')).toMatchObject({ uid: 7, gid: 1001, mode: 0o104755 })
    await setattr(exchange, 'file', { valid: GID | CTIME, ...ids })
    expect(await getattr(exchange, 'file')).toMatchObject({ uid: 7, gid: 8 })
    await setattr(exchange, 'file', { valid: MODE, mode: 0o640, size: 3 })
    expect(await getattr(exchange, 'file')).toMatchObject({ mode: 0o100640, size: 7 })
    await setattr(exchange, 'file', { valid: SIZE | MTIME | CTIME, size: 3 })
    expect(await getattr(exchange, 'file')).toMatchObject({ size: 3 })
    await setattr(exchange, 'file', { valid: 0xffff_fe00, mode: 0, size: 0 })
    expect(await getattr(exchange, 'file')).toMatchObject({ mode: 0o100640, size: 3 })
  })

  it('leaves an id of −1', async () => {
    using exchange = await start()
    await setattr(exchange, 'file', { valid: UID | GID, uid: 0xffff_ffff as never, gid: 0xffff_ffff as never })
    expect(await getattr(exchange, 'file')).toMatchObject({ uid: 1000, gid: 1001 })
  })

  it('sets times where SET says so, now where it does not, and ignores SET alone', async () => {
    using exchange = await start()
    const times = { atimeSec: -5, atimeNsec: 6, mtimeSec: 7, mtimeNsec: 8 }
    await setattr(exchange, 'file', { valid: ATIME | ATIME_SET | MTIME | MTIME_SET, ...times })
    expect(await getattr(exchange, 'file')).toMatchObject(times)
    const before = await getattr(exchange, 'file')
    await setattr(exchange, 'file', { valid: ATIME_SET | MTIME_SET, atimeSec: 99, mtimeSec: 99 })
    expect(await getattr(exchange, 'file')).toEqual(before)
    await setattr(exchange, 'file', { valid: MTIME })
    const { atimeSec, mtimeSec } = await getattr(exchange, 'file')
    expect([atimeSec, Math.abs(mtimeSec - Date.now() / 1000) < 60]).toEqual([-5, true])
  })

  it('moves ctime for CTIME alone', async () => {
    using exchange = await start()
    const before = await getattr(exchange, 'file')
    tick()
    await setattr(exchange, 'file', { valid: CTIME })
    const after = await getattr(exchange, 'file')
    expect([after.ctimeSec, after.ctimeNsec]).not.toEqual([before.ctimeSec, before.ctimeNsec])
    expect({ ...after, ctimeSec: 0, ctimeNsec: 0 }).toEqual({ ...before, ctimeSec: 0, ctimeNsec: 0 })
  })

  it.each([
    [{ valid: SIZE, size: -1 }, 'file', 'EINVAL'],
    [{ valid: SIZE | MODE, size: 0, mode: 0o777 }, 'directory', 'EISDIR'],
    [{ valid: SIZE | MODE, size: Number.MAX_SAFE_INTEGER, mode: 0o777 }, 'file', 'EFBIG'],
    [{ valid: MODE | ATIME | ATIME_SET, mode: 0o777, atimeNsec: 1e9 }, 'file', 'EINVAL'],
  ])('%o of a %s is refused (%s) and changes nothing', async (change, path, errno) => {
    using exchange = await start()
    const before = await getattr(exchange, path)
    expect(await setattr(exchange, path, change)).toBe(errno)
    expect({ ...(await getattr(exchange, path)), ctimeSec: 0, ctimeNsec: 0 }).toEqual({
      ...before,
      ctimeSec: 0,
      ctimeNsec: 0,
    })
  })

  it('looks at a size only where SIZE says that there is one', async () => {
    using exchange = await start()
    expect(await setattr(exchange, 'file', { valid: MODE, mode: 0o600, size: -1, atimeNsec: 5e9 })).toBeUndefined()
  })
})

describe('Tstatfs', () => {
  it.each([4096, 131_096])('scales blocks so that one fills a message (msize %i)', async (msize) => {
    using exchange = await start({ msize })
    const host = statfsSync(exchange.tree.path)
    const factor = Math.max(1, Math.floor((msize - 24) / host.bsize))
    const reply = await exchange.call('Tstatfs', { fid: 0 })
    expect(reply).toMatchObject({ type: host.type, bsize: host.bsize * factor, files: host.files, namelen: 255 })
    expect(reply.blocks).toBe(Math.floor(host.blocks / factor))
  })
})

describe('Treadlink', () => {
  it('gives the target, and EINVAL for what is no symlink', async () => {
    using exchange = await start()
    await exchange.walk('symlink', 1)
    expect(await exchange.call('Treadlink', { fid: 1 })).toEqual({ target: 'some/target' })
    await exchange.walk('file', 2)
    await exchange.walk('directory', 3)
    for (const fid of [2, 3]) expect(await exchange.refusal('Treadlink', { fid })).toBe('EINVAL')
  })

  // Newer Linux has room for 8192 bytes, however large messages may be, and ends the connection over one byte more.
  it.each([
    [4096, 4072],
    [131_072, 8168],
  ])('with an msize of %i does not cut a target beyond %i bytes (ENAMETOOLONG)', async (msize, most) => {
    using exchange = await start({ msize })
    exchange.tree.symlink('x'.repeat(most), 'fits')
    exchange.tree.symlink('x'.repeat(most + 1), 'long')
    await exchange.walk('fits', 1)
    await exchange.walk('long', 2)
    expect((await exchange.call('Treadlink', { fid: 1 })).target).toHaveLength(most)
    expect(await exchange.refusal('Treadlink', { fid: 2 })).toBe('ENAMETOOLONG')
  })
})
