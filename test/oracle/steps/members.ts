// What the members of messages are drawn from: values that are alike on both sides, near the edges, and few enough to
// meet each other.

import fc from 'fast-check'
import { guestGid, guestUid } from '../../../src/ids.js'
import type { Name } from '../../../src/name.js'
import { S_IFBLK, S_IFCHR, S_IFIFO, S_IFREG, S_IFSOCK } from '../../../src/sys/constants.js'
import * as wire from '../../../src/wire/constants.js'
import { plantedNames } from '../start-tree.js'
import { bits, oneOf, weighted } from './drawing.js'

export const fid = fc.nat({ max: 5 })
export const takenFid = fc.integer({ min: 1, max: 5 })
export const directoryFid = weighted<number>([3, fc.constant(0)], [2, fid])

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

export const anyName = weighted(
  [8, oneOf(...NEW_NAMES)],
  [6, oneOf(...plantedNames)],
  [2, oneOf(...INNER_NAMES)],
  [2, oneOf(...ODD_NAMES)],
).map((name) => name as Name)
export const newName = weighted([8, oneOf(...NEW_NAMES)], [2, oneOf(...plantedNames)], [1, oneOf(...ODD_NAMES)]).map(
  (name) => name as Name,
)
export const path = oneOf(...PATHS).map((text) => text.split('/'))

export const permissions = oneOf(0o644, 0o600, 0o755, 0o700, 0o4755, 0o2755, 0o6711, 0o1777, 0, 0o7777, 0o444)
export const uid = oneOf(0, 1, 1000, 1001, 65534, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff).map(guestUid)
export const gid = oneOf(0, 1, 1000, 1001, 65534, 0x8000_0000, 0xffff_ffff).map(guestGid)
/** Nothing between what a disk holds easily and what no file system does: the trees are read whole. */
export const size = oneOf(0, 1, 7, 100, 4095, 4096, 20_000, 2 ** 62, 2 ** 63)
export const offset = oneOf(0, 0, 0, 1, 5, 19, 4096, 20_000, 2 ** 62, 2 ** 63)
export const count = oneOf(0, 1, 7, 100, 4096, 8168)
export const payload = oneOf('', 'x', 'written', 'y'.repeat(3000), '\0\xff\n').map((text) =>
  Buffer.from(text, 'latin1'),
)
export const seconds = oneOf(0, 1, -1, 1_000_000, 4_000_000_000)
export const nanoseconds = oneOf(0, 1, 999_999_999, 1_000_000_000, 0x3fff_ffff, 0x3fff_fffe)
export const range = oneOf(0n, 1n, 100n, 2n ** 62n)

export const access = weighted([4, fc.constant(wire.DOTL_RDWR)], [2, oneOf(0, 1, 2, 3)])
export const extraFlags = weighted(
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
export const flags = fc.tuple(access, extraFlags).map(([mode, extra]) => mode | extra)

export const attributeName = oneOf(
  ...['user.note', 'user.new', 'user.', 'user', '', 'user.virtfs', 'user.virtfs.uid', 'user.virtfs.mode'],
  ...['trusted.x', 'security.capability', 'system.posix_acl_access', 'system.posix_acl_default', 'system.other'],
)
export const attributeValue = oneOf('v', '', 'longer than before', 'z'.repeat(2000))
export const attributeFlags = oneOf(0, 0, wire.XATTR_CREATE, wire.XATTR_REPLACE, 3, 4)

export const nodeType = oneOf(S_IFREG, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK)
export const deviceNumber = oneOf(0, 1, 3, 255, 256, 4095)

export const settable = weighted(
  [2, oneOf(wire.SETATTR_UID, wire.SETATTR_GID, wire.SETATTR_UID | wire.SETATTR_GID | wire.SETATTR_CTIME)],
  [2, oneOf(wire.SETATTR_SIZE, wire.SETATTR_SIZE | wire.SETATTR_MTIME | wire.SETATTR_CTIME)],
  [2, oneOf(0x1f0, 0x70, wire.SETATTR_ATIME | wire.SETATTR_ATIME_SET, wire.SETATTR_MTIME | wire.SETATTR_MTIME_SET)],
  [1, oneOf(0, wire.SETATTR_CTIME, 0x80, 0x100, 0x8000_0000)],
  [1, bits(0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80, 0x100)],
)
