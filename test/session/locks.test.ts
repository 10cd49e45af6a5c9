// Locks over the wire (reference §3.12): owned by a process of a client, gone with the fid; nobody waits for long.

import { describe, expect, it } from 'vitest'
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

/** Asks for a lock that the client would wait for; `answer` has its status once it is there. */
function lockWaiting(exchange: Exchange, fid: number): { readonly status: Promise<number>; answer?: number } {
  const waiting: ReturnType<typeof lockWaiting> = { status: lock(exchange, fid, { flags: 1 }) }
  void waiting.status.then((status) => (waiting.answer = status))
  return waiting
}

/** Lets the time pass that a request is held back at most, while others are answered. */
async function passPatience(exchange: Exchange): Promise<void> {
  for (let passed = 0; passed < 120; passed += 10) {
    exchange.clock.pass(10)
    await exchange.call('Tgetattr', { fid: 3, requestMask: 0 })
  }
}

it('a contended lock is answered BLOCKED at once when the client would not wait', async () => {
  using exchange = await locking()
  expect(await lock(exchange, 1)).toBe(SUCCESS)
  expect(await lock(exchange, 2)).toBe(BLOCKED)
  expect(await lock(exchange, 2, { type: RDLCK })).toBe(BLOCKED)
  expect(await lock(exchange, 1, { type: UNLCK })).toBe(SUCCESS)
  expect(await lock(exchange, 2)).toBe(SUCCESS)
})

it('one that another client holds is answered BLOCKED at once, whether or not the client would wait', async () => {
  using exchange = await locking()
  using other = exchange.tree.secondView()
  const whole = { type: F_WRLCK, start: 0n, length: 0n }
  const [node, file] = [other.node('file'), other.open('file', O_RDWR)]
  expect(other.view.lock(node, file, { procId: 1, clientId: 'guest' }, whole)).toBe(true)
  expect(await lock(exchange, 2)).toBe(BLOCKED)
  expect(await lock(exchange, 2, { flags: 1 })).toBe(BLOCKED)
  // A process of the same client that has given its lock back is nobody to wait for.
  other.view.lock(node, file, { procId: 1, clientId: 'guest' }, { ...whole, type: F_UNLCK })
  for (const type of [WRLCK, UNLCK]) await lock(exchange, 1, { type })
  other.view.lock(node, file, { procId: 1, clientId: 'guest' }, whole)
  expect(await lock(exchange, 2, { flags: 1 })).toBe(BLOCKED)
})

it('one that the client would wait for is taken when its holder’s release is on its way behind the request', async () => {
  using exchange = await locking()
  await lock(exchange, 1)
  const waiting = lockWaiting(exchange, 2)
  await exchange.call('Tgetattr', { fid: 3, requestMask: 0 })
  expect(waiting.answer).toBeUndefined()
  await lock(exchange, 1, { type: UNLCK })
  exchange.clock.pass(1)
  expect(await waiting.status).toBe(SUCCESS)
  expect(await lock(exchange, 3)).toBe(BLOCKED)
})

it('one that the client would wait for is answered BLOCKED after a tenth of a second when it stays held', async () => {
  using exchange = await locking()
  await lock(exchange, 1)
  const waiting = lockWaiting(exchange, 2)
  await passPatience(exchange)
  expect(waiting.answer).toBe(BLOCKED)
  await lock(exchange, 1, { type: UNLCK })
  expect(await lock(exchange, 3)).toBe(SUCCESS)
})

it('one that is waited for when its fid is clunked is not taken, nor when the number is used again', async () => {
  using exchange = await locking()
  await lock(exchange, 1)
  const waiting = lockWaiting(exchange, 2)
  await exchange.call('Tclunk', { fid: 2 })
  await exchange.walk('file', 2)
  await exchange.call('Tlopen', { fid: 2, flags: 2 })
  await lock(exchange, 1, { type: UNLCK })
  exchange.clock.pass(1)
  expect(await waiting.status).toBe(BLOCKED)
  expect(await lock(exchange, 3)).toBe(SUCCESS)
})

it('one that is waited for when the session ends is not answered', async () => {
  using exchange = await locking()
  await lock(exchange, 1)
  lockWaiting(exchange, 2)
  await exchange.call('Tversion', { msize: 8192, version: '9P2000.L' })
  exchange.clock.pass(1)
  await new Promise<void>((resolve) => exchange.session.whenIdle(resolve))
  expect(exchange.replies.filter(({ message }) => message === 'Rlock')).toHaveLength(1)
})

it('the owner is a process of a client, not a fid', async () => {
  using exchange = await locking()
  expect(await lock(exchange, 1, { procId: 5 })).toBe(SUCCESS)
  expect(await lock(exchange, 2, { procId: 5 })).toBe(SUCCESS)
  expect(await lock(exchange, 1, { procId: 5, clientId: 'another' })).toBe(BLOCKED)
})

describe('a lock on the whole through one open file, as flock(2) has it,', () => {
  const [parent, child] = [{ procId: 5 }, { procId: 6 }]

  it('may be given back by another process, with the flag that flock sets', async () => {
    using exchange = await locking()
    await lock(exchange, 1, parent)
    expect(await lock(exchange, 1, { ...child, type: UNLCK, flags: 1 })).toBe(SUCCESS)
    expect(await lock(exchange, 2)).toBe(SUCCESS)
  })

  it('stays when another process closes the file', async () => {
    using exchange = await locking()
    await lock(exchange, 1, parent)
    expect(await lock(exchange, 1, { ...child, type: UNLCK })).toBe(SUCCESS)
    expect(await lock(exchange, 2)).toBe(BLOCKED)
  })

  it('is no lock of a range: those belong to processes alone', async () => {
    using exchange = await locking()
    await lock(exchange, 1, { ...parent, start: 0n, length: 10n })
    await lock(exchange, 1, { ...child, type: UNLCK, flags: 1 })
    expect(await lock(exchange, 2, { start: 5n, length: 1n })).toBe(BLOCKED)
  })
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
