// Whatever bytes arrive, the server goes on and so does every other connection. Random frames come from a seed, which a
// failure prints: SEED=n repeats it.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { guestGid, guestUid } from '../../src/ids.js'
import type { Name } from '../../src/name.js'
import type { Client } from '../../src/client/client.js'
import { encodeFrame } from '../../src/wire/codec.js'
import { DMDEVICE, DMDIR, DMLINK, DMSYMLINK, NOFID } from '../../src/wire/constants.js'
import { NO_CHANGE } from '../../src/wire/stat.js'
import { startServer } from '../support/live-server.js'
import { seed } from '../support/seed.js'

/** mulberry32: small, and the same everywhere. */
function randomFrom(state: number): (below: number) => number {
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const name = 'file' as Name
const special = 'special' as Name
const gid = guestGid(0)
const version = encodeFrame(0xffff, 'Tversion', { msize: 65_536, version: '9P2000.L' })
const versionOfU = encodeFrame(0xffff, 'Tversion', { msize: 65_536, version: '9P2000.u' })
const attach = encodeFrame(1, 'Tattach', { fid: 0, afid: NOFID, uname: '', aname: '', nUname: guestUid(0) })
const seeds = [
  attach,
  encodeFrame(2, 'Twalk', { fid: 0, newfid: 1, wnames: [name] }),
  encodeFrame(3, 'Tlopen', { fid: 1, flags: 2 }),
  encodeFrame(4, 'Tread', { fid: 1, offset: 0, count: 4096 }),
  encodeFrame(5, 'Twrite', { fid: 1, offset: 0, data: Buffer.from('content') }),
  encodeFrame(6, 'Tgetattr', { fid: 0, requestMask: 0x3fff }),
  encodeFrame(7, 'Tlcreate', { fid: 1, name, flags: 0o102, mode: 0o644, gid }),
  encodeFrame(8, 'Tmkdir', { dfid: 0, name, mode: 0o755, gid }),
  encodeFrame(9, 'Trenameat', { olddirfid: 0, oldname: name, newdirfid: 0, newname: name }),
  encodeFrame(10, 'Txattrwalk', { fid: 0, newfid: 2, name: 'user.a' }),
  encodeFrame(11, 'Txattrcreate', { fid: 1, name: 'user.a', attrSize: 4, flags: 0 }),
  encodeFrame(12, 'Treaddir', { fid: 1, offset: 0n, count: 4096 }),
  encodeFrame(13, 'Tunlinkat', { dirfid: 0, name, flags: 0 }),
  encodeFrame(14, 'Tflush', { oldtag: 4 }),
  encodeFrame(15, 'Tclunk', { fid: 1 }),
  encodeFrame(16, 'Tlock', { fid: 1, type: 1, flags: 0, start: 0n, length: 0n, procId: 1, clientId: 'x' }),
  encodeFrame(17, 'Tfsync', { fid: 1, datasync: 0 }),
  encodeFrame(18, 'Tmknod', { dfid: 0, name: special, mode: 0o010644, major: 1, minor: 3, gid }),
  encodeFrame(19, 'Tsymlink', { dfid: 0, name: special, symtgt: '/etc/passwd', gid }),
  encodeFrame(20, 'Treadlink', { fid: 2 }),
  encodeFrame(21, 'Tlink', { dfid: 0, fid: 1, name: special }),
  encodeFrame(22, 'Trename', { fid: 2, dfid: 0, name: special }),
  encodeFrame(23, 'Tremove', { fid: 2 }),
  encodeFrame(24, 'Tstatfs', { fid: 0 }),
  encodeFrame(25, 'Tgetlock', { fid: 1, type: 2, start: 0n, length: 0n, procId: 1, clientId: 'x' }),
  encodeFrame(26, 'Tauth', { afid: 3, uname: 'x', aname: 'y', nUname: guestUid(0) }),
  encodeFrame(27, 'Twalk', { fid: 0, newfid: 2, wnames: [special, '..', name] }),
  encodeFrame(28, 'Tsetattr', {
    fid: 1,
    valid: 0x1ff,
    mode: 0o100777,
    uid: guestUid(1),
    gid,
    size: 1,
    atimeSec: 1,
    atimeNsec: 1,
    mtimeSec: 1,
    mtimeNsec: 1,
  }),
]

const seedsOfU = [
  encodeFrame(40, 'Topen', { fid: 1, mode: 2 }),
  encodeFrame(41, 'Tcreate', { fid: 1, name, perm: 0o644, mode: 2, extension: '' }),
  encodeFrame(42, 'Tcreate', { fid: 1, name: special, perm: DMDEVICE, mode: 0, extension: 'c 1 3' }),
  encodeFrame(43, 'Tcreate', { fid: 1, name: special, perm: DMLINK, mode: 0, extension: '2' }),
  encodeFrame(44, 'Tcreate', { fid: 1, name: special, perm: DMSYMLINK, mode: 0, extension: '/etc/passwd' }),
  encodeFrame(45, 'Tcreate', { fid: 1, name: special, perm: DMDIR, mode: 0, extension: '' }),
  encodeFrame(46, 'Tstat', { fid: 2 }),
  encodeFrame(47, 'Twstat', { fid: 2, stat: { ...NO_CHANGE, mode: 0o600, name: special } }),
  encodeFrame(48, 'Twstat', { fid: 2, stat: NO_CHANGE }),
]

const LAST_TAG = 0xfffe
const last = encodeFrame(LAST_TAG, 'Tgetattr', { fid: 0, requestMask: 0x7ff })

/** Changes some bytes of the body; the size stays true, so that the stream goes on. */
function mutate(random: (below: number) => number): Buffer {
  const all = [...seeds, ...seedsOfU]
  const frame = Buffer.from(all[random(all.length)] ?? version)
  const changes = random(4)
  for (let i = 0; i < changes; i += 1) frame[4 + random(frame.length - 4)] = random(256)
  return frame
}

async function isAlive(client: Client, root: number): Promise<void> {
  const fid = await client.walk(root, 'witness')
  expect((await client.readFile(fid)).toString()).toBe('untouched')
  await client.clunk(fid)
}

const FRAMES = 20_000
const BATCH = 200

it(
  `20,000 mutated frames end neither the server nor another connection (SEED=${seed})`,
  { timeout: 120_000 },
  async () => {
    await using server = await startServer('mapped-xattr', { mayLog: true })
    await using witness = await server.attach()
    const random = randomFrom(seed)
    for (let sent = 0; sent < FRAMES; sent += BATCH) {
      // The guest may do as it likes in the tree, so the witness is put back each time.
      writeFileSync(join(server.tree, 'witness'), 'untouched')
      await using hostile = await server.raw()
      const batch = Array.from({ length: BATCH }, () => mutate(random))
      hostile.send(Buffer.concat([sent % (2 * BATCH) === 0 ? version : versionOfU, attach, ...batch, last]))
      const meanwhile = isAlive(witness.client, witness.root)
      // Each is answered, but for what a mutated Tversion abandons; the last one tells that all were looked at.
      for (let tag = -1; tag !== LAST_TAG;) {
        const frame = await hostile.nextFrame()
        expect(frame, `frames ${sent} to ${sent + BATCH}`).toBeDefined()
        tag = frame?.readUInt16LE(5) ?? LAST_TAG
      }
      await meanwhile
      await isAlive(witness.client, witness.root)
    }
    expect(server.log.filter((line) => line.includes('defect'))).toEqual([])
  },
)

it('bytes that are no frames end their own connection only', async () => {
  await using server = await startServer('mapped-xattr', { mayLog: true })
  writeFileSync(join(server.tree, 'witness'), 'untouched')
  await using witness = await server.attach()
  const garbage = [
    'ffffffff',
    '00000000',
    '06000000640000',
    '01001000640000ffff',
    Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex'),
  ]
  for (const hex of garbage) {
    await using hostile = await server.raw()
    hostile.send(Buffer.from(hex, 'hex'))
    expect(await hostile.nextFrame()).toBeUndefined()
    await isAlive(witness.client, witness.root)
  }
})

it('a frame that claims 1 MiB and sends seven bytes costs nothing but its connection', async () => {
  await using server = await startServer('mapped-xattr', { mayLog: true })
  writeFileSync(join(server.tree, 'witness'), 'untouched')
  await using witness = await server.attach()
  const before = process.memoryUsage().arrayBuffers
  const clients = await Promise.all(Array.from({ length: 50 }, () => server.raw()))
  for (const client of clients) client.send(Buffer.from('00001000740000', 'hex'))
  await isAlive(witness.client, witness.root)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * (1 << 20))
  for (const client of clients) await client.close()
})
