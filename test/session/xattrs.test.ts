// Attributes over the wire (reference §3.13): a snapshot to read, a draft that is set by its clunk.

import { describe, expect, it } from 'vitest'
import { Exchange } from '../support/exchange.js'

const start = (): Promise<Exchange> =>
  Exchange.attached({
    furnish: (tree) => {
      tree.write('file', 'content')
      tree.setxattr('file', 'user.note', 'a value')
    },
  })

const read = async (exchange: Exchange, fid: number, offset = 0, count = 1000): Promise<string> =>
  Buffer.from((await exchange.call('Tread', { fid, offset, count })).data).toString('latin1')

/** Announces, writes and clunks an attribute; gives the clunk's errno. */
async function set(exchange: Exchange, name: string, parts: readonly string[], size?: number, flags = 0) {
  await exchange.walk('file', 5)
  const attrSize = size ?? parts.join('').length
  await exchange.call('Txattrcreate', { fid: 5, name, attrSize, flags })
  let offset = 0
  for (const part of parts) {
    offset += (await exchange.call('Twrite', { fid: 5, offset, data: Buffer.from(part) })).count
  }
  return exchange.refusal('Tclunk', { fid: 5 })
}

describe('reading', () => {
  it('shows the value as it was when it was asked for, from any offset', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    expect(await exchange.call('Txattrwalk', { fid: 1, newfid: 2, name: 'user.note' })).toEqual({ size: 7 })
    exchange.tree.setxattr('file', 'user.note', 'another and longer value')
    expect(await read(exchange, 2)).toBe('a value')
    expect(await read(exchange, 2, 2, 3)).toBe('val')
    expect(await read(exchange, 2, 7)).toBe('')
    expect(await read(exchange, 2, Number.MAX_SAFE_INTEGER, 0xffff_ffff)).toBe('')
    expect(await exchange.refusal('Tread', { fid: 2, offset: -1, count: 1 })).toBe('EINVAL')
  })

  it('lists names, each ended by NUL, when the name is empty', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    expect(await exchange.call('Txattrwalk', { fid: 1, newfid: 2, name: '' })).toEqual({ size: 10 })
    expect(await read(exchange, 2)).toBe('user.note\0')
  })

  it.each([
    ['user.absent', 'ENODATA'],
    ['user.virtfs.uid', 'ENODATA'],
    ['security.capability', 'EOPNOTSUPP'],
    ['user.', 'EINVAL'],
  ])('refuses %s (%s) and makes no fid', async (name, errno) => {
    using exchange = await start()
    await exchange.walk('file', 1)
    expect(await exchange.refusal('Txattrwalk', { fid: 1, newfid: 2, name })).toBe(errno)
    expect(exchange.session.fids.count).toBe(2)
  })

  it('bytes written to a snapshot are its fid’s alone, and no more of them than it holds', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    await exchange.call('Txattrwalk', { fid: 1, newfid: 2, name: 'user.note' })
    const write = (offset: number, text: string) => exchange.call('Twrite', { fid: 2, offset, data: Buffer.from(text) })
    expect(await write(0, 'xyz')).toEqual({ count: 3 })
    expect(await write(5, 'xyz')).toEqual({ count: 2 })
    await expect(write(8, 'x')).rejects.toThrow('ENOSPC')
    expect(await read(exchange, 2)).toBe('xyzalxy')
    expect(await exchange.refusal('Tclunk', { fid: 2 })).toBeUndefined()
    expect(exchange.tree.getxattr('file', 'user.note')).toBe('a value')
  })

  it('an attribute’s fid is walked and described like its file', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    await exchange.call('Txattrwalk', { fid: 1, newfid: 2, name: 'user.note' })
    expect(await exchange.call('Tgetattr', { fid: 2, requestMask: 0 })).toMatchObject({ size: 7, mode: 0o100644 })
    expect(await exchange.refusal('Twalk', { fid: 2, newfid: 3, wnames: [] })).toBeUndefined()
  })
})

describe('setting', () => {
  it('happens at the clunk, in as many writes as it takes', async () => {
    using exchange = await start()
    expect(await set(exchange, 'user.new', ['one ', 'two ', 'three'])).toBeUndefined()
    expect(exchange.tree.getxattr('file', 'user.new')).toBe('one two three')
  })

  it('does not happen when bytes are missing (EINVAL) or the session ends first', async () => {
    using exchange = await start()
    expect(await set(exchange, 'user.new', ['one'], 4)).toBe('EINVAL')
    await exchange.walk('file', 1)
    await exchange.call('Txattrcreate', { fid: 1, name: 'user.note', attrSize: 3, flags: 0 })
    await exchange.call('Twrite', { fid: 1, offset: 0, data: Buffer.from('xyz') })
    await exchange.call('Tversion', { msize: 8192, version: '9P2000.L' })
    expect(exchange.tree.listxattr('file')).toEqual(['user.note'])
    expect(exchange.tree.getxattr('file', 'user.note')).toBe('a value')
  })

  it('of size 0 removes the attribute, ENODATA when there is none', async () => {
    using exchange = await start()
    expect(await set(exchange, 'user.note', [])).toBeUndefined()
    expect(exchange.tree.listxattr('file')).toEqual([])
    expect(await set(exchange, 'user.note', [])).toBe('ENODATA')
  })

  it('answers at the clunk what the host answers, and the fid is gone all the same', async () => {
    using exchange = await start()
    expect(await set(exchange, 'user.note', ['x'], 1, 1)).toBe('EEXIST')
    expect(await set(exchange, 'user.other', ['x'], 1, 2)).toBe('ENODATA')
    expect(await set(exchange, 'user.virtfs.uid', ['x'])).toBe('EACCES')
    expect(await set(exchange, 'trusted.x', ['x'])).toBe('EOPNOTSUPP')
    expect(await set(exchange, '', ['x'])).toBe('EOPNOTSUPP')
    expect(exchange.session.fids.count).toBe(1)
  })

  it('takes no more than was announced, and never gives back what was not written', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    await exchange.call('Txattrcreate', { fid: 1, name: 'user.new', attrSize: 4, flags: 0 })
    const write = (offset: number, text: string) => exchange.call('Twrite', { fid: 1, offset, data: Buffer.from(text) })
    expect(await exchange.refusal('Tread', { fid: 1, offset: 0, count: 4 })).toBe('EINVAL')
    expect(await write(0, '12345678')).toEqual({ count: 4 })
    expect(await write(4, 'x')).toEqual({ count: 0 })
    await expect(write(5, 'x')).rejects.toThrow('ENOSPC')
    await expect(write(Number.MAX_SAFE_INTEGER, 'x')).rejects.toThrow('ENOSPC')
    expect(await exchange.refusal('Tclunk', { fid: 1 })).toBeUndefined()
    expect(exchange.tree.getxattr('file', 'user.new')).toBe('1234')
  })

  it('of bytes that were written twice sets the announced length, zero where nothing came', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    await exchange.call('Txattrcreate', { fid: 1, name: 'user.new', attrSize: 6, flags: 0 })
    for (const text of ['abc', 'xyz']) {
      await exchange.call('Twrite', { fid: 1, offset: 0, data: Buffer.from(text) })
    }
    expect(await exchange.refusal('Tclunk', { fid: 1 })).toBeUndefined()
    expect(exchange.tree.getxattr('file', 'user.new')).toBe('xyz\0\0\0')
  })

  it('refuses sizes beyond 65,536 (E2BIG) and unknown flags (EINVAL), and the fid stays free', async () => {
    using exchange = await start()
    await exchange.walk('file', 1)
    const create = (attrSize: number, flags = 0) =>
      exchange.refusal('Txattrcreate', { fid: 1, name: 'user.x', attrSize, flags })
    expect(await create(65_537)).toBe('E2BIG')
    expect(await create(Number.MAX_SAFE_INTEGER)).toBe('E2BIG')
    expect(await create(1, 4)).toBe('EINVAL')
    expect(await create(65_536)).toBeUndefined()
  })
})
