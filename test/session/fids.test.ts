// Fids: what an unknown number answers in each message, what one fid may be, and when it goes (reference §3.2).

import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Name } from '../../src/name.js'
import type { Body, Request } from '../../src/wire/messages.js'
import { Exchange } from '../support/exchange.js'

const name = 'x' as Name
const FREE = 77
const owner = { mode: 0o644, gid: 0 as never }

/** A request with a fid that does not exist, and what it answers. */
type Row = { readonly [N in Request]: readonly [N, Body<N>, string] }[Request]

const rows: readonly Row[] = [
  ['Tgetattr', { fid: FREE, requestMask: 0x3fff }, 'ENOENT'],
  ['Twalk', { fid: FREE, newfid: 78, wnames: [] }, 'ENOENT'],
  ['Tlopen', { fid: FREE, flags: 0 }, 'ENOENT'],
  ['Tlcreate', { fid: FREE, name, flags: 0, ...owner }, 'ENOENT'],
  ['Tmknod', { dfid: FREE, name, major: 0, minor: 0, ...owner }, 'ENOENT'],
  ['Tmkdir', { dfid: FREE, name, ...owner }, 'ENOENT'],
  ['Tlink', { dfid: FREE, fid: 0, name }, 'ENOENT'],
  ['Tlink', { dfid: 0, fid: FREE, name }, 'ENOENT'],
  ['Trename', { fid: FREE, dfid: 0, name }, 'ENOENT'],
  ['Trename', { fid: 1, dfid: FREE, name }, 'ENOENT'],
  ['Trenameat', { olddirfid: FREE, oldname: name, newdirfid: 0, newname: name }, 'ENOENT'],
  ['Trenameat', { olddirfid: 0, oldname: name, newdirfid: FREE, newname: name }, 'ENOENT'],
  ['Treadlink', { fid: FREE }, 'ENOENT'],
  ['Tstatfs', { fid: FREE }, 'ENOENT'],
  ['Tfsync', { fid: FREE, datasync: 0 }, 'ENOENT'],
  ['Tlock', { fid: FREE, type: 0, flags: 0, start: 0n, length: 0n, procId: 1, clientId: 'c' }, 'ENOENT'],
  ['Tgetlock', { fid: FREE, type: 0, start: 0n, length: 0n, procId: 1, clientId: 'c' }, 'ENOENT'],
  ['Txattrwalk', { fid: FREE, newfid: 78, name: '' }, 'ENOENT'],
  ['Tclunk', { fid: FREE }, 'ENOENT'],
  ['Tread', { fid: FREE, offset: 0, count: 1 }, 'EINVAL'],
  ['Twrite', { fid: FREE, offset: 0, data: Buffer.from('x') }, 'EINVAL'],
  ['Tsymlink', { dfid: FREE, name, symtgt: 't', gid: 0 as never }, 'EINVAL'],
  ['Tunlinkat', { dirfid: FREE, name, flags: 0 }, 'EINVAL'],
  ['Tremove', { fid: FREE }, 'EINVAL'],
  ['Treaddir', { fid: FREE, offset: 0n, count: 1000 }, 'EINVAL'],
  ['Txattrcreate', { fid: FREE, name: 'user.x', attrSize: 1, flags: 0 }, 'EINVAL'],
  [
    'Tsetattr',
    {
      fid: FREE,
      valid: 1,
      mode: 0,
      uid: 0 as never,
      gid: 0 as never,
      size: 0,
      atimeSec: 0,
      atimeNsec: 0,
      mtimeSec: 0,
      mtimeNsec: 0,
    },
    'EINVAL',
  ],
]

it.each(rows)('%s with an unknown fid (%o) answers %s', async (message, body, errno) => {
  using exchange = await Exchange.attached({ furnish: (tree) => tree.write('file') })
  await exchange.walk('file', 1)
  expect(await exchange.refusal(message, body as never)).toBe(errno)
  expect(exchange.session.fids.count).toBe(2)
})

it('a number in use is refused (EINVAL) by Twalk, Tattach and Txattrwalk', async () => {
  using exchange = await Exchange.attached()
  await exchange.walk('', 1)
  expect(await exchange.refusal('Twalk', { fid: 0, newfid: 1, wnames: [] })).toBe('EINVAL')
  expect(await exchange.refusal('Txattrwalk', { fid: 0, newfid: 1, name: '' })).toBe('EINVAL')
  expect(await exchange.refusal('Txattrwalk', { fid: 0, newfid: 0, name: '' })).toBe('EINVAL')
  await expect(exchange.attach(1, 0)).rejects.toThrow('EINVAL')
})

it('a fid is opened once: as a file, a directory or an attribute, and never again as another', async () => {
  using exchange = await Exchange.attached({ furnish: (tree) => tree.write('file') })
  await exchange.walk('file', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 0 })
  await exchange.walk('', 2)
  await exchange.call('Tlopen', { fid: 2, flags: 0 })
  await exchange.walk('file', 3)
  await exchange.call('Txattrcreate', { fid: 3, name: 'user.x', attrSize: 4, flags: 0 })
  await exchange.call('Txattrwalk', { fid: 1, newfid: 4, name: '' })
  for (const fid of [1, 2, 3, 4]) {
    expect(await exchange.refusal('Tlopen', { fid, flags: 0 })).toBe('EINVAL')
    expect(await exchange.refusal('Tlcreate', { fid, name, flags: 0, ...owner })).toBe('EINVAL')
    expect(await exchange.refusal('Txattrcreate', { fid, name: 'user.y', attrSize: 4, flags: 0 })).toBe('EINVAL')
    expect(await exchange.refusal('Twalk', { fid, newfid: fid, wnames: [] })).toBe('EINVAL')
    expect(await exchange.refusal('Trename', { fid, dfid: 0, name })).toBe('EINVAL')
    expect(await exchange.refusal('Twalk', { fid, newfid: 50 + fid, wnames: [] })).toBeUndefined()
  }
})

it('what is not open is neither read, written, listed, synced nor locked', async () => {
  using exchange = await Exchange.attached({ furnish: (tree) => tree.write('file') })
  await exchange.walk('file', 1)
  const lock = { fid: 1, type: 0, start: 0n, length: 0n, procId: 1, clientId: 'c' }
  expect(await exchange.refusal('Tread', { fid: 1, offset: 0, count: 1 })).toBe('EINVAL')
  expect(await exchange.refusal('Twrite', { fid: 1, offset: 0, data: Buffer.from('x') })).toBe('EINVAL')
  expect(await exchange.refusal('Treaddir', { fid: 1, offset: 0n, count: 1000 })).toBe('ENOTDIR')
  expect(await exchange.refusal('Treaddir', { fid: 0, offset: 0n, count: 1000 })).toBe('ENOTDIR')
  expect(await exchange.refusal('Tfsync', { fid: 1, datasync: 0 })).toBe('EINVAL')
  expect(await exchange.refusal('Tlock', { ...lock, flags: 0 })).toBe('EINVAL')
  expect(await exchange.refusal('Tgetlock', lock)).toBe('EINVAL')
})

it('an open directory is listed and synced, and neither read, written nor locked', async () => {
  using exchange = await Exchange.attached()
  await exchange.walk('', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 0 })
  expect(await exchange.refusal('Treaddir', { fid: 1, offset: 0n, count: 1000 })).toBeUndefined()
  expect(await exchange.refusal('Tfsync', { fid: 1, datasync: 0 })).toBeUndefined()
  expect(await exchange.refusal('Tread', { fid: 1, offset: 0, count: 1 })).toBe('EOPNOTSUPP')
  expect(await exchange.refusal('Twrite', { fid: 1, offset: 0, data: Buffer.from('x') })).toBe('EINVAL')
  const lock = { fid: 1, type: 0, flags: 0, start: 0n, length: 0n, procId: 1, clientId: 'c' }
  expect(await exchange.refusal('Tlock', lock)).toBe('EINVAL')
})

it('Tclunk frees the number at once', async () => {
  using exchange = await Exchange.attached({ furnish: (tree) => tree.write('file') })
  for (let round = 0; round < 3; round += 1) {
    await exchange.walk('file', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 0 })
    await exchange.call('Tclunk', { fid: 1 })
  }
  expect(exchange.session.fids.count).toBe(1)
  expect(exchange.session.view.inodesInUse).toBe(1)
})

it('Tremove takes the fid with it, whether or not the object could be removed', async () => {
  using exchange = await Exchange.attached({
    furnish: (tree) => {
      tree.write('file')
      tree.mkdir('full')
      tree.write('full/file')
    },
  })
  await exchange.walk('file', 1)
  await exchange.walk('full', 2)
  await exchange.walk('', 3)
  expect(await exchange.refusal('Tremove', { fid: 1 })).toBeUndefined()
  expect(await exchange.refusal('Tremove', { fid: 2 })).toBe('ENOTEMPTY')
  expect(await exchange.refusal('Tremove', { fid: 3 })).toBe('EINVAL')
  expect(exchange.session.fids.count).toBe(1)
  expect(existsSync(exchange.tree.at('file'))).toBe(false)
})

it('a file that is open is removed, and read on by another fid', async () => {
  using exchange = await Exchange.attached({ furnish: (tree) => tree.write('file', 'content') })
  await exchange.walk('file', 1)
  await exchange.walk('file', 2)
  await exchange.call('Tlopen', { fid: 1, flags: 2 })
  await exchange.call('Tlopen', { fid: 2, flags: 0 })
  await exchange.call('Tremove', { fid: 1 })
  const { data } = await exchange.call('Tread', { fid: 2, offset: 0, count: 100 })
  expect(Buffer.from(data).toString()).toBe('content')
  await exchange.call('Twalk', { fid: 2, newfid: 3, wnames: [] })
  expect((await exchange.call('Tgetattr', { fid: 3, requestMask: 0 })).nlink).toBe(0)
})

it('Trename and Trenameat move what fids refer to; the number 0xffffffff means the same directory', async () => {
  using exchange = await Exchange.attached({
    furnish: (tree) => {
      tree.mkdir('below')
      tree.write('file')
    },
  })
  await exchange.walk('file', 1)
  await exchange.walk('below', 2)
  await exchange.call('Trename', { fid: 1, dfid: 0xffff_ffff, name: 'one' as Name })
  expect(existsSync(exchange.tree.at('one'))).toBe(true)
  await exchange.call('Trename', { fid: 1, dfid: 2, name: 'two' as Name })
  expect(existsSync(exchange.tree.at('below/two'))).toBe(true)
  await exchange.call('Trenameat', {
    olddirfid: 2,
    oldname: 'two' as Name,
    newdirfid: 0xffff_ffff,
    newname: 'three' as Name,
  })
  expect(existsSync(exchange.tree.at('below/three'))).toBe(true)
  expect(await exchange.refusal('Tgetattr', { fid: 1, requestMask: 0 })).toBeUndefined()
  expect(await exchange.refusal('Trename', { fid: 0, dfid: 2, name })).toBe('EBUSY')
  expect(await exchange.refusal('Trename', { fid: 0, dfid: 0xffff_ffff, name })).toBe('EBUSY')
})
