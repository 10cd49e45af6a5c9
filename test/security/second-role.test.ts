// CVE-2016-9102, CVE-2017-7377: a fid that was opened again, or announced an attribute again, leaked what it held before.
// CVE-2016-9103, CVE-2016-9104: attributes being set gave back memory that nobody had written, or wrote past their end.
// CVE-2026-8348: any number of attribute fids could each hold 64 KiB.

import { expect, it } from 'vitest'
import type { Name } from '../../src/name.js'
import { Exchange } from '../support/exchange.js'

const rest = { mode: 0o644, gid: 0 as never }

const start = (): Promise<Exchange> =>
  Exchange.attached({
    msize: 131_072,
    furnish: (tree) => {
      tree.write('file', 'content')
      tree.setxattr('file', 'user.note', 'value')
    },
  })

it('a thousand second roles for a fid are refused, and hold nothing', async () => {
  using exchange = await start()
  await exchange.walk('file', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 2 })
  await exchange.walk('file', 2)
  await exchange.call('Txattrcreate', { fid: 2, name: 'user.new', attrSize: 4, flags: 0 })
  const before = exchange.tree.budget.inUse
  for (let round = 0; round < 1000; round += 1) {
    for (const fid of [1, 2]) {
      expect(await exchange.refusal('Tlopen', { fid, flags: 2 })).toBe('EINVAL')
      expect(await exchange.refusal('Tlcreate', { fid, name: 'new' as Name, flags: 2, ...rest })).toBe('EINVAL')
      const attribute = { fid, name: 'user.other', attrSize: 65_536, flags: 0 }
      expect(await exchange.refusal('Txattrcreate', attribute)).toBe('EINVAL')
      expect(await exchange.refusal('Txattrwalk', { fid, newfid: 1, name: 'user.note' })).toBe('EINVAL')
    }
  }
  expect(exchange.tree.budget.inUse).toBe(before)
  expect(exchange.tree.names('')).toEqual(['file'])
})

it('a fid of one role takes no message of another’s', async () => {
  using exchange = await start()
  await exchange.walk('file', 1)
  await exchange.call('Txattrwalk', { fid: 1, newfid: 2, name: 'user.note' })
  await exchange.walk('file', 3)
  await exchange.call('Txattrcreate', { fid: 3, name: 'user.new', attrSize: 4, flags: 0 })
  const lock = { type: 0, start: 0n, length: 0n, procId: 1, clientId: 'c' }
  for (const fid of [2, 3]) {
    expect(await exchange.refusal('Treaddir', { fid, offset: 0n, count: 1000 })).toBe('ENOTDIR')
    expect(await exchange.refusal('Tfsync', { fid, datasync: 0 })).toBe('EINVAL')
    expect(await exchange.refusal('Tlock', { fid, flags: 0, ...lock })).toBe('EINVAL')
    expect(await exchange.refusal('Tgetlock', { fid, ...lock })).toBe('EINVAL')
  }
  expect(await exchange.refusal('Tread', { fid: 3, offset: 0, count: 100 })).toBe('EINVAL')
})

it('1,024 attributes may be held at once, and no more', async () => {
  using exchange = await start()
  await exchange.walk('file', 1)
  for (let fid = 10; fid < 10 + 1024; fid += 1) {
    await exchange.call('Txattrwalk', { fid: 1, newfid: fid, name: 'user.note' })
  }
  expect(await exchange.refusal('Txattrwalk', { fid: 1, newfid: 5000, name: 'user.note' })).toBe('EMFILE')
  expect(await exchange.refusal('Txattrcreate', { fid: 1, name: 'user.x', attrSize: 1, flags: 0 })).toBe('EMFILE')
  expect(exchange.session.fids.count).toBe(1026)
  await exchange.call('Tclunk', { fid: 10 })
  expect(await exchange.refusal('Txattrwalk', { fid: 1, newfid: 5000, name: 'user.note' })).toBeUndefined()
})

it('what is announced costs nothing until it is written', async () => {
  using exchange = await start()
  const before = process.memoryUsage().arrayBuffers
  for (let fid = 10; fid < 10 + 1000; fid += 1) {
    await exchange.walk('file', fid)
    await exchange.call('Txattrcreate', { fid, name: 'user.new', attrSize: 65_536, flags: 0 })
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024)
})

it('bytes of a draft that nobody wrote are zero, never what was in memory before', async () => {
  using exchange = await start()
  for (let round = 0; round < 20; round += 1) {
    await exchange.walk('file', 1)
    await exchange.call('Txattrcreate', { fid: 1, name: 'user.new', attrSize: 2000, flags: 0 })
    // The counter takes rewritten bytes for progress, as QEMU's does: the first half is never written.
    for (const offset of [1000, 1000]) {
      await exchange.call('Twrite', { fid: 1, offset, data: Buffer.alloc(1000, 0x78) })
    }
    await exchange.call('Tclunk', { fid: 1 })
    expect(exchange.tree.getxattr('file', 'user.new')).toBe('\0'.repeat(1000) + 'x'.repeat(1000))
    exchange.tree.removexattr('file', 'user.new')
  }
})

it('a listing that asks for 4 GiB gets a reply, and costs one', async () => {
  // CVE-2026-9238: the count was allocated.
  using exchange = await start()
  await exchange.walk('', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 0 })
  const before = process.memoryUsage().arrayBuffers
  const { data } = await exchange.call('Treaddir', { fid: 1, offset: 0n, count: 0xffff_ffff })
  expect(data.length).toBeGreaterThan(0)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024)
})
