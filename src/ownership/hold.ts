// Mutual exclusion between writers of side data: other connections of this server, and other virtfs processes.

import { ErrnoError, isErrno } from '../errors.js'
import type { Fd } from '../sys/fd.js'
import { tryFlock } from '../sys/lock.js'

/** How often the lock is asked for; after the first few times, a millisecond apart. */
const ATTEMPTS = 300
const SPINS = 50
const pause = new Int32Array(new SharedArrayBuffer(4))

/** A file system that has no locks for this kind of file: one writer at a time is then the user's business. */
const hasNoLocks = (cause: unknown): boolean =>
  isErrno(cause, 'EBADF') || isErrno(cause, 'ENOLCK') || isErrno(cause, 'EOPNOTSUPP') || isErrno(cause, 'ENOSYS')

/**
 * Holds `file` for this writer alone until it is closed. A host process that keeps it delays a guest for a quarter of a
 * second, and no longer: then EBUSY.
 */
export function hold(file: Fd): void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      if (tryFlock(file, 'exclusive')) return
    } catch (cause) {
      if (hasNoLocks(cause)) return
      throw cause
    }
    if (attempt >= SPINS) Atomics.wait(pause, 0, 0, 1)
  }
  throw new ErrnoError('EBUSY', { op: 'hold metadata against other writers' })
}
