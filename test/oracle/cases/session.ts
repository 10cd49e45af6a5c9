// The start of a session, and frames as such (reference §3.1).

import { expect } from 'vitest'
import { guestUid } from '../../../src/ids.js'
import { encodeFrame } from '../../../src/wire/codec.js'
import { NOFID } from '../../../src/wire/constants.js'
import { type Case, createFile, file, GID, name, names, NOBODY_IN_PARTICULAR, outcomes, stat } from '../case.js'
import type { Pair } from '../pair.js'

const attach = (fid: number, nUname = 1000) => ({ fid, afid: NOFID, uname: '', aname: '', nUname: guestUid(nUname) })

/** A frame of `type` with `body` behind its header. */
function frame(type: number, tag: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.alloc(7 + body.length)
  bytes.writeUInt32LE(bytes.length)
  bytes[4] = type
  bytes.writeUInt16LE(tag, 5)
  body.copy(bytes, 7)
  return bytes
}

const send = (pair: Pair, bytes: Buffer, what: string) => outcomes(pair.send('frame', { bytes, what }))

export const sessionCases: readonly Case[] = [
  ...['9P2000', '9p2000.L', '9P2000.L.x', '9P2000.l', '9P2000.L ', ''].map((version): Case => ({
    title: `the version "${version}" is answered "unknown", with the msize asked for`,
    async run(pair) {
      expect(await pair.call('Tversion', { msize: 8192, version })).toEqual({ msize: 8192, version: 'unknown' })
    },
  })),
  ...[4096, 8192, 131_072, 1 << 20].map((msize): Case => ({
    title: `an msize of ${msize} is agreed to`,
    async run(pair) {
      expect(await pair.call('Tversion', { msize, version: '9P2000.L' })).toEqual({ msize, version: '9P2000.L' })
    },
  })),
  ...[0, 24, 4095].map((msize): Case => ({
    title: `an msize of ${msize} is refused`,
    async run(pair) {
      expect(await pair.refusal('Tversion', { msize, version: '9P2000.L' })).toEqual('EMSGSIZE')
    },
  })),
  {
    title: 'an msize beyond ours is agreed to by QEMU, and lowered by us',
    async run(pair) {
      const { qemu, ours } = await pair.send('Tversion', { msize: 0x7fff_ffff, version: '9P2000.L' })
      expect([qemu.body, ours.body]).toEqual([
        { msize: 0x7fff_ffff, version: '9P2000.L' },
        { msize: 1 << 20, version: '9P2000.L' },
      ])
    },
  },
  {
    title: 'an msize of 2^31 is negative to QEMU',
    async run(pair) {
      expect(await outcomes(pair.send('Tversion', { msize: 2 ** 31, version: '9P2000.L' }))).toEqual([
        'EMSGSIZE',
        'Rversion',
      ])
    },
  },
  {
    title: 'Tversion ends all fids',
    async run(pair) {
      await createFile(pair, 'a', 1)
      await pair.call('Tversion', { msize: 8192, version: '9P2000.L' })
      for (const fid of [0, 1]) expect(await pair.refusal('Tgetattr', { fid, requestMask: 0 })).toEqual('ENOENT')
      await pair.attach(0, 0)
      await stat(pair, 0)
    },
  },
  {
    title: 'a Tversion that agrees on nothing ends all fids, and QEMU’s session goes on',
    async run(pair) {
      await pair.call('Tversion', { msize: 8192, version: 'none of these' })
      expect(await outcomes(pair.send('Tgetattr', { fid: 0, requestMask: 0 }))).toEqual(['ENOENT', 'EPROTO'])
    },
  },
  {
    title: 'a request before Tversion is answered by QEMU, its refusal as Rerror',
    startsBare: true,
    async run(pair) {
      expect(await outcomes(pair.send('Tgetattr', { fid: 0, requestMask: 0 }))).toEqual([
        'Rerror ENOENT',
        'Rerror EPROTO',
      ])
      expect(await outcomes(pair.send('Tattach', attach(0)))).toEqual(['Rattach', 'Rerror EPROTO'])
    },
  },
  {
    title: 'Tversion carries any tag, and its reply the same',
    async run(pair) {
      const bytes = encodeFrame(5, 'Tversion', { msize: 8192, version: '9P2000.L' })
      expect(await send(pair, bytes, 'Tversion with tag 5')).toEqual(['Rversion', 'Rversion'])
    },
  },
  {
    title: 'there is no authentication',
    async run(pair) {
      const body = { afid: 3, uname: 'me', aname: '', nUname: guestUid(1000) }
      expect(await pair.refusal('Tauth', body)).toEqual('EOPNOTSUPP')
    },
  },
  {
    title: 'types that are no request are EOPNOTSUPP, replies included',
    async run(pair) {
      for (const type of [0, 6, 7, 9, 25, 101, 106, 107, 119, 128, 255]) {
        expect(await send(pair, frame(type, 3), `type ${type}`)).toEqual(['EOPNOTSUPP', 'EOPNOTSUPP'])
      }
    },
  },
  {
    title: 'types that are no request are EOPNOTSUPP on a read-only export too',
    as: 'read-only',
    async run(pair) {
      for (const type of [6, 106, 200]) {
        expect(await send(pair, frame(type, 3), `type ${type}`)).toEqual(['EOPNOTSUPP', 'EOPNOTSUPP'])
      }
    },
  },
  {
    title: 'bytes behind the last field are ignored',
    async run(pair) {
      const whole = encodeFrame(3, 'Tgetattr', { fid: 0, requestMask: 0x7ff })
      const bytes = Buffer.concat([whole, Buffer.from('more')])
      bytes.writeUInt32LE(bytes.length)
      expect(await send(pair, bytes, 'Tgetattr and 4 bytes')).toEqual(['Rgetattr', 'Rgetattr'])
    },
  },
  {
    title: 'bytes behind a Twrite’s data are ignored by QEMU, and refused by us',
    async run(pair) {
      await createFile(pair, 'a', 1)
      const whole = encodeFrame(3, 'Twrite', { fid: 1, offset: 0, data: Buffer.from('data') })
      const bytes = Buffer.concat([whole, Buffer.from('more')])
      bytes.writeUInt32LE(bytes.length)
      expect(await send(pair, bytes, 'Twrite and 4 bytes')).toEqual(['Rwrite', 'EINVAL'])
    },
  },
  {
    title: 'a message that is cut ends QEMU’s device, and is EPROTO of ours',
    async run(pair) {
      expect(await send(pair, frame(24, 3, Buffer.from([1, 0])), 'a cut Tgetattr')).toEqual(['given up', 'EPROTO'])
    },
  },
  {
    title: 'a Twrite that announces more than it brings ends QEMU’s device, and is EPROTO of ours',
    async run(pair) {
      await createFile(pair, 'a', 1)
      const bytes = encodeFrame(3, 'Twrite', { fid: 1, offset: 0, data: Buffer.from('data') })
      bytes.writeUInt32LE(5, 19)
      expect(await send(pair, bytes, 'Twrite of 5 bytes with 4')).toEqual(['given up', 'EPROTO'])
    },
  },
  {
    title: 'the size in a frame is not looked at by QEMU, and ends our stream when it cannot be',
    async run(pair) {
      const bytes = encodeFrame(3, 'Tgetattr', { fid: 0, requestMask: 0x7ff })
      bytes.writeUInt32LE(6)
      expect(await send(pair, bytes, 'Tgetattr of 6 bytes')).toEqual(['Rgetattr', 'given up'])
    },
  },
  {
    title: 'a frame larger than msize is answered by QEMU, and ends our stream',
    async run(pair) {
      await createFile(pair, 'a', 1)
      const bytes = encodeFrame(3, 'Twrite', { fid: 1, offset: 0, data: Buffer.alloc(8192) })
      expect(await send(pair, bytes, 'Twrite of 8192 bytes')).toEqual(['Rwrite', 'given up'])
    },
  },
  {
    title: 'a name that holds NUL is cut there by QEMU, and refused by us',
    async run(pair) {
      const body = { dfid: 0, name: name('a\0b'), mode: 0o755, gid: GID }
      expect(await outcomes(pair.send('Tmkdir', body))).toEqual(['Rmkdir', 'ENOENT'])
    },
  },
  {
    title: 'an attribute’s name that holds NUL is cut there by QEMU, and refused by us',
    async run(pair) {
      await pair.walk('file', 1)
      expect(await outcomes(pair.send('Txattrwalk', { fid: 1, newfid: 2, name: 'user.note\0x' }))).toEqual([
        'Rxattrwalk',
        'ENOENT',
      ])
    },
  },
  {
    title: 'two requests with one tag are both answered',
    async run(pair) {
      const [first, second] = [0x7ff, 0].map((requestMask) => encodeFrame(7, 'Tgetattr', { fid: 0, requestMask }))
      expect(await pair.sendTogether([first!, second!])).toEqual([
        ['7 Rgetattr', '7 Rgetattr'],
        ['7 Rgetattr', '7 Rgetattr'],
      ])
    },
  },
  {
    title: 'Tattach of a fid in use is EINVAL',
    async run(pair) {
      expect(await pair.refusal('Tattach', attach(0))).toEqual('EINVAL')
    },
  },
  {
    title: 'Tattach takes any fid number, 0xffffffff too',
    async run(pair) {
      await pair.call('Tattach', attach(NOFID))
      await stat(pair, NOFID)
    },
  },
  {
    title: 'Tattach does not look at afid, uname and aname',
    async run(pair) {
      await pair.call('Tattach', { fid: 4, afid: 2, uname: 'nobody at all', aname: '/directory', nUname: guestUid(7) })
      expect((await pair.call('Twalk', { fid: 4, newfid: 5, wnames: names('directory') })).wqids.length).toEqual(1)
    },
  },
  {
    title: 'new objects belong to whom the fid’s root was attached as',
    models: ['mapped-xattr', 'mapped-file', 'passthrough'],
    async run(pair) {
      await pair.attach(4, 4242)
      await pair.call('Twalk', { fid: 4, newfid: 5, wnames: names('empty') })
      await pair.call('Tmkdir', { dfid: 5, name: name('a'), mode: 0o755, gid: GID })
      await pair.walk('a', 6, 5)
      expect((await stat(pair, 6)).uid).toEqual(4242)
    },
  },
  {
    title: 'new objects of nobody in particular have no owner stored',
    async run(pair) {
      await pair.attach(4, NOBODY_IN_PARTICULAR)
      await pair.call('Tlcreate', { fid: 4, name: name('a'), flags: 2, mode: file(0o600), gid: GID })
      expect((await stat(pair, 4)).uid).toEqual(process.getuid!())
    },
  },
]
