// Locks that belong to an open file description: byte ranges (OFD) and whole files (flock).

import { call, checked, scratch } from './call.js'
import { F_UNLCK } from './constants.js'
import type { Fd } from './fd.js'

/** A byte range lock. `length` 0 reaches to the end of the file, however it grows. */
export interface RangeLock {
  /** F_RDLCK, F_WRLCK or F_UNLCK. */
  readonly type: number
  readonly start: bigint
  readonly length: bigint
}

const F_OFD_GETLK = 36
const F_OFD_SETLK = 37
/** struct flock of 64-bit machines, include/uapi/asm-generic/fcntl.h: type[2] whence[2] pad[4] start[8] len[8] pid[4]. */
const flockBuffer = scratch(32)

function put({ type, start, length }: RangeLock): void {
  flockBuffer.bytes.fill(0)
  flockBuffer.view.setInt16(0, type, true)
  flockBuffer.view.setBigInt64(8, start, true)
  flockBuffer.view.setBigInt64(16, length, true)
}

/** Takes or releases a lock for the open file description; false when another one holds a conflicting lock. */
export function setRangeLock(file: Fd, lock: RangeLock): boolean {
  put(lock)
  const result = call('fcntl', file.number, F_OFD_SETLK, flockBuffer.address)
  if (result === -11 || result === -13) return false
  checked(result, { op: 'lock' })
  return true
}

/** The first lock of somebody else that would keep `lock` from being taken; undefined when it could be. */
export function findRangeLock(file: Fd, lock: RangeLock): RangeLock | undefined {
  put(lock)
  checked(call('fcntl', file.number, F_OFD_GETLK, flockBuffer.address), { op: 'test lock' })
  const { view } = flockBuffer
  const type = view.getInt16(0, true)
  if (type === F_UNLCK) return undefined
  return { type, start: view.getBigInt64(8, true), length: view.getBigInt64(16, true) }
}

const LOCK_SH = 1
const LOCK_EX = 2
const LOCK_NB = 4

/** Takes a whole-file lock (flock(2)) without waiting; false when another holder excludes it. */
export function tryFlock(file: Fd, kind: 'shared' | 'exclusive'): boolean {
  const result = call('flock', file.number, (kind === 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB)
  if (result === -11) return false
  checked(result, { op: 'hold' })
  return true
}
