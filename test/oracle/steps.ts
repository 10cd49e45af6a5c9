// What a generated sequence may do next. A step is plain data, so that fast-check can make it simpler; what it sends may
// depend on what was answered before (see perform.ts).

import fc from 'fast-check'
import { guestGid, guestUid } from '../../src/ids.js'
import type { Name } from '../../src/name.js'
import { S_IFBLK, S_IFCHR, S_IFIFO, S_IFREG, S_IFSOCK } from '../../src/sys/constants.js'
import * as wire from '../../src/wire/constants.js'
import type { Body, Request } from '../../src/wire/messages.js'
import { type Sent, sentOf } from './messages.js'
import { plantedNames } from './start-tree.js'

export type Step =
  /** One message, as it is. */
  | { readonly does: 'send'; readonly sent: Sent; readonly isDaring: boolean }
  /** A fid is freed if need be, walked to a path from the root, and perhaps opened. */
  | {
      readonly does: 'reach'
      readonly fid: number
      readonly path: readonly string[]
      readonly flags: number | undefined
    }
  /** The version is agreed upon anew, which ends every fid, and the root attached again. */
  | { readonly does: 'renew'; readonly nUname: number; readonly msize: number }
  /** Permission bits are changed as Linux does: with the type bits that the object has. */
  | { readonly does: 'chmod'; readonly fid: number; readonly permissions: number; readonly ctime: boolean }
  /** An attribute is set on a clone of the fid. */
  | {
      readonly does: 'setxattr'
      readonly fid: number
      readonly name: string
      readonly value: string
      readonly flags: number
    }
  /** An attribute, or the list of them, is read through a fid of its own. */
  | { readonly does: 'getxattr'; readonly fid: number; readonly name: string }

/** The fid that a step takes for itself and gives back. */
export const SPARE_FID = 9

const bits = (...values: number[]): fc.Arbitrary<number> =>
  fc.subarray(values).map((some) => some.reduce((all, bit) => all | bit, 0))
const weighted = <T>(...choices: [weight: number, arbitrary: fc.Arbitrary<T>][]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })))
const oneOf = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values)

const fid = fc.nat({ max: 5 })
const takenFid = fc.integer({ min: 1, max: 5 })
const directoryFid = weighted<number>([3, fc.constant(0)], [2, fid])

const NEW_NAMES = ['a', 'b', 'c', '\xff\xfe', 'x'.repeat(255)]
const INNER_NAMES = ['inner', 'nested', 'deep']
const ODD_NAMES = [
  ...['.', '..', '', 'a/b', 'a/', '/', 'x'.repeat(256)],
  ...['.virtfs_metadata', '.virtfs_metadata_root', '.virtfs_metadatax'],
]
const PATHS = [
  ...plantedNames,
  'directory/inner',
  'directory/nested',
  'directory/nested/deep',
  'empty/a',
  'a',
  'b',
  'a/b',
]

const anyName = weighted(
  [8, oneOf(...NEW_NAMES)],
  [6, oneOf(...plantedNames)],
  [2, oneOf(...INNER_NAMES)],
  [2, oneOf(...ODD_NAMES)],
).map((name) => name as Name)
const newName = weighted([8, oneOf(...NEW_NAMES)], [2, oneOf(...plantedNames)], [1, oneOf(...ODD_NAMES)]).map(
  (name) => name as Name,
)
const path = oneOf(...PATHS).map((text) => text.split('/'))

const permissions = oneOf(0o644, 0o600, 0o755, 0o700, 0o4755, 0o2755, 0o6711, 0o1777, 0, 0o7777, 0o444)
const uid = oneOf(0, 1, 1000, 1001, 65534, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff).map(guestUid)
const gid = oneOf(0, 1, 1000, 1001, 65534, 0x8000_0000, 0xffff_ffff).map(guestGid)
/** Nothing between what a disk holds easily and what no file system does: the trees are read whole. */
const size = oneOf(0, 1, 7, 100, 4095, 4096, 20_000, 2 ** 62, 2 ** 63)
const offset = oneOf(0, 0, 0, 1, 5, 19, 4096, 20_000, 2 ** 62, 2 ** 63)
const count = oneOf(0, 1, 7, 100, 4096, 8168)
const payload = oneOf('', 'x', 'written', 'y'.repeat(3000), '\0\xff\n').map((text) => Buffer.from(text, 'latin1'))
const seconds = oneOf(0, 1, -1, 1_000_000, 4_000_000_000)
const nanoseconds = oneOf(0, 1, 999_999_999, 1_000_000_000, 0x3fff_ffff, 0x3fff_fffe)
const range = oneOf(0n, 1n, 100n, 2n ** 62n)

const access = weighted([4, fc.constant(wire.DOTL_RDWR)], [2, oneOf(0, 1, 2, 3)])
const extraFlags = weighted(
  [3, fc.constant(0)],
  [
    2,
    bits(
      ...[wire.DOTL_CREATE, wire.DOTL_EXCL, wire.DOTL_NOCTTY, wire.DOTL_APPEND, wire.DOTL_NONBLOCK],
      ...[wire.DOTL_DSYNC, wire.DOTL_FASYNC, wire.DOTL_DIRECT, wire.DOTL_LARGEFILE, wire.DOTL_DIRECTORY],
      ...[wire.DOTL_NOFOLLOW, wire.DOTL_NOATIME, wire.DOTL_CLOEXEC, wire.DOTL_SYNC, wire.DOTL_TRUNC],
    ),
  ],
  [1, oneOf(wire.DOTL_TRUNC, wire.DOTL_APPEND, wire.DOTL_EXCL)],
)
const flags = fc.tuple(access, extraFlags).map(([mode, extra]) => mode | extra)

const attributeName = oneOf(
  ...['user.note', 'user.new', 'user.', 'user', '', 'user.virtfs', 'user.virtfs.uid', 'user.virtfs.mode'],
  ...['trusted.x', 'security.capability', 'system.posix_acl_access', 'system.posix_acl_default', 'system.other'],
)
const attributeValue = oneOf('v', '', 'longer than before', 'z'.repeat(2000))
const attributeFlags = oneOf(0, 0, wire.XATTR_CREATE, wire.XATTR_REPLACE, 3, 4)

const nodeType = oneOf(S_IFREG, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK)
const deviceNumber = oneOf(0, 1, 3, 255, 256, 4095)

const settable = weighted(
  [2, oneOf(wire.SETATTR_UID, wire.SETATTR_GID, wire.SETATTR_UID | wire.SETATTR_GID | wire.SETATTR_CTIME)],
  [2, oneOf(wire.SETATTR_SIZE, wire.SETATTR_SIZE | wire.SETATTR_MTIME | wire.SETATTR_CTIME)],
  [2, oneOf(0x1f0, 0x70, wire.SETATTR_ATIME | wire.SETATTR_ATIME_SET, wire.SETATTR_MTIME | wire.SETATTR_MTIME_SET)],
  [1, oneOf(0, wire.SETATTR_CTIME, 0x80, 0x100, 0x8000_0000)],
  [1, bits(0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80, 0x100)],
)

/** One message with drawn members. Daring ones are sent though it is known that the two servers may differ on them. */
function message<N extends Request>(
  name: N,
  members: { [K in keyof Body<N>]: fc.Arbitrary<Body<N>[K]> },
): fc.Arbitrary<Step> {
  const body = fc.record(members)
  const isDaring = weighted([30, fc.constant(false)], [1, fc.constant(true)])
  return fc.record({ body, isDaring }).map((drawn): Step => ({
    does: 'send',
    sent: sentOf(name, drawn.body),
    isDaring: drawn.isDaring,
  }))
}

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

export const step: fc.Arbitrary<Step> = weighted<Step>(
  [
    30,
    fc.record({
      does: fc.constant('reach' as const),
      fid: takenFid,
      path,
      flags: weighted<number | undefined>([1, fc.constant(undefined)], [2, flags]),
    }),
  ],
  [8, message('Twalk', { fid, newfid: takenFid, wnames: walkNames })],
  [4, message('Tlopen', { fid, flags })],
  [
    6,
    message('Tlcreate', {
      fid: directoryFid,
      name: newName,
      flags,
      mode: permissions.map((mode) => mode | S_IFREG),
      gid,
    }),
  ],
  [8, message('Tread', { fid, offset, count })],
  [8, message('Twrite', { fid, offset, data: payload })],
  [5, message('Treaddir', { fid, offset: oneOf(0n, 0n, 0n, 1n, 2n ** 62n), count: oneOf(8168, 4096, 512, 300) })],
  [1, message('Tfsync', { fid, datasync: oneOf(0, 1) })],
  [8, message('Tgetattr', { fid, requestMask: oneOf(0x7ff, 0x17ff, 0x3fff, 0) })],
  [3, message('Tstatfs', { fid })],
  [3, message('Treadlink', { fid })],
  [
    8,
    message('Tsetattr', {
      ...{ fid, valid: settable, mode: fc.constant(0), uid, gid, size },
      ...{ atimeSec: seconds, atimeNsec: nanoseconds, mtimeSec: seconds, mtimeNsec: nanoseconds },
    }),
  ],
  [6, fc.record({ does: fc.constant('chmod' as const), fid, permissions, ctime: fc.boolean() })],
  [6, message('Tmkdir', { dfid: directoryFid, name: newName, mode: permissions, gid })],
  [
    4,
    message('Tmknod', {
      ...{ dfid: directoryFid, name: newName, major: deviceNumber, minor: deviceNumber, gid },
      mode: fc.tuple(nodeType, permissions).map(([type, mode]) => type | mode),
    }),
  ],
  [
    4,
    message('Tsymlink', {
      dfid: directoryFid,
      name: newName,
      symtgt: oneOf('', 'file', '/x/y', 'z'.repeat(4000)),
      gid,
    }),
  ],
  [5, message('Tlink', { dfid: directoryFid, fid, name: newName })],
  [4, message('Trename', { fid, dfid: weighted([3, directoryFid], [1, fc.constant(wire.NOFID)]), name: anyName })],
  [
    8,
    message('Trenameat', {
      ...{ olddirfid: directoryFid, oldname: anyName, newname: anyName },
      newdirfid: weighted([3, directoryFid], [1, fc.constant(wire.NOFID)]),
    }),
  ],
  [8, message('Tunlinkat', { dirfid: directoryFid, name: anyName, flags: oneOf(0, 0, wire.AT_REMOVEDIR, 1) })],
  [4, message('Tremove', { fid: takenFid })],
  [5, message('Tclunk', { fid: takenFid })],
  [2, message('Txattrwalk', { fid, newfid: takenFid, name: attributeName })],
  [
    2,
    message('Txattrcreate', { fid, name: attributeName, attrSize: oneOf(0, 3, 65_536, 65_537), flags: attributeFlags }),
  ],
  [
    6,
    fc.record({
      does: fc.constant('setxattr' as const),
      fid,
      name: attributeName,
      value: attributeValue,
      flags: attributeFlags,
    }),
  ],
  [6, fc.record({ does: fc.constant('getxattr' as const), fid, name: attributeName })],
  [
    3,
    message('Tlock', {
      ...{ fid, type: oneOf(0, 1, 2), flags: oneOf(0, 1, 2), start: range, length: range },
      ...{ procId: fc.constant(7), clientId: fc.constant('host') },
    }),
  ],
  [
    2,
    message('Tgetlock', {
      ...{ fid, type: oneOf(0, 1, 2), start: range, length: range },
      ...{ procId: fc.constant(7), clientId: fc.constant('host') },
    }),
  ],
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
)
