// That the comparison compares: a side that lies is found out, and QEMU's end, hang or silence is told and never waited
// for.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { encodeFrame } from '../../src/wire/codec.js'
import { NOTAG } from '../../src/wire/constants.js'
import { QemuPeer } from '../support/qtest/qemu-peer.js'
import { GID, name, names, openPath } from './case.js'
import { requireQemu, Oracle } from './oracle.js'
import type { Pair } from './pair.js'
import type { Peer } from './peer.js'
import { describeOracleTests, misfits } from './suite.js'

const RGETATTR = 25
const RLERROR = 7

/** A peer whose replies of one type are changed. */
const lying = (peer: Peer, type: number, lie: (reply: Buffer) => void): Peer => ({
  async exchange(frame) {
    const reply = await peer.exchange(frame)
    if (reply[4] === type) lie(reply)
    return reply
  },
  exchangeAll: (frames) => peer.exchangeAll(frames),
})

it('every case can be run under some model, and no two have one title', () => {
  expect(misfits()).toEqual([])
})

describeOracleTests('the comparison', () => {
  /** Plays a sequence against a session that lies. */
  async function playAgainst(type: number, lie: (reply: Buffer) => void, sequence: (pair: Pair) => Promise<void>) {
    await using oracle = await Oracle.start({ model: 'mapped-xattr', disguise: (peer) => lying(peer, type, lie) })
    await oracle.play(async (pair) => {
      await pair.begin()
      await sequence(pair)
    })
  }

  it('finds out a reply of which one bit is wrong', async () => {
    // The number of links lies behind valid, qid, mode, uid and gid.
    const lie = (reply: Buffer): void => void reply.writeUInt8(reply[7 + 33]! ^ 1, 7 + 33)
    const sequence = async (pair: Pair) => void (await pair.call('Tgetattr', { fid: 0, requestMask: 0 }))
    await expect(playAgainst(RGETATTR, lie, sequence)).rejects.toThrow(/disagree about nlink/)
  })

  it('finds out another errno', async () => {
    const lie = (reply: Buffer): void => void reply.writeUInt32LE(1, 7)
    const sequence = async (pair: Pair) => void (await pair.refusal('Tclunk', { fid: 7 }))
    await expect(playAgainst(RLERROR, lie, sequence)).rejects.toThrow(/disagree about outcome: ENOENT and EPERM/)
  })

  it('finds out that two names are said to be two objects', async () => {
    const lie = (reply: Buffer): void => void reply.writeUInt8(reply[20]! ^ 1, 20)
    const sequence = async (pair: Pair) =>
      void (await pair.call('Twalk', { fid: 0, newfid: 1, wnames: names('file', '..', 'hard') }))
    await expect(playAgainst(111, lie, sequence)).rejects.toThrow(/disagree about wqids\[0\]\.is/)
  })

  it('finds out a tree that is not what the replies say', async () => {
    await using oracle = await Oracle.start({ model: 'mapped-xattr' })
    const played = oracle.play(async (pair) => {
      await pair.begin()
      await pair.call('Tmkdir', { dfid: 0, name: name('a'), mode: 0o755, gid: GID })
      rmSync(join(pair.options.trees.ours.root, 'a'), { recursive: true })
    })
    await expect(played).rejects.toThrow(/trees on the disk differ: .*"a": only in QEMU left/)
  })

  it('says how to come there again, in lines that are a case', async () => {
    const sequence = async (pair: Pair) => {
      await openPath(pair, 'file', 1)
      await pair.call('Twrite', { fid: 1, offset: 0, data: Buffer.from('x') })
      await pair.call('Tgetattr', { fid: 1, requestMask: 0x7ff })
    }
    const lie = (reply: Buffer): void => void reply.writeUInt8(9, 7 + 33)
    const message = await playAgainst(RGETATTR, lie, sequence).catch((cause: Error) => cause.message)
    expect(message).toContain("  await pair.send('Tlopen', { fid: 1, flags: 2 })\n")
    expect(message).toContain("  await pair.send('Twrite', { fid: 1, offset: 0, data: bytes('x') })\n")
  })
})

describeOracleTests('QEMU without a guest', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'virtfs-qtest-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const start = (patienceMs?: number): Promise<QemuPeer> =>
    QemuPeer.start(requireQemu(), { path: directory, securityModel: 'mapped-xattr' }, { patienceMs })
  const version = (text: string): Buffer => encodeFrame(NOTAG, 'Tversion', { msize: 8192, version: text })

  it('gives a reply of no bytes as such', async () => {
    await using qemu = await start()
    await qemu.exchange(version('9P2000.u'))
    await qemu.exchange(Buffer.from('1700000068000000000000ffffffff00000000e8030000', 'hex'))
    // Topen of fid 0, which is then a directory to be synced.
    await qemu.exchange(Buffer.from('0c0000007000000000000000', 'hex'))
    // Twstat of fid 0 with all fields "do not touch", which is a sync: QEMU 7.2 says nothing (reference §3.16).
    const [untouched, noStrings] = [Buffer.alloc(41, 0xff), Buffer.alloc(10)]
    const body = Buffer.concat([
      Buffer.from([0, 0, 0, 0, 63, 0, 61, 0]),
      untouched.subarray(2),
      noStrings,
      Buffer.alloc(12, 0xff),
    ])
    const frame = Buffer.concat([Buffer.alloc(4), Buffer.from([126, 1, 0]), body])
    frame.writeUInt32LE(frame.length)
    expect(await qemu.exchange(frame)).toHaveLength(0)
  })

  it('tells that a device was given up, and has it again after a reset', async () => {
    await using qemu = await start()
    await qemu.exchange(version('9P2000.L'))
    await expect(qemu.exchange(Buffer.from('090000001802000000', 'hex'))).rejects.toThrow(/decode VirtFS request/)
    await qemu.reset()
    expect((await qemu.exchange(version('9P2000.L')))[4]).toBe(101)
  })

  it('tells that QEMU ended', async () => {
    await using qemu = await start()
    process.kill(qemu.pid, 'SIGKILL')
    await expect(qemu.exchange(version('9P2000.L'))).rejects.toThrow(/ended by SIGKILL/)
    await expect(qemu.exchange(version('9P2000.L'))).rejects.toThrow(/ended by SIGKILL/)
  })

  it('ends a QEMU that does not answer, and tells what it was asked', async () => {
    await using qemu = await start(300)
    process.kill(qemu.pid, 'SIGSTOP')
    await expect(qemu.exchange(version('9P2000.L'))).rejects.toThrow(/cannot answer 15000000.*more than 300 ms/)
  })

  it('tells why QEMU did not start', async () => {
    rmSync(directory, { recursive: true })
    await expect(start()).rejects.toThrow(/failed to open/)
    directory = mkdtempSync(join(tmpdir(), 'virtfs-qtest-'))
  })

  it('leaves no process behind', async () => {
    const qemu = await start()
    const { pid } = qemu
    await qemu[Symbol.asyncDispose]()
    expect(existsSync(`/proc/${pid}`)).toBe(false)
  })
})
