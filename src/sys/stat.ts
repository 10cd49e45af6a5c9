// What the host says of an object (statx) and of its file system (fstatfs).

import { type DeviceNumber, type HostGid, type HostUid } from '../ids.js'
import type { Name } from '../name.js'
import { call, checked, cString, EMPTY_PATH, scratch } from './call.js'
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from './constants.js'
import type { Fd } from './fd.js'

/** Host metadata of one object. Sizes in bytes, blocks of 512 bytes, times in seconds and nanoseconds since 1970. */
export interface HostStat {
  /** Major number × 2^32 + minor: only ever compared. */
  readonly dev: number
  readonly ino: bigint
  /** Type and permission bits (S_IFMT | 07777). */
  readonly mode: number
  readonly nlink: number
  readonly uid: HostUid
  readonly gid: HostGid
  readonly rdev: DeviceNumber
  readonly size: number
  readonly blksize: number
  readonly blocks: number
  readonly atimeSec: number
  readonly atimeNsec: number
  readonly mtimeSec: number
  readonly mtimeNsec: number
  readonly ctimeSec: number
  readonly ctimeNsec: number
  /** Time of birth, or 0 and 0 where the file system keeps none. */
  readonly btimeSec: number
  readonly btimeNsec: number
}

/** struct statx, include/uapi/linux/stat.h. */
const buffer = scratch(256)
const { view } = buffer
const STATX_BASIC_STATS = 0x7ff
const STATX_BTIME = 0x800

const NO_DEVICE: DeviceNumber = { major: 0, minor: 0 }

const u64 = (at: number): number => view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)
const i64 = (at: number): number => view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)

function decode(): HostStat {
  const rdevMajor = view.getUint32(128, true)
  const rdevMinor = view.getUint32(132, true)
  const hasBtime = (view.getUint32(0, true) & STATX_BTIME) !== 0
  return {
    dev: view.getUint32(136, true) * 2 ** 32 + view.getUint32(140, true),
    ino: view.getBigUint64(32, true),
    mode: view.getUint16(28, true),
    nlink: view.getUint32(16, true),
    uid: view.getUint32(20, true) as HostUid,
    gid: view.getUint32(24, true) as HostGid,
    rdev: rdevMajor === 0 && rdevMinor === 0 ? NO_DEVICE : { major: rdevMajor, minor: rdevMinor },
    size: u64(40),
    blksize: view.getUint32(4, true),
    blocks: u64(48),
    atimeSec: i64(64),
    atimeNsec: view.getUint32(72, true),
    mtimeSec: i64(112),
    mtimeNsec: view.getUint32(120, true),
    ctimeSec: i64(96),
    ctimeNsec: view.getUint32(104, true),
    btimeSec: hasBtime ? i64(80) : 0,
    btimeNsec: hasBtime ? view.getUint32(88, true) : 0,
  }
}

/** Describes the object of a handle, a symlink itself included. */
export function statx(handle: Fd): HostStat {
  const mask = STATX_BASIC_STATS | STATX_BTIME
  checked(call('statx', handle.number, EMPTY_PATH, AT_EMPTY_PATH, mask, buffer.address), { op: 'stat a handle' })
  return decode()
}

/** Describes what `name` is in `dir`, never following it; undefined where there is nothing. */
export function statxAt(dir: Fd, name: Name): HostStat | undefined {
  const mask = STATX_BASIC_STATS | STATX_BTIME
  const result = call('statx', dir.number, cString(name), AT_SYMLINK_NOFOLLOW, mask, buffer.address)
  if (result === -2) return undefined
  checked(result, { op: 'stat', name })
  return decode()
}

/** A file system as statfs(2) shows it; block counts are in units of `bsize` bytes. */
export interface HostStatfs {
  readonly type: number
  readonly bsize: number
  readonly blocks: number
  readonly bfree: number
  readonly bavail: number
  readonly files: number
  readonly ffree: number
  readonly fsid: bigint
  readonly namelen: number
}

/** struct statfs of 64-bit machines, include/uapi/asm-generic/statfs.h. */
const fsBuffer = scratch(120)

/** Describes the file system that holds the handle's object; works on O_PATH handles, so needs no permission on it. */
export function fstatfs(handle: Fd): HostStatfs {
  checked(call('fstatfs', handle.number, fsBuffer.address), { op: 'stat the file system of a handle' })
  const fs = fsBuffer.view
  const quantity = (at: number): number => fs.getUint32(at + 4, true) * 2 ** 32 + fs.getUint32(at, true)
  return {
    type: fs.getUint32(0, true),
    bsize: quantity(8),
    blocks: quantity(16),
    bfree: quantity(24),
    bavail: quantity(32),
    files: quantity(40),
    ffree: quantity(48),
    fsid: fs.getBigUint64(56, true),
    namelen: quantity(64),
  }
}
