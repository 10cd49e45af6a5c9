// Turns at the threads that wait for disks: a few at once for each connection, in order.

import { expect, it } from 'vitest'
import { Turns } from '../../src/session/turns.js'
import { Exchange } from '../support/exchange.js'
import { holdPool, settle } from '../support/pool.js'

it('at most so many are under way, the others follow in order, and a failure gives its place on', async () => {
  const turns = new Turns(2)
  const ends: (() => void)[] = []
  const begun: number[] = []
  const all = Array.from({ length: 5 }, (_, index) =>
    turns.take(async () => {
      begun.push(index)
      await new Promise<void>((resolve) => ends.push(resolve))
      if (index === 1) throw new Error('failed')
      return index
    }),
  )
  const settled = Promise.allSettled(all)
  await settle()
  expect(begun).toEqual([0, 1])
  for (let done = 1; done <= 5; done += 1) {
    ends.shift()?.()
    await settle()
    expect(begun).toEqual(Array.from({ length: Math.min(5, done + 2) }, (_, index) => index))
  }
  expect((await settled).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ])
  expect(await turns.take(() => Promise.resolve('again'))).toBe('again')
})

it('a connection that syncs a hundred times at once is answered a hundred times', async () => {
  await using pool = holdPool()
  using exchange = await Exchange.attached({ furnish: (tree) => tree.write('file', 'content') })
  await exchange.walk('file', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 2 })
  exchange.replies.length = 0
  for (let tag = 1; tag <= 100; tag += 1) exchange.send('Tfsync', { fid: 1, datasync: 0 }, tag)
  await settle()
  expect(exchange.replies).toEqual([])
  await pool.release()
  while (exchange.replies.length < 100) await settle()
  expect(new Set(exchange.replies.map(({ tag }) => tag)).size).toBe(100)
  expect(exchange.session.requestsUnderWay).toBe(0)
})
