// The session's start: which dialects and sizes are agreed on, and what a new Tversion does to the old session.

import { expect, it } from 'vitest'
import { encodeFrame } from '../../src/wire/codec.js'
import { NOTAG } from '../../src/wire/constants.js'
import { Exchange } from '../support/exchange.js'

const version = (msize: number, dialect = '9P2000.L') => ({ msize, version: dialect })

it.each(['9P2000', '9P2000.U', '9p2000.L', '9P2000.L.x', '9P2000.L ', '', '9P2000.L\0'])(
  'the dialect %j is unknown, and no session begins',
  async (dialect) => {
    using exchange = new Exchange()
    expect(await exchange.call('Tversion', version(8192, dialect))).toEqual({ msize: 8192, version: 'unknown' })
    expect(await exchange.refusal('Tgetattr', { fid: 0, requestMask: 0 })).toBe('EPROTO')
  },
)

it('nothing is answered before Tversion', async () => {
  using exchange = new Exchange()
  expect(await exchange.refusal('Tstatfs', { fid: 0 })).toBe('EPROTO')
  expect(await exchange.refusal('Tattach', { fid: 0, afid: 0, uname: '', aname: '', nUname: 0 as never })).toBe(
    'EPROTO',
  )
})

it.each([0, 1, 4095])('an msize of %i is refused (EMSGSIZE), and no session begins', async (msize) => {
  using exchange = await Exchange.attached()
  expect(await exchange.refusal('Tversion', version(msize))).toBe('EMSGSIZE')
  expect(await exchange.call('Tversion', version(msize, '9P2000'))).toEqual(version(msize, 'unknown'))
  expect(await exchange.refusal('Tgetattr', { fid: 0, requestMask: 0 })).toBe('EPROTO')
})

it('a larger msize is lowered to ours, a smaller one taken', async () => {
  using exchange = new Exchange({ msize: 65_536 })
  expect(await exchange.call('Tversion', version(0xffff_ffff))).toEqual(version(65_536))
  expect(await exchange.call('Tversion', version(0x7fff_ffff))).toEqual(version(65_536))
  expect(await exchange.call('Tversion', version(4096))).toEqual(version(4096))
  expect(await exchange.call('Tversion', version(65_536))).toEqual(version(65_536))
})

it('a frame beyond what was agreed ends the stream', async () => {
  using exchange = new Exchange({ msize: 65_536 })
  await exchange.call('Tversion', version(4096))
  const frame = encodeFrame(1, 'Tread', { fid: 0, offset: 0, count: 0 })
  frame.writeUInt32LE(4097, 0)
  expect(() => exchange.feed(frame)).toThrow('EMSGSIZE')
})

it('the tag of Tversion is repeated, whatever it is', async () => {
  using exchange = new Exchange()
  for (const tag of [NOTAG, 0, 7]) {
    const reply = exchange.replyTo(tag)
    exchange.send('Tversion', version(8192), tag)
    expect(await reply).toMatchObject({ tag, message: 'Rversion' })
  }
})

it.each(['9P2000.L', 'nonsense'])('a new Tversion (%s) forgets every fid', async (dialect) => {
  using exchange = await Exchange.attached()
  await exchange.walk('', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 0 })
  expect(exchange.session.fids.count).toBe(2)
  await exchange.call('Tversion', version(8192, dialect))
  expect(exchange.session.fids.count).toBe(0)
  await exchange.call('Tversion', version(8192))
  expect(await exchange.refusal('Tgetattr', { fid: 0, requestMask: 0 })).toBe('ENOENT')
  expect(exchange.session.view.inodesInUse).toBe(1)
})

it('Tauth is refused (EOPNOTSUPP): there is nothing to authenticate against', async () => {
  using exchange = await Exchange.attached()
  const body = { afid: 9, uname: 'root', aname: '', nUname: 0 as never }
  expect(await exchange.refusal('Tauth', body)).toBe('EOPNOTSUPP')
  expect(exchange.session.fids.count).toBe(1)
})

it('Tattach takes any user, any aname and any number that is free', async () => {
  using exchange = await Exchange.attached()
  const attach = (fid: number) =>
    exchange.refusal('Tattach', { fid, afid: 3, uname: 'x', aname: '/y', nUname: 5 as never })
  expect(await attach(0)).toBe('EINVAL')
  expect(await attach(0xffff_ffff)).toBeUndefined()
  expect(await attach(1)).toBeUndefined()
  expect(exchange.session.fids.count).toBe(3)
})

it('every type that is no request is refused (EOPNOTSUPP), replies included', async () => {
  using exchange = await Exchange.attached()
  const requests = new Set([
    8, 12, 14, 16, 18, 20, 22, 24, 26, 30, 32, 40, 50, 52, 54, 70, 72, 74, 76, 100, 102, 104, 108, 110, 112, 114, 116,
    118, 120, 122, 124, 126,
  ])
  for (let type = 0; type < 256; type += 1) {
    if (requests.has(type)) continue
    const reply = exchange.replyTo(9)
    const frame = encodeFrame(9, 'Tclunk', { fid: 0 })
    frame.writeUInt8(type, 4)
    exchange.feed(frame)
    expect([type, await reply]).toEqual([type, { tag: 9, message: 'Rlerror', body: { ecode: 95 } }])
  }
  expect(await exchange.refusal('Tgetattr', { fid: 0, requestMask: 0 })).toBeUndefined()
})
