// How connections end: by a client that leaves, by a stream that cannot be read, and by a server that stops.

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { encodeFrame } from '../../src/wire/codec.js'
import { NOFID, NOTAG } from '../../src/wire/constants.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { type LiveOptions, type LiveServer, startServer } from '../support/live-server.js'
import { holdPool, nothingIsCached, settle } from '../support/pool.js'

async function start(options: LiveOptions = {}): Promise<LiveServer> {
  const server = await startServer('mapped-xattr', options)
  writeFileSync(join(server.tree, 'file'), 'content')
  return server
}

const pathsOf = (found: Record<string, string>): string[] =>
  Object.values(found).filter((target) => target.startsWith('/'))

it('a client that leaves without a word leaves nothing open', async () => {
  await using server = await start()
  const before = pathsOf(openDescriptors())
  for (let round = 0; round < 5; round += 1) {
    const { client, root } = await server.attach()
    for (let index = 0; index < 20; index += 1) {
      const fid = await client.walk(root, 'file')
      await client.call('Tlopen', { fid, flags: 2 })
    }
    expect(server.budget.inUse).toBeGreaterThan(20)
    await client.close()
    while (server.budget.inUse > 0) await settle()
  }
  expect(pathsOf(openDescriptors())).toEqual(before)
})

it('what came before a frame of a wrong size is answered', async () => {
  await using server = await start({ mayLog: true })
  await using raw = await server.raw()
  raw.send(
    Buffer.concat([
      encodeFrame(NOTAG, 'Tversion', { msize: 65_536, version: '9P2000.L' }),
      encodeFrame(1, 'Tattach', { fid: 0, afid: NOFID, uname: '', aname: '', nUname: 0 as never }),
      encodeFrame(2, 'Tstatfs', { fid: 0 }),
      Buffer.from('00000000', 'hex'),
    ]),
  )
  for (const message of ['Rversion', 'Rattach', 'Rstatfs']) {
    expect(await raw.nextMessage()).toMatchObject({ message })
  }
  expect(await raw.nextFrame()).toBeUndefined()
})

it('stopping answers what is under way, ends every connection and removes the socket', async () => {
  await using server = await start()
  using _cache = nothingIsCached()
  await using pool = holdPool()
  await using attached = await server.attach()
  const { client, root } = attached
  const file = await client.walk(root, 'file')
  await client.call('Tlopen', { fid: file, flags: 0 })
  const read = client.call('Tread', { fid: file, offset: 0, count: 100 })
  await client.call('Tgetattr', { fid: file, requestMask: 0 })
  const stopped = server.stop()
  await settle()
  expect(existsSync(server.address.slice('unix:'.length))).toBe(false)
  await pool.release()
  expect(Buffer.from((await read).data).toString()).toBe('content')
  await stopped
  await expect(client.call('Tstatfs', { fid: root })).rejects.toThrow()
  expect(server.budget.inUse).toBe(0)
})
