// Locks over the wire (reference §3.12): answered at once, owned by a process of a client, gone with the fid.

import { expect, it } from 'vitest'
import { F_RDLCK, F_UNLCK, F_WRLCK, O_RDWR } from '../../src/sys/constants.js'
import type { Body } from '../../src/wire/messages.js'
import { Exchange } from '../support/exchange.js'

const [RDLCK, WRLCK, UNLCK] = [0, 1, 2] as const
const [SUCCESS, BLOCKED] = [0, 1] as const

async function locking(): Promise<Exchange> {
  const exchange = await Exchange.attached({ furnish: (tree) => tree.write('file', 'content') })
  for (const fid of [1, 2, 3]) {
    await exchange.walk('file', fid)
    await exchange.call('Tlopen', { fid, flags: 2 })
  }
  return exchange
}

const lock = async (exchange: Exchange, fid: number, change: Partial<Body<'Tlock'>> = {}): Promise<number> => {
  const whole = { type: WRLCK, flags: 0, start: 0n, length: 0n, procId: fid, clientId: 'guest' }
  return (await exchange.call('Tlock', { fid, ...whole, ...change })).status
}

const test = (exchange: Exchange, fid: number, change: Partial<Body<'Tgetlock'>> = {}): Promise<Body<'Rgetlock'>> => {
  const whole = { type: UNLCK, start: 0n, length: 0n, procId: fid, clientId: 'guest' }
  return exchange.call('Tgetlock', { fid, ...whole, ...change })
}

it('a contended lock is answered BLOCKED at once, whether or not the client would wait', async () => {
  using exchange = await locking()
  expect(await lock(exchange, 1)).toBe(SUCCESS)
  expect(await lock(exchange, 2)).toBe(BLOCKED)
  expect(await lock(exchange, 2, { flags: 1 })).toBe(BLOCKED)
  expect(await lock(exchange, 2, { type: RDLCK })).toBe(BLOCKED)
  expect(await lock(exchange, 1, { type: UNLCK })).toBe(SUCCESS)
  expect(await lock(exchange, 2, { flags: 1 })).toBe(SUCCESS)
})

it('the owner is a process of a client, not a fid', async () => {
  using exchange = await locking()
  expect(await lock(exchange, 1, { procId: 5 })).toBe(SUCCESS)
  expect(await lock(exchange, 2, { procId: 5 })).toBe(SUCCESS)
  expect(await lock(exchange, 1, { procId: 5, clientId: 'another' })).toBe(BLOCKED)
})

it('the last clunk of a fid that locked ends the lock', async () => {
  using exchange = await locking()
  await lock(exchange, 1)
  await exchange.call('Tclunk', { fid: 1 })
  expect(await lock(exchange, 2)).toBe(SUCCESS)
})

it('Tgetlock shows what is in the way of the lock that is asked for', async () => {
  using exchange = await locking()
  const free = { type: UNLCK, start: 0n, length: 0n, procId: 2, clientId: 'guest' }
  expect(await test(exchange, 2, { type: WRLCK })).toEqual(free)
  await lock(exchange, 1, { type: RDLCK, start: 10n, length: 5n })
  expect(await test(exchange, 2, { type: WRLCK })).toMatchObject({ type: RDLCK, start: 10n, length: 5n })
  expect(await test(exchange, 2, { type: RDLCK })).toEqual(free)
  expect(await test(exchange, 2, { type: WRLCK, start: 15n, length: 1n })).toMatchObject({ type: UNLCK, start: 15n })
  expect(await test(exchange, 1, { type: WRLCK, procId: 1 })).toMatchObject({ type: UNLCK })
})

it('Tgetlock asked with UNLCK, as Linux asks for any type, shows write locks, and read locks of other clients', async () => {
  using exchange = await locking()
  using other = exchange.tree.secondView()
  const [node, file] = [other.node('file'), other.open('file', O_RDWR)]
  const ofAnother = (type: number): boolean =>
    other.view.lock(node, file, { procId: 1, clientId: 'guest' }, { type, start: 10n, length: 5n })
  expect(await test(exchange, 2)).toMatchObject({ type: UNLCK })
  for (const [type, shown] of [
    [F_WRLCK, WRLCK],
    [F_RDLCK, RDLCK],
  ] as const) {
    expect(ofAnother(type)).toBe(true)
    expect(await test(exchange, 2)).toMatchObject({ type: shown, start: 10n, length: 5n })
  }
  ofAnother(F_UNLCK)
  await lock(exchange, 1, { type: RDLCK })
  expect(await test(exchange, 2)).toMatchObject({ type: UNLCK })
  await lock(exchange, 1)
  expect(await test(exchange, 2)).toMatchObject({ type: WRLCK })
  expect(await test(exchange, 1)).toMatchObject({ type: UNLCK })
})

it('unknown flags and types, and ranges beyond every file, are refused (EINVAL) and lock nothing', async () => {
  using exchange = await locking()
  for (const flags of [2, 3, 0x8000_0000]) await expect(lock(exchange, 1, { flags })).rejects.toThrow('EINVAL')
  for (const type of [3, 255]) await expect(lock(exchange, 1, { type })).rejects.toThrow('EINVAL')
  for (const beyond of [1n << 63n, (1n << 64n) - 1n]) {
    await expect(lock(exchange, 1, { start: beyond })).rejects.toThrow('EINVAL')
    await expect(lock(exchange, 1, { start: 100n, length: beyond })).rejects.toThrow('EINVAL')
    await expect(test(exchange, 1, { start: 100n, length: beyond })).rejects.toThrow('EINVAL')
  }
  expect(await lock(exchange, 2)).toBe(SUCCESS)
})
