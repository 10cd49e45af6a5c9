// A client on a real socket that asks for a lot and reads nothing: the server stops working for it, and loses nothing.

import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { guestUid } from '../../src/ids.js'
import type { WalkName } from '../../src/name.js'
import { injectFaults } from '../../src/sys/call.js'
import { encodeFrame, rows } from '../../src/wire/codec.js'
import { NOFID, NOTAG } from '../../src/wire/constants.js'
import { FrameReader } from '../../src/wire/frames.js'
import { startServer } from '../support/live-server.js'

const [COUNT, SIZE, MIB] = [2000, 65_536, 1 << 20] as const
const msize = 131_072
/** Turns of the event loop in which the server read nothing more: it has stopped. */
const QUIET = 200

it('2,000 reads of 64 KiB whose replies nobody reads are left undone, then answered in order', async () => {
  await using served = await startServer('mapped-xattr', { session: { msize } })
  writeFileSync(join(served.tree, 'file'), Buffer.alloc(SIZE, 0x61))
  await using witness = await served.attach()
  let reads = 0
  injectFaults((call) => {
    if (call === 'preadv2') reads += 1
    return 0
  })
  const socket = connect(served.socket)
  try {
    const memory = process.memoryUsage().arrayBuffers
    socket.pause()
    socket.write(
      Buffer.concat([
        encodeFrame(NOTAG, 'Tversion', { msize, version: '9P2000.L' }),
        encodeFrame(0, 'Tattach', { fid: 0, afid: NOFID, uname: '', aname: '', nUname: guestUid(0) }),
        encodeFrame(0, 'Twalk', { fid: 0, newfid: 1, wnames: ['file'] as WalkName[] }),
        encodeFrame(0, 'Tlopen', { fid: 1, flags: 0 }),
        ...Array.from({ length: COUNT }, (_, tag) => encodeFrame(tag, 'Tread', { fid: 1, offset: 0, count: SIZE })),
      ]),
    )
    for (let quiet = 0, seen = 0; reads === 0 || quiet < QUIET; quiet += 1) {
      await turn()
      if (reads !== seen) quiet = 0
      seen = reads
    }
    expect(reads * SIZE).toBeLessThan(8 * MIB)
    expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(16 * MIB)
    // Another connection is served meanwhile.
    expect((await witness.client.readdir(witness.root)).length).toBe(3)

    const reader = new FrameReader(msize)
    const replies: string[] = []
    const done = new Promise<void>((resolve, reject) => {
      socket.on('error', reject).on('close', () => reject(new Error('The server ended the connection')))
      socket.on('data', (chunk: Buffer) => {
        for (let at = 0; at < chunk.length;) {
          const length = chunk.copy(reader.tail(), 0, at)
          reader.received(length)
          at += length
          while (reader.next()) replies.push(`${reader.type} ${reader.tag} ${reader.size}`)
        }
        if (replies.length >= COUNT + 4) resolve()
      })
    })
    socket.resume()
    await done
    const expected = Array.from({ length: COUNT }, (_, tag) => `${rows.Rread.type} ${tag} ${SIZE + 11}`)
    expect(replies.slice(4)).toEqual(expected)
    expect(reads).toBe(COUNT)
  } finally {
    injectFaults(undefined)
    socket.destroy()
  }
})
