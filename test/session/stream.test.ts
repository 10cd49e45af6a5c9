// The stream of frames: split anywhere, and never further ahead of the reader than a few megabytes.

import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Name, WalkName } from '../../src/name.js'
import { encodeFrame } from '../../src/wire/codec.js'
import { Exchange } from '../support/exchange.js'

const MIB = 1024 * 1024

/** A script that leaves the session as it was, with something of every shape in it. */
const script = Buffer.concat([
  encodeFrame(1, 'Twalk', { fid: 0, newfid: 1, wnames: ['directory', 'file'] as WalkName[] }),
  encodeFrame(2, 'Tgetattr', { fid: 1, requestMask: 0x17ff }),
  encodeFrame(3, 'Tlopen', { fid: 1, flags: 2 }),
  encodeFrame(4, 'Twrite', { fid: 1, offset: 2, data: Buffer.from('written') }),
  encodeFrame(5, 'Tread', { fid: 1, offset: 0, count: 100 }),
  encodeFrame(6, 'Tunlinkat', { dirfid: 0, name: 'missing' as Name, flags: 0 }),
  encodeFrame(7, 'Tclunk', { fid: 1 }),
])

const summary = (exchange: Exchange): string[] =>
  exchange.replies.splice(0).map(({ tag, message, body }) => {
    const shown = 'data' in body ? Buffer.from(body.data).toString() : 'ecode' in body ? body.ecode : ''
    return `${tag} ${message} ${shown}`
  })

const EXPECTED = ['1 Rwalk ', '2 Rgetattr ', '3 Rlopen ', '4 Rwrite ', '5 Rread cowritten', '6 Rlerror 2', '7 Rclunk ']

async function start(): Promise<Exchange> {
  const exchange = await Exchange.attached({
    furnish: (tree) => {
      tree.mkdir('directory')
      tree.write('directory/file', 'content')
    },
  })
  exchange.replies.length = 0
  return exchange
}

it('frames may be split at any byte', async () => {
  using exchange = await start()
  for (let at = 0; at <= script.length; at += 1) {
    exchange.feed(script.subarray(0, at))
    exchange.feed(script.subarray(at))
    expect([at, summary(exchange)]).toEqual([at, EXPECTED])
  }
})

it('frames may come byte by byte', async () => {
  using exchange = await start()
  for (const byte of script) exchange.feed(Buffer.from([byte]))
  expect(summary(exchange)).toEqual(EXPECTED)
})

it('a hundred scripts may come at once', async () => {
  using exchange = await start()
  exchange.feed(Buffer.concat(Array.from({ length: 100 }, () => script)))
  expect(summary(exchange)).toEqual(Array.from({ length: 100 }, () => EXPECTED).flat())
})

it('a body that is too short, or has a payload that is, answers its tag, and the stream goes on', async () => {
  using exchange = await start()
  const short = encodeFrame(9, 'Tgetattr', { fid: 0, requestMask: 0 }).subarray(0, 11)
  short.writeUInt32LE(11, 0)
  const long = encodeFrame(10, 'Twrite', { fid: 0, offset: 0, data: Buffer.from('x') })
  long.writeUInt32LE(2, 19)
  const loose = encodeFrame(11, 'Twrite', { fid: 0, offset: 0, data: Buffer.from('xy') })
  loose.writeUInt32LE(1, 19)
  exchange.feed(Buffer.concat([short, long, loose, script]))
  expect(summary(exchange)).toEqual(['9 Rlerror 71', '10 Rlerror 71', '11 Rlerror 22', ...EXPECTED])
})

it('bytes behind the last field are ignored', async () => {
  using exchange = await start()
  const frame = Buffer.concat([encodeFrame(9, 'Tclunk', { fid: 77 }), Buffer.from('more')])
  frame.writeUInt32LE(frame.length, 0)
  exchange.feed(Buffer.concat([frame, script]))
  expect(summary(exchange)).toEqual(['9 Rlerror 2', ...EXPECTED])
})

it('a client that does not read its replies gets no more work done, until it reads', async () => {
  using exchange = new Exchange({ isSlow: true, msize: 65_536, furnish: (tree) => tree.write('file') })
  writeFileSync(exchange.tree.at('file'), Buffer.alloc(100_000, 0x61))
  await exchange.call('Tversion', { msize: 65_536, version: '9P2000.L' })
  await exchange.attach(0, 0)
  await exchange.walk('file', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 0 })
  exchange.drain()
  exchange.replies.length = 0
  const COUNT = 2000
  for (let tag = 0; tag < COUNT; tag += 1) exchange.send('Tread', { fid: 1, offset: tag, count: 60_000 }, tag)
  expect(exchange.session.isBusy).toBe(true)
  expect(exchange.unread).toBeLessThan(5 * MIB)
  expect(exchange.replies.length).toBeLessThan(100)
  for (let turn = 0; exchange.replies.length < COUNT && turn < COUNT; turn += 1) {
    exchange.drain()
    expect(exchange.unread).toBeLessThan(5 * MIB)
  }
  expect(exchange.replies.map(({ tag }) => tag)).toEqual(Array.from({ length: COUNT }, (_, tag) => tag))
  exchange.drain()
  expect(exchange.session.isBusy).toBe(false)
})

it('a frame of which only the size has come costs nothing', () => {
  const before = process.memoryUsage().arrayBuffers
  using exchange = new Exchange({ msize: MIB })
  const header = Buffer.alloc(7)
  header.writeUInt32LE(MIB, 0)
  exchange.feed(header)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MIB / 2)
})

it.each([0, 6, MIB + 1, 0x7fff_ffff, 0xffff_ffff])('a frame of %i bytes ends the stream', (size) => {
  using exchange = new Exchange({ msize: MIB })
  const header = Buffer.alloc(7)
  header.writeUInt32LE(size, 0)
  expect(() => exchange.feed(header)).toThrow('EMSGSIZE')
})
