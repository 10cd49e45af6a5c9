// Locks, which QEMU grants to everybody.

import { LOCK_BLOCKED, LOCK_SUCCESS, LOCK_TYPE_UNLCK, LOCK_TYPE_WRLCK } from '../../../src/wire/constants.js'
import type { Difference, Exchanged } from '../difference.js'
import type { Role } from '../fid-book.js'
import { isSuccess } from '../messages.js'
import { never, sentAs } from './conditions.js'

/** What the fid of a Tlock or Tgetlock that QEMU granted was opened as. */
function lockedRole(exchanged: Exchanged): Role | undefined {
  const sent = sentAs(exchanged, 'Tlock', 'Tgetlock')
  return sent && isSuccess(exchanged.qemu) ? exchanged.scene.fids.get(sent.body.fid)?.role : undefined
}

/** A range or a type that the kernel does not take. */
function isNoLock(exchanged: Exchanged): boolean {
  const { start = 0n, length = 0n, type = 0 } = sentAs(exchanged, 'Tlock', 'Tgetlock')?.body ?? {}
  return start >= 1n << 63n || length >= 1n << 63n || type > LOCK_TYPE_UNLCK
}

export const ofLocks: readonly Difference[] = [
  {
    title: 'a lock in another’s way is granted',
    because: '§8 row 17',
    explains: ({ fact, qemu, ours }, exchanged) => {
      if (sentAs(exchanged, 'Tlock') !== undefined) {
        return fact === 'status' && qemu === LOCK_SUCCESS && ours === LOCK_BLOCKED
      }
      const isFree = exchanged.qemu.message === 'Rgetlock' && exchanged.qemu.body.type === LOCK_TYPE_UNLCK
      return sentAs(exchanged, 'Tgetlock') !== undefined && fact !== 'outcome' && isFree
    },
    diverges: never,
  },
  {
    title: 'what can be no lock is granted',
    because: '§8 row 17',
    explains: ({ fact, ours }, exchanged) =>
      fact === 'outcome' && ours === 'EINVAL' && lockedRole(exchanged) === 'file' && isNoLock(exchanged),
    diverges: never,
  },
  {
    title: 'Tlock and Tgetlock on what is not open look at descriptor 0',
    because: '§8 row 18',
    explains: ({ fact, ours }, exchanged) => {
      const role = lockedRole(exchanged)
      return fact === 'outcome' && ours === 'EINVAL' && role !== undefined && role !== 'file' && role !== 'directory'
    },
    diverges: never,
  },
  {
    title: 'Tlock and Tgetlock on a directory are granted, and keep nobody out',
    because: '§8 row 17',
    explains: ({ fact, ours }, exchanged) =>
      fact === 'outcome' && ours === 'EINVAL' && lockedRole(exchanged) === 'directory',
    diverges: never,
  },
  {
    title: 'real locks need to open the file once more, which its mode may refuse',
    because: '§8 row 17',
    models: ['none'],
    isUnprivileged: true,
    explains: ({ fact, ours }, exchanged) => {
      // Where it may be read alone, a lock for writing is the kernel's to refuse.
      const isWriting = sentAs(exchanged, 'Tlock')?.body.type === LOCK_TYPE_WRLCK
      const isRefused = ours === 'EACCES' || (ours === 'EBADF' && isWriting)
      return fact === 'outcome' && isRefused && lockedRole(exchanged) === 'file' && exchanged.isUnprivileged
    },
    diverges: never,
  },
]
