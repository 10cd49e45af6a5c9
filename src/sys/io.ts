// File contents by descriptor and position.

import { addressOf, call, checked, scratch } from './call.js'
import type { Fd } from './fd.js'

/** Reads up to `into.length` bytes at `position` into `into`; returns how many, fewer only at the end or on a signal. */
export function pread(file: Fd, into: Uint8Array, position: number): number {
  return checked(call('pread64', file.number, addressOf(into), into.length, position), { op: 'read', position })
}

/** Writes some of `bytes` at `position` (or at the end, when opened O_APPEND); returns how many. */
export function pwrite(file: Fd, bytes: Uint8Array, position: number): number {
  return checked(call('pwrite64', file.number, addressOf(bytes), bytes.length, position), { op: 'write', position })
}

/** RWF_NOWAIT, include/uapi/linux/fs.h. */
const RWF_NOWAIT = 8
/** struct iovec: address and length. */
const iovec = scratch(16)

/**
 * Reads only what is in memory already: undefined where reading would wait for the disk or the file system cannot
 * tell. A short count may mean the end or the border of what is cached.
 */
export function preadNowait(file: Fd, into: Uint8Array, position: number): number | undefined {
  iovec.view.setBigUint64(0, BigInt(addressOf(into)), true)
  iovec.view.setBigUint64(8, BigInt(into.length), true)
  const result = call('preadv2', file.number, iovec.address, 1, position, 0, RWF_NOWAIT)
  // EAGAIN: not cached; EOPNOTSUPP: this file system never tells; ENOSYS: Linux before 4.14.
  if (result === -11 || result === -95 || result === -38) return undefined
  return checked(result, { op: 'read', position })
}

export function fsync(file: Fd): void {
  checked(call('fsync', file.number), { op: 'sync' })
}

export function fdatasync(file: Fd): void {
  checked(call('fdatasync', file.number), { op: 'sync data' })
}

/** Has everything that was written to the file system of an open file, or of a directory, arrive at the disk. */
export function syncfs(file: Fd): void {
  checked(call('syncfs', file.number), { op: 'sync a file system' })
}

/** SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE, include/uapi/linux/fs.h: what QEMU asks for. */
const WRITE_OUT = 1 | 2

/**
 * Begins to write `length` bytes at `position` to the disk (0: to the end), once those on their way there have arrived.
 * A hint: file systems that cannot do it are none the worse.
 */
export function startWriteback(file: Fd, position: number, length: number): void {
  call('sync_file_range', file.number, position, length, WRITE_OUT)
}
