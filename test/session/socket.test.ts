// What only real connections show: locks between two of them, and the order in which one socket write is answered.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { guestUid } from '../../src/ids.js'
import type { WalkName } from '../../src/name.js'
import { encodeFrame } from '../../src/wire/codec.js'
import { NOFID, NOTAG } from '../../src/wire/constants.js'
import { holdPool, nothingIsCached } from '../support/pool.js'
import { type Attached, type LiveServer, startServer } from '../support/live-server.js'

const [WRLCK, UNLCK] = [1, 2] as const
const [SUCCESS, BLOCKED] = [0, 1] as const
const range = { start: 0n, length: 0n, procId: 7 } as const

async function open({ client, root }: Attached): Promise<number> {
  const fid = await client.walk(root, 'file')
  await client.call('Tlopen', { fid, flags: 2 })
  return fid
}

const lock = async ({ client }: Attached, fid: number, clientId: string): Promise<number> =>
  (await client.call('Tlock', { fid, type: WRLCK, flags: 1, ...range, clientId })).status

/** A raw client whose fid 1 is open on `file`; what comes next is sent in one write. */
async function opened(served: LiveServer) {
  writeFileSync(join(served.tree, 'file'), 'content')
  const raw = await served.raw()
  raw.send(
    Buffer.concat([
      encodeFrame(NOTAG, 'Tversion', { msize: 65_536, version: '9P2000.L' }),
      encodeFrame(1, 'Tattach', { fid: 0, afid: NOFID, uname: '', aname: '', nUname: guestUid(0) }),
      encodeFrame(1, 'Twalk', { fid: 0, newfid: 1, wnames: ['file'] as WalkName[] }),
      encodeFrame(1, 'Tlopen', { fid: 1, flags: 2 }),
    ]),
  )
  for (const message of ['Rversion', 'Rattach', 'Rwalk', 'Rlopen'])
    expect(await raw.nextMessage()).toMatchObject({ message })
  return raw
}

it('a lock of one connection keeps another out until its fid is clunked', async () => {
  await using served = await startServer()
  writeFileSync(join(served.tree, 'file'), 'content')
  await using a = await served.attach()
  await using b = await served.attach()
  const [fidA, fidB] = [await open(a), await open(b)]
  expect(await lock(a, fidA, 'a')).toBe(SUCCESS)
  expect(await lock(b, fidB, 'b')).toBe(BLOCKED)
  const asked = { fid: fidB, type: UNLCK, ...range, clientId: 'b' }
  expect(await b.client.call('Tgetlock', asked)).toMatchObject({ type: WRLCK, start: 0n, length: 0n })
  await a.client.clunk(fidA)
  expect(await b.client.call('Tgetlock', asked)).toMatchObject({ type: UNLCK })
  expect(await lock(b, fidB, 'b')).toBe(SUCCESS)
})

it('a lock ends with the connection that took it', async () => {
  await using served = await startServer()
  writeFileSync(join(served.tree, 'file'), 'content')
  await using b = await served.attach()
  const fidB = await open(b)
  {
    await using a = await served.attach()
    expect(await lock(a, await open(a), 'a')).toBe(SUCCESS)
    expect(await lock(b, fidB, 'b')).toBe(BLOCKED)
  }
  // The server hears of the end a few turns later: a client asks again, as Linux does.
  for (let tries = 1000; (await lock(b, fidB, 'b')) === BLOCKED; tries -= 1) expect(tries).toBeGreaterThan(0)
})

it('a read and its flush in one write are answered in that order', async () => {
  await using served = await startServer()
  using _cache = nothingIsCached()
  await using raw = await opened(served)
  raw.send(
    Buffer.concat([
      encodeFrame(5, 'Tread', { fid: 1, offset: 0, count: 100 }),
      encodeFrame(6, 'Tflush', { oldtag: 5 }),
    ]),
  )
  expect(await raw.nextMessage()).toMatchObject({ tag: 5, message: 'Rread' })
  expect(await raw.nextMessage()).toMatchObject({ tag: 6, message: 'Rflush' })
  raw.sendMessage(7, 'Tflush', { oldtag: 999 })
  expect(await raw.nextMessage()).toMatchObject({ tag: 7, message: 'Rflush' })
})

it('a slow sync does not keep what is behind it waiting', async () => {
  await using served = await startServer()
  await using raw = await opened(served)
  await using pool = holdPool()
  raw.send(
    Buffer.concat([
      encodeFrame(5, 'Tfsync', { fid: 1, datasync: 0 }),
      encodeFrame(6, 'Tgetattr', { fid: 1, requestMask: 0 }),
    ]),
  )
  expect(await raw.nextMessage()).toMatchObject({ tag: 6, message: 'Rgetattr' })
  await pool.release()
  expect(await raw.nextMessage()).toMatchObject({ tag: 5, message: 'Rfsync' })
})
