// The protocol's numbers, as the reference has them (§5.2). Server and client of ours share one table: a wrong number
// in it would be wrong on both sides of every other test.

import { expect, it } from 'vitest'
import * as wire from '../../src/wire/constants.js'

const GROUPS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'special values': {
    NOTAG: 0xffff,
    NOFID: 0xffff_ffff,
    NONUNAME: 0xffff_ffff,
    MAXWELEM: 16,
    HEADER_SIZE: 7,
    PAYLOAD_HEADER_SIZE: 11,
    IOHDRSZ: 24,
    LEAST_MSIZE: 4096,
    TEXT_REPLY_MAX: 8192,
  },
  'flags of Tlopen and Tlcreate': {
    DOTL_RDONLY: 0,
    DOTL_WRONLY: 1,
    DOTL_RDWR: 2,
    DOTL_NOACCESS: 3,
    DOTL_CREATE: 0o100,
    DOTL_EXCL: 0o200,
    DOTL_NOCTTY: 0o400,
    DOTL_TRUNC: 0o1000,
    DOTL_APPEND: 0o2000,
    DOTL_NONBLOCK: 0o4000,
    DOTL_DSYNC: 0o10000,
    DOTL_FASYNC: 0o20000,
    DOTL_DIRECT: 0o40000,
    DOTL_LARGEFILE: 0o100000,
    DOTL_DIRECTORY: 0o200000,
    DOTL_NOFOLLOW: 0o400000,
    DOTL_NOATIME: 0o1000000,
    DOTL_CLOEXEC: 0o2000000,
    DOTL_SYNC: 0o4000000,
  },
  'modes of Topen and Tcreate': {
    OREAD: 0,
    OWRITE: 1,
    ORDWR: 2,
    OEXEC: 3,
    OTRUNC: 0x10,
    OAPPEND: 0x80,
    // QEMU's; Linux's 0x1000 does not fit the byte.
    OEXCL: 0x04,
  },
  'what Tgetattr asks for': {
    GETATTR_MODE: 0x1,
    GETATTR_NLINK: 0x2,
    GETATTR_UID: 0x4,
    GETATTR_GID: 0x8,
    GETATTR_RDEV: 0x10,
    GETATTR_ATIME: 0x20,
    GETATTR_MTIME: 0x40,
    GETATTR_CTIME: 0x80,
    GETATTR_INO: 0x100,
    GETATTR_SIZE: 0x200,
    GETATTR_BLOCKS: 0x400,
    GETATTR_BTIME: 0x800,
    GETATTR_GEN: 0x1000,
    GETATTR_DATA_VERSION: 0x2000,
    GETATTR_BASIC: 0x7ff,
    GETATTR_ALL: 0x3fff,
  },
  'what Tsetattr changes': {
    SETATTR_MODE: 0x1,
    SETATTR_UID: 0x2,
    SETATTR_GID: 0x4,
    SETATTR_SIZE: 0x8,
    SETATTR_ATIME: 0x10,
    SETATTR_MTIME: 0x20,
    SETATTR_CTIME: 0x40,
    SETATTR_ATIME_SET: 0x80,
    SETATTR_MTIME_SET: 0x100,
  },
  locks: {
    LOCK_TYPE_RDLCK: 0,
    LOCK_TYPE_WRLCK: 1,
    LOCK_TYPE_UNLCK: 2,
    LOCK_SUCCESS: 0,
    LOCK_BLOCKED: 1,
    LOCK_ERROR: 2,
    LOCK_GRACE: 3,
    LOCK_FLAGS_BLOCK: 1,
    LOCK_FLAGS_RECLAIM: 2,
  },
  'flags of Tunlinkat and Txattrcreate': { AT_REMOVEDIR: 0x200, XATTR_CREATE: 1, XATTR_REPLACE: 2 },
  'types of qids': { QID_DIR: 0x80, QID_SYMLINK: 0x02, QID_FILE: 0 },
  'bits of a mode in 9P2000.u': {
    DMDIR: 0x8000_0000,
    DMSYMLINK: 0x0200_0000,
    DMLINK: 0x0100_0000,
    DMDEVICE: 0x0080_0000,
    DMNAMEDPIPE: 0x0020_0000,
    DMSOCKET: 0x0010_0000,
    DMSETUID: 0x0008_0000,
    DMSETGID: 0x0004_0000,
    DMSETVTX: 0x0001_0000,
  },
}

it.each(Object.entries(GROUPS))('%s have the protocol’s numbers', (_, numbers) => {
  expect(wire).toMatchObject(numbers)
})

it('no number is missing here', () => {
  const known = Object.values(GROUPS).flatMap((numbers) => Object.keys(numbers))
  expect(Object.keys(wire).sort()).toEqual(known.sort())
})
