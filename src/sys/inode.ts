// Changing an inode through a handle: owner, mode, times, length, and asking for its generation.

import { ErrnoError } from '../errors.js'
import { call, checked, cString, EMPTY_PATH, scratch } from './call.js'
import { AT_EMPTY_PATH, AT_FDCWD } from './constants.js'
import type { Fd } from './fd.js'
import { pathOfHandle } from './open.js'

/** Sets the owner; 0xffffffff leaves an id as it is, and both so still bump ctime. Symlinks themselves included. */
export function fchownat(handle: Fd, uid: number, gid: number): void {
  checked(call('fchownat', handle.number, EMPTY_PATH, uid, gid, AT_EMPTY_PATH), { op: 'change owner', uid, gid })
}

/** Sets the permission bits, of a device or fifo too. Symlinks have none: EOPNOTSUPP. */
export function fchmod(handle: Fd, mode: number): void {
  const result = handle.isPathOnly
    ? call('fchmodat', AT_FDCWD, cString(pathOfHandle(handle)), mode)
    : call('fchmod', handle.number, mode)
  checked(result, { op: 'change mode', mode })
}

/** A time to set: seconds and nanoseconds, or UTIME_NOW or UTIME_OMIT in `nsec`. */
export interface TimeToSet {
  readonly sec: number
  readonly nsec: number
}

const times = scratch(32)

function putTime(at: number, { sec, nsec }: TimeToSet): void {
  times.view.setBigInt64(at, BigInt(sec), true)
  times.view.setBigInt64(at + 8, BigInt(nsec), true)
}

/** Sets access and modification time, of a symlink itself too. */
export function utimensat(handle: Fd, atime: TimeToSet, mtime: TimeToSet): void {
  putTime(0, atime)
  putTime(16, mtime)
  let result = call('utimensat', handle.number, EMPTY_PATH, times.address, AT_EMPTY_PATH)
  // Linux before 5.8 knows no AT_EMPTY_PATH here.
  if (result === -22) result = call('utimensat', AT_FDCWD, cString(pathOfHandle(handle)), times.address, 0)
  checked(result, { op: 'set times' })
}

/** Cuts or extends a file that is open for writing. */
export function ftruncate(file: Fd, size: number): void {
  checked(call('ftruncate', file.number, size), { op: 'truncate', size })
}

/** _IOR('v', 1, long), include/uapi/linux/fs.h; the kernel writes 32 bits. */
const FS_IOC_GETVERSION = 0x8008_7601
const version = scratch(8)

/** The inode's generation, which tells a reused inode number from its former owner; undefined where there is none. */
export function generationOf(file: Fd): number | undefined {
  version.bytes.fill(0)
  const result = call('ioctl', file.number, FS_IOC_GETVERSION, version.address)
  if (result === -25 || result === -95 || result === -22) return undefined
  if (result < 0) throw new ErrnoError(-result, { op: 'ask for the generation' })
  return version.view.getUint32(0, true)
}
