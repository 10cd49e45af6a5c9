// Transfers that an export's limits hold up: they are done in time, taken back by Tflush, and hold up nothing else. How
// long each waits is the throttle's business; here it says what the test wants.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Direction } from '../../src/session/leaky-buckets.js'
import type { Throttle, Wait } from '../../src/session/throttle.js'
import { Exchange, type ExchangeOptions } from '../support/exchange.js'
import { settle } from '../support/pool.js'

class FixedThrottle implements Throttle {
  readonly calls: string[] = []

  constructor(public ms: number) {}

  admit(direction: Direction, bytes: number): Wait | undefined {
    this.calls.push(`${direction} ${bytes}`)
    if (this.ms === 0) return undefined
    return { ms: this.ms, giveBack: () => void this.calls.push(`back ${direction} ${bytes}`) }
  }
}

async function start(
  ms: number,
  options: ExchangeOptions = {},
): Promise<{ exchange: Exchange; throttle: FixedThrottle }> {
  const throttle = new FixedThrottle(ms)
  const furnish: ExchangeOptions['furnish'] = (tree) => {
    tree.write('file', 'content')
    tree.mkdir('directory')
  }
  const exchange = await Exchange.attached({ furnish, throttle, ...options })
  await exchange.walk('file', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 2 })
  exchange.replies.length = 0
  return { exchange, throttle }
}

const read = { fid: 1, offset: 0, count: 100 }
const summary = (exchange: Exchange): string[] => exchange.replies.map(({ tag, message }) => `${message} ${tag}`)

it('a read waits as long as it has to, and is overtaken meanwhile', async () => {
  const { exchange, throttle } = await start(500)
  using _ = exchange
  exchange.send('Tread', read, 7)
  exchange.send('Tgetattr', { fid: 1, requestMask: 0 }, 8)
  await settle()
  expect(summary(exchange)).toEqual(['Rgetattr 8'])
  exchange.clock.pass(499)
  await settle()
  expect(summary(exchange)).toEqual(['Rgetattr 8'])
  const reply = exchange.replyTo(7)
  exchange.clock.pass(1)
  expect(await reply).toMatchObject({ message: 'Rread', body: { data: Buffer.from('content') } })
  expect(throttle.calls).toEqual(['read 100'])
})

it('a write that waits keeps its bytes, whatever comes after it in the same buffer', async () => {
  const { exchange } = await start(500)
  using _ = exchange
  exchange.send('Twrite', { fid: 1, offset: 0, data: Buffer.from('written') }, 7)
  for (let tag = 100; tag < 3000; tag += 1) exchange.send('Tgetattr', { fid: 0, requestMask: 0 }, tag)
  const reply = exchange.replyTo(7)
  exchange.clock.pass(500)
  expect(await reply).toMatchObject({ message: 'Rwrite', body: { count: 7 } })
  expect(readFileSync(exchange.tree.at('file'), 'latin1')).toBe('written')
})

it('one that need not wait is answered at once', async () => {
  const { exchange, throttle } = await start(0)
  using _ = exchange
  expect((await exchange.call('Tread', read)).data).toHaveLength(7)
  expect(await exchange.call('Twrite', { fid: 1, offset: 0, data: Buffer.from('x') })).toEqual({ count: 1 })
  expect(throttle.calls).toEqual(['read 100', 'write 1'])
})

it('Tflush takes back what waits: it is never answered, and its bytes are given back', async () => {
  const { exchange, throttle } = await start(500)
  using _ = exchange
  exchange.send('Twrite', { fid: 1, offset: 0, data: Buffer.from('written') }, 7)
  exchange.send('Tflush', { oldtag: 7 }, 8)
  await settle()
  expect(summary(exchange)).toEqual(['Rflush 8'])
  exchange.clock.pass(10_000)
  await settle()
  expect(summary(exchange)).toEqual(['Rflush 8'])
  expect(readFileSync(exchange.tree.at('file'), 'latin1')).toBe('content')
  expect(throttle.calls).toEqual(['write 7', 'back write 7'])
  expect(exchange.session.requestsUnderWay).toBe(0)
})

it('what waits belongs to its session: after Tversion it is not done, though the fid means something again', async () => {
  const { exchange, throttle } = await start(500)
  using _ = exchange
  exchange.send('Twrite', { fid: 1, offset: 0, data: Buffer.from('written') }, 7)
  await exchange.call('Tversion', { msize: 8192, version: '9P2000.L' })
  await exchange.attach(0, 0)
  await exchange.walk('file', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 2 })
  exchange.clock.pass(10_000)
  await settle()
  expect(readFileSync(exchange.tree.at('file'), 'latin1')).toBe('content')
  expect(throttle.calls).toEqual(['write 7', 'back write 7'])
})

it('a connection that ends gives back what waits', async () => {
  const { exchange, throttle } = await start(500)
  {
    using _ = exchange
    exchange.send('Tread', read, 7)
  }
  expect(throttle.calls).toEqual(['read 100', 'back read 100'])
  expect(exchange.tree.budget.inUse).toBe(0)
})

it('a fid clunked meanwhile is unknown when the time has come (EINVAL)', async () => {
  const { exchange } = await start(500)
  using _ = exchange
  exchange.send('Tread', read, 7)
  await exchange.call('Tclunk', { fid: 1 })
  const reply = exchange.replyTo(7)
  exchange.clock.pass(500)
  expect(await reply).toMatchObject({ message: 'Rlerror', body: { ecode: 22 } })
})

it('only the content of files is counted: no directory, no attribute, no unknown fid; and no more than fits a reply', async () => {
  const { exchange, throttle } = await start(0)
  using _ = exchange
  await exchange.walk('directory', 2)
  await exchange.call('Tlopen', { fid: 2, flags: 0 })
  await exchange.call('Treaddir', { fid: 2, offset: 0n, count: 100 })
  await exchange.call('Txattrwalk', { fid: 1, newfid: 3, name: '' })
  await exchange.call('Tread', { fid: 3, offset: 0, count: 100 })
  expect(await exchange.refusal('Tread', { fid: 99, offset: 0, count: 100 })).toBe('EINVAL')
  expect(throttle.calls).toEqual([])
  await exchange.call('Tread', { fid: 1, offset: 0, count: 1 << 30 })
  expect(throttle.calls).toEqual([`read ${8192 - 24}`])
})

it('requests that wait count as under way', async () => {
  const { exchange } = await start(500, { settings: { maxInFlight: 3 } })
  using _ = exchange
  for (const tag of [1, 2, 3]) exchange.send('Tread', read, tag)
  expect(exchange.session.isBusy).toBe(true)
  exchange.send('Tgetattr', { fid: 1, requestMask: 0 }, 9)
  await settle()
  expect(summary(exchange)).toEqual([])
  const reply = exchange.replyTo(9)
  exchange.clock.pass(500)
  await reply
  await settle()
  expect(summary(exchange).sort()).toEqual(['Rgetattr 9', 'Rread 1', 'Rread 2', 'Rread 3'])
})
