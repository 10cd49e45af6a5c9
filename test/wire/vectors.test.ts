// Frames from the protocol reference, byte for byte.

import { expect, it } from 'vitest'
import { guestGid, guestUid } from '../../src/ids.js'
import { nameFromText } from '../../src/name.js'
import { type AnyMessage, decodeFrame, encodeFrame } from '../../src/wire/codec.js'
import { NOFID, NOTAG } from '../../src/wire/constants.js'
import { direntSize, dirent, readDirents } from '../../src/wire/dirents.js'
import { Cursor } from '../../src/wire/cursor.js'

const vectors: readonly (readonly [string, AnyMessage])[] = [
  [
    '1500000064ffff0000020008003950323030302e4c',
    { tag: NOTAG, message: 'Tversion', body: { msize: 131072, version: '9P2000.L' } },
  ],
  [
    '1500000065ffff0000020008003950323030302e4c',
    { tag: NOTAG, message: 'Rversion', body: { msize: 131072, version: '9P2000.L' } },
  ],
  [
    '1700000068000000000000ffffffff00000000e8030000',
    { tag: 0, message: 'Tattach', body: { fid: 0, afid: NOFID, uname: '', aname: '', nUname: guestUid(1000) } },
  ],
  [
    '140000006e010000000000010000000100010066',
    { tag: 1, message: 'Twalk', body: { fid: 0, newfid: 1, wnames: [nameFromText('f')] } },
  ],
  ['1300000018020001000000ff3f000000000000', { tag: 2, message: 'Tgetattr', body: { fid: 1, requestMask: 0x3fff } }],
  ['0b00000007020002000000', { tag: 2, message: 'Rlerror', body: { ecode: 2 } }],
  ['0b00000078030001000000', { tag: 3, message: 'Tclunk', body: { fid: 1 } }],
  [
    '260000006b020019004e6f20737563682066696c65206f72206469726563746f727902000000',
    { tag: 2, message: 'Rerror', body: { ename: 'No such file or directory', errno: 2 } },
  ],
]

it.each(vectors)('%s is what it says', (hex, message) => {
  expect(decodeFrame(Buffer.from(hex, 'hex'))).toEqual(message)
  expect(encodeFrame(message.tag, message.message, message.body).toString('hex')).toBe(hex)
})

it('Rgetattr is 160 bytes and Tsetattr 67', () => {
  const time = { atimeSec: 0, atimeNsec: 0, mtimeSec: 0, mtimeNsec: 0 }
  const owner = { mode: 0o100644, uid: guestUid(1), gid: guestGid(2), size: 3 }
  const attributes = {
    ...{ valid: 0x7ff, qid: { type: 0, version: 1, path: 2n }, ...owner, ...time, nlink: 1, rdev: 0n, blksize: 4096 },
    ...{ blocks: 8, ctimeSec: 0, ctimeNsec: 0, btimeSec: 0, btimeNsec: 0, gen: 0n, dataVersion: 0n },
  }
  expect(encodeFrame(1, 'Rgetattr', attributes)).toHaveLength(160)
  expect(encodeFrame(1, 'Tsetattr', { fid: 1, valid: 0, ...owner, ...time })).toHaveLength(67)
})

it('a directory entry takes 24 bytes and its name', () => {
  const entry = { qid: { type: 0x80, version: 1, path: 2n }, offset: 3n, type: 4, name: nameFromText('dir') }
  const cursor = new Cursor(Buffer.alloc(direntSize(entry.name)))
  dirent.write(cursor, entry)
  expect(cursor.bytes.toString('hex')).toBe('80010000000200000000000000030000000000000004' + '0300646972')
  expect(cursor.position).toBe(27)
  expect(readDirents(cursor.bytes)).toEqual([entry])
  expect(() => readDirents(cursor.bytes.subarray(0, 26))).toThrow('EPROTO')
})
