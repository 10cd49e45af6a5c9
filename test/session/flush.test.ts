// Requests that wait for a disk: others overtake them, Tflush waits for them, and nothing of them outlives its session.

import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeFrame } from '../../src/wire/codec.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { Exchange, type ExchangeOptions } from '../support/exchange.js'
import { type HeldPool, holdPool, nothingIsCached, settle } from '../support/pool.js'

let pool: HeldPool
let cache: Disposable
beforeEach(() => {
  cache = nothingIsCached()
  pool = holdPool()
})
afterEach(async () => {
  await pool.release()
  cache[Symbol.dispose]()
})

async function start(options: ExchangeOptions = {}): Promise<Exchange> {
  const exchange = await Exchange.attached({ furnish: (tree) => tree.write('file', 'content'), ...options })
  await exchange.walk('file', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 2 })
  exchange.replies.length = 0
  return exchange
}

const summary = (exchange: Exchange): string[] => exchange.replies.map(({ tag, message }) => `${message} ${tag}`)
const idle = (exchange: Exchange): Promise<void> =>
  new Promise<void>((resolve) => exchange.session.whenIdle(resolve)).then(settle)
const readBody = { fid: 1, offset: 0, count: 100 }

it('a read that waits is overtaken, and answered with what it asked for', async () => {
  using exchange = await start()
  exchange.send('Tread', { fid: 1, offset: 3, count: 100 }, 7)
  exchange.send('Tgetattr', { fid: 1, requestMask: 0 }, 8)
  exchange.send('Tread', { fid: 1, offset: 99, count: 100 }, 9)
  await settle()
  expect(summary(exchange)).toEqual(['Rgetattr 8'])
  const replies = [exchange.replyTo(7), exchange.replyTo(9)] as const
  await pool.release()
  expect(await replies[0]).toMatchObject({ message: 'Rread', body: { data: Buffer.from('tent') } })
  expect(await replies[1]).toMatchObject({ message: 'Rread', body: { data: Buffer.alloc(0) } })
})

it.each([0, 1])('an fsync (datasync %i) that waits does not stall what comes behind it', async (datasync) => {
  using exchange = await start()
  exchange.send('Tfsync', { fid: 1, datasync }, 7)
  exchange.send('Twrite', { fid: 1, offset: 0, data: Buffer.from('x') }, 8)
  exchange.send('Tgetattr', { fid: 1, requestMask: 0 }, 9)
  await settle()
  expect(summary(exchange)).toEqual(['Rwrite 8', 'Rgetattr 9'])
  const synced = exchange.replyTo(7)
  await pool.release()
  expect(await synced).toMatchObject({ message: 'Rfsync' })
})

it('a failing read answers what the host says', async () => {
  using exchange = await start()
  await exchange.walk('file', 2)
  await exchange.call('Tlopen', { fid: 2, flags: 1 })
  exchange.send('Tread', { ...readBody, fid: 2 }, 7)
  const reply = exchange.replyTo(7)
  await pool.release()
  expect(await reply).toMatchObject({ message: 'Rlerror', body: { ecode: 9 } })
})

describe('Tflush', () => {
  it('of a request under way is answered after it', async () => {
    using exchange = await start()
    exchange.send('Tread', readBody, 7)
    exchange.send('Tflush', { oldtag: 7 }, 8)
    exchange.send('Tflush', { oldtag: 7 }, 9)
    await settle()
    expect(summary(exchange)).toEqual([])
    const flushed = Promise.all([exchange.replyTo(8), exchange.replyTo(9)])
    await pool.release()
    await flushed
    expect(summary(exchange)).toEqual(['Rread 7', 'Rflush 8', 'Rflush 9'])
  })

  it('of a flush is answered after both', async () => {
    using exchange = await start()
    exchange.send('Tfsync', { fid: 1, datasync: 0 }, 7)
    exchange.send('Tflush', { oldtag: 7 }, 8)
    exchange.send('Tflush', { oldtag: 8 }, 9)
    const flushed = exchange.replyTo(9)
    await settle()
    expect(summary(exchange)).toEqual([])
    await pool.release()
    await flushed
    expect(summary(exchange)).toEqual(['Rfsync 7', 'Rflush 8', 'Rflush 9'])
  })

  it.each([
    ['a tag that is not in use', 1234],
    ['its own tag', 8],
    ['a request answered before', 6],
    ['NOTAG', 0xffff],
  ])('of %s is answered at once', async (_what, oldtag) => {
    using exchange = await start()
    exchange.send('Tgetattr', { fid: 1, requestMask: 0 }, 6)
    exchange.send('Tread', readBody, 7)
    exchange.send('Tflush', { oldtag }, 8)
    await settle()
    expect(summary(exchange)).toEqual(['Rgetattr 6', 'Rflush 8'])
    const reply = exchange.replyTo(7)
    await pool.release()
    await reply
  })

  it('of a tag used twice is answered, and so are both requests', async () => {
    using exchange = await start()
    exchange.send('Tread', readBody, 7)
    exchange.send('Tfsync', { fid: 1, datasync: 0 }, 7)
    exchange.send('Tflush', { oldtag: 7 }, 8)
    const flushed = exchange.replyTo(8)
    await pool.release()
    await flushed
    await settle()
    expect(summary(exchange).sort()).toEqual(['Rflush 8', 'Rfsync 7', 'Rread 7'])
    expect(summary(exchange).indexOf('Rflush 8')).toBeGreaterThan(summary(exchange).indexOf('Rfsync 7'))
  })
})

it('a fid is clunked at once while it is read, and its file is closed when the read is done', async () => {
  using exchange = await start()
  exchange.send('Tread', readBody, 7)
  exchange.send('Tclunk', { fid: 1 }, 8)
  await settle()
  expect(summary(exchange)).toEqual(['Rclunk 8'])
  expect(exchange.session.fids.count).toBe(1)
  const reply = exchange.replyTo(7)
  await pool.release()
  expect(await reply).toMatchObject({ message: 'Rread', body: { data: Buffer.from('content') } })
  await settle()
  // The tree's own root, and the session's.
  expect(exchange.tree.budget.inUse).toBe(2)
})

it('Tversion ends the session: what was under way is never answered, and nothing of it stays open', async () => {
  using exchange = await start()
  exchange.send('Tread', readBody, 7)
  exchange.send('Tfsync', { fid: 1, datasync: 0 }, 7)
  exchange.send('Tflush', { oldtag: 7 }, 8)
  await exchange.call('Tversion', { msize: 8192, version: '9P2000.L' })
  await exchange.attach(0, 0)
  await pool.release()
  await idle(exchange)
  expect(summary(exchange).map((line) => line.split(' ')[0])).toEqual(['Rversion', 'Rattach'])
  expect(exchange.tree.budget.inUse).toBe(2)
  // The same tags mean something new.
  exchange.send('Tgetattr', { fid: 0, requestMask: 0 }, 7)
  expect(exchange.replies.at(-1)).toMatchObject({ tag: 7, message: 'Rgetattr' })
})

it('a connection that ends while a read is under way leaves nothing open', async () => {
  const before = openDescriptors()
  {
    using exchange = await start()
    exchange.send('Tread', readBody, 7)
    exchange.send('Tfsync', { fid: 1, datasync: 0 }, 8)
    exchange.session[Symbol.dispose]()
    await pool.release()
    await idle(exchange)
    expect(summary(exchange)).toEqual([])
    expect(exchange.tree.budget.inUse).toBe(1)
  }
  // The pool's own descriptors are gone as well by now.
  expect(Object.values(openDescriptors()).filter((path) => path.includes('virtfs-'))).toEqual(
    Object.values(before).filter((path) => path.includes('virtfs-test')),
  )
})

describe('bounds', () => {
  it.each([
    ['tags of their own', (index: number) => index + 10],
    ['one tag for all', () => 7],
  ])('at most 128 requests are under way, with %s', async (_what, tagOf) => {
    using exchange = await start()
    for (let index = 0; index < 300; index += 1) exchange.send('Tfsync', { fid: 1, datasync: 0 }, tagOf(index))
    exchange.send('Tgetattr', { fid: 1, requestMask: 0 }, 9000)
    await settle()
    expect(exchange.session.isBusy).toBe(true)
    expect(summary(exchange)).toEqual([])
    const last = exchange.replyTo(9000)
    await pool.release()
    await last
    await idle(exchange)
    await settle()
    expect(exchange.replies).toHaveLength(301)
  })

  it('Tversion is no way round the bound: what it abandoned still counts', async () => {
    using exchange = await start()
    for (let index = 0; index < 128; index += 1) exchange.send('Tfsync', { fid: 1, datasync: 0 }, index)
    expect(exchange.session.isBusy).toBe(true)
    await pool.release()
    await idle(exchange)
    const again = holdPool()
    for (let index = 0; index < 127; index += 1) exchange.send('Tfsync', { fid: 1, datasync: 0 }, index)
    await exchange.call('Tversion', { msize: 8192, version: '9P2000.L' })
    await exchange.attach(0, 0)
    await exchange.walk('file', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 2 })
    exchange.send('Tfsync', { fid: 1, datasync: 0 }, 5)
    expect(exchange.session.isBusy).toBe(true)
    await again.release()
    await idle(exchange)
    expect(exchange.session.isBusy).toBe(false)
  })

  it('reads under way hold at most 16 MiB', async () => {
    const msize = 1024 * 1024
    using exchange = await start({ msize })
    writeFileSync(exchange.tree.at('file'), Buffer.alloc(2 * msize, 0x61))
    const count = msize - 24
    for (let index = 0; index < 100; index += 1) exchange.send('Tread', { fid: 1, offset: index, count }, index + 10)
    await settle()
    expect(exchange.session.isBusy).toBe(true)
    const before = process.memoryUsage().arrayBuffers
    await pool.release()
    for (let index = 0; exchange.replies.length < 100 && index < 1e6; index += 1) await settle()
    expect(exchange.replies.every(({ body }) => 'data' in body && body.data.length === count)).toBe(true)
    // What was held while nothing could be read: seventeen buffers of this size, not a hundred.
    expect(before).toBeLessThan(40 * msize)
  })
})

it('a frame in the middle of which a request under way is answered stays whole', async () => {
  using exchange = await start()
  exchange.send('Tread', readBody, 7)
  const frame = encodeFrame(8, 'Twrite', { fid: 1, offset: 0, data: Buffer.from('written') })
  exchange.feed(frame.subarray(0, 20))
  const read = exchange.replyTo(7)
  await pool.release()
  await read
  exchange.feed(frame.subarray(20))
  expect(readFileSync(exchange.tree.at('file'), 'latin1')).toBe('written')
})
