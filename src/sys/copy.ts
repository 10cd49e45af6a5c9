// Copying a file's contents inside the kernel, and finding out where in a file there is data. No file position that
// anybody relies on is needed or left.

import { Errno } from '../errors.js'
import { call, checked, scratch } from './call.js'
import type { Fd } from './fd.js'

/** _IOW(0x94, 9, int), include/uapi/linux/fs.h. */
const FICLONE = 0x4004_9409

/** What file systems, and sandboxes, answer who cannot do a thing at all, or not with these two files. */
const CANNOT: ReadonlySet<number> = new Set(
  [Errno.EXDEV, Errno.EINVAL, Errno.EOPNOTSUPP, Errno.ENOSYS, Errno.ENOTTY, Errno.EPERM].map((errno) => -errno),
)

/** Makes `to` share all that is in `from`, holes included; false where the file system cannot do that. */
export function cloneFile(from: Fd, to: Fd): boolean {
  const result = call('ioctl', to.number, FICLONE, from.number)
  if (CANNOT.has(result)) return false
  checked(result, { op: 'clone a file' })
  return true
}

/** The two offsets of copy_file_range(2). */
const offsets = scratch(16)

/**
 * Copies up to `length` bytes at `position` of `from` to the same place in `to`; returns how many, 0 at the end of `from`,
 * or undefined where the kernel cannot do that with these two files.
 */
export function copyFileRange(from: Fd, to: Fd, position: number, length: number): number | undefined {
  const { view, address } = offsets
  view.setBigInt64(0, BigInt(position), true)
  view.setBigInt64(8, BigInt(position), true)
  const result = call('copy_file_range', from.number, address, to.number, address + 8, length, 0)
  return CANNOT.has(result) ? undefined : checked(result, { op: 'copy a range', position })
}

/** A stretch of a file, from `start` up to, but without, `end`. */
export interface Extent {
  readonly start: number
  readonly end: number
}

/** include/uapi/linux/fs.h */
const SEEK_DATA = 3
const SEEK_HOLE = 4

/**
 * The first data at or behind `position`; undefined where there is only a hole up to the end, or `position` is not in the
 * file. A file system that knows of no holes says that all is data. Moves the file's position.
 */
export function nextData(file: Fd, position: number): Extent | undefined {
  const start = call('lseek', file.number, position, SEEK_DATA)
  if (start === -Errno.ENXIO) return undefined
  if (CANNOT.has(start)) return { start: position, end: Number.MAX_SAFE_INTEGER }
  const from = checked(start, { op: 'find data', position })
  const end = call('lseek', file.number, from, SEEK_HOLE)
  // Cut off meanwhile.
  if (end === -Errno.ENXIO) return undefined
  return { start: from, end: checked(end, { op: 'find a hole', position: from }) }
}
