// Steps that make sense in both dialects, with the messages that are in both.

import fc from 'fast-check'
import * as wire from '../../../src/wire/constants.js'
import { oneOf, type Weighted, weighted } from './drawing.js'
import { anyName, count, fid, offset, path, payload, takenFid, uid } from './members.js'
import { message, type Step } from './step.js'

const walkNames = fc.array(anyName, { maxLength: 3 })

/** Types that are no request. */
const oddFrame = fc
  .record({ type: oneOf(0, 6, 7, 10, 25, 99, 101, 106, 107, 128, 255), length: fc.nat({ max: 8 }) })
  .map(({ type, length }): Step => {
    const bytes = Buffer.alloc(7 + length)
    bytes.writeUInt32LE(bytes.length)
    bytes[4] = type
    return { does: 'send', sent: { message: 'frame', body: { bytes, what: `type ${type}` } }, isDaring: false }
  })

/** `openBits` are what a fid may be opened with. */
export const baseSteps = (openBits: fc.Arbitrary<number>): readonly Weighted<Step>[] => [
  [
    30,
    fc.record({
      does: fc.constant('reach' as const),
      fid: takenFid,
      path,
      flags: weighted<number | undefined>([1, fc.constant(undefined)], [2, openBits]),
    }),
  ],
  [8, message('Twalk', { fid, newfid: takenFid, wnames: walkNames })],
  [8, message('Tread', { fid, offset, count })],
  [8, message('Twrite', { fid, offset, data: payload })],
  [4, message('Tremove', { fid: takenFid })],
  [5, message('Tclunk', { fid: takenFid })],
  [
    3,
    message('Tattach', {
      fid: takenFid,
      afid: fc.constant(wire.NOFID),
      uname: oneOf('', 'me'),
      aname: oneOf('', '/x'),
      nUname: uid,
    }),
  ],
  [1, message('Tflush', { oldtag: fc.nat({ max: 0xffff }) })],
  [1, message('Tauth', { afid: fid, uname: fc.constant(''), aname: fc.constant(''), nUname: uid })],
  [1, fc.record({ does: fc.constant('renew' as const), nUname: uid, msize: oneOf(4096, 8192, 65_536) })],
  [1, oddFrame],
]
