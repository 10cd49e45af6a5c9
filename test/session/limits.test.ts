// What one connection may have at once (--max-fids, --max-inflight, max_xattr), and how long it may say nothing
// (--idle-timeout).

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ManualClock } from '../support/manual-clock.js'
import { Exchange } from '../support/exchange.js'
import { startServer } from '../support/live-server.js'
import { holdPool, nothingIsCached, settle } from '../support/pool.js'

it('one fid more than there may be is refused (EMFILE), and a clunk makes room', async () => {
  using exchange = await Exchange.attached({ settings: { maxFids: 3 } })
  await exchange.walk('', 1)
  await exchange.walk('', 2)
  expect(await exchange.refusal('Twalk', { fid: 0, newfid: 3, wnames: [] })).toBe('EMFILE')
  await exchange.call('Tclunk', { fid: 1 })
  expect(await exchange.refusal('Twalk', { fid: 0, newfid: 3, wnames: [] })).toBeUndefined()
})

it('one attribute more than may be open is refused (EMFILE), and a clunk makes room', async () => {
  using exchange = await Exchange.attached({ settings: { maxXattrFids: 2 } })
  const list = (newfid: number) => exchange.refusal('Txattrwalk', { fid: 0, newfid, name: '' })
  expect([await list(1), await list(2), await list(3)]).toEqual([undefined, undefined, 'EMFILE'])
  await exchange.call('Tclunk', { fid: 1 })
  expect(await list(3)).toBeUndefined()
})

it('with as many requests under way as there may be, further ones wait unread', async () => {
  using _cache = nothingIsCached()
  await using pool = holdPool()
  using exchange = await Exchange.attached({
    settings: { maxInFlight: 2 },
    furnish: (tree) => tree.write('file', 'content'),
  })
  await exchange.walk('file', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 0 })
  for (const tag of [1, 2]) exchange.send('Tread', { fid: 1, offset: 0, count: 10 }, tag)
  expect(exchange.session.isBusy).toBe(true)
  exchange.replies.length = 0
  exchange.send('Tgetattr', { fid: 0, requestMask: 0 }, 3)
  await settle()
  expect(exchange.replies).toEqual([])
  const last = exchange.replyTo(3)
  await pool.release()
  expect(await last).toMatchObject({ message: 'Rgetattr' })
})

it('a view that holds as many open files as it may opens no more (ENFILE), and goes on working', async () => {
  using exchange = await Exchange.attached({ furnish: (tree) => tree.write('file', 'content') })
  exchange.tree.budget.most = 12
  const open = async (fid: number): Promise<string | undefined> => {
    await exchange.walk('file', fid)
    return exchange.refusal('Tlopen', { fid, flags: 0 })
  }
  const refusals: (string | undefined)[] = []
  for (let fid = 1; fid <= 20; fid += 1) refusals.push(await open(fid))
  expect(new Set(refusals)).toEqual(new Set([undefined, 'ENFILE']))
  expect(refusals.filter((refusal) => refusal === undefined).length).toBeLessThan(13)
  expect(exchange.tree.budget.inUse).toBeLessThan(16)
  expect(await exchange.refusal('Tgetattr', { fid: 0, requestMask: 0 })).toBeUndefined()
  await exchange.call('Tclunk', { fid: 1 })
  await exchange.call('Tclunk', { fid: 2 })
  expect(await open(30)).toBeUndefined()
})

it('a connection beyond the most is closed, and those that are there go on', async () => {
  await using server = await startServer('mapped-xattr', { maxConnections: 2, mayLog: true })
  await using a = await server.attach()
  {
    await using _b = await server.attach()
    await using refused = await server.raw()
    expect(await refused.nextFrame()).toBeUndefined()
    expect(server.log.at(-1)).toBe('warn: connection 3: refused: there are 2 already (--max-connections)')
  }
  while (server.log.at(-1) !== 'info: connection 2: closed') await settle()
  await using c = await server.attach()
  expect((await a.client.readdir(a.root)).length).toBe((await c.client.readdir(c.root)).length)
})

it('a connection from which nothing comes is ended in time, and each message gives it all of the time again', async () => {
  const clock = new ManualClock()
  await using server = await startServer('mapped-xattr', { clock, idleTimeoutMs: 10_000 })
  await using idle = await server.attach()
  await using busy = await server.attach()
  const isOver = async (): Promise<boolean> =>
    idle.client.call('Tgetattr', { fid: idle.root, requestMask: 0 }).then(
      () => false,
      () => true,
    )
  for (let seconds = 0; seconds < 100; seconds += 9) {
    clock.pass(9000)
    await busy.client.call('Tgetattr', { fid: busy.root, requestMask: 0 })
  }
  expect(await isOver()).toBe(true)
  expect(server.log.filter((line) => line.includes('ended'))).toEqual([
    'info: connection 1: ended: nothing came for 10 s',
  ])
})

it('one that waits for an answer is not idle', async () => {
  const clock = new ManualClock()
  await using server = await startServer('mapped-xattr', { clock, idleTimeoutMs: 10_000 })
  writeFileSync(join(server.tree, 'file'), 'content')
  using _cache = nothingIsCached()
  await using pool = holdPool()
  await using attached = await server.attach()
  const { client, root } = attached
  const fid = await client.walk(root, 'file')
  await client.call('Tlopen', { fid, flags: 0 })
  const read = client.call('Tread', { fid, offset: 0, count: 10 })
  await client.call('Tgetattr', { fid, requestMask: 0 })
  clock.pass(60_000)
  await pool.release()
  expect(Buffer.from((await read).data).toString()).toBe('content')
})

it('without a time it may say nothing for ever', async () => {
  const clock = new ManualClock()
  await using server = await startServer('mapped-xattr', { clock })
  await using attached = await server.attach()
  clock.pass(1e12)
  expect((await attached.client.readdir(attached.root)).length).toBe(2)
})
