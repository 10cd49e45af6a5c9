// Open files and directories: opening, reading, writing, syncing, locking.

import { ErrnoError } from '../errors.js'
import { F_RDLCK, F_UNLCK, F_WRLCK } from '../sys/constants.js'
import type { RangeLock } from '../sys/lock.js'
import type { Node } from '../view/node.js'
import type { OpenDirectory } from '../view/open-directory.js'
import type { OpenFile } from '../view/open-file.js'
import type { Handlers } from '../wire/codec.js'
import {
  LOCK_BLOCKED,
  LOCK_FLAGS_BLOCK,
  LOCK_SUCCESS,
  LOCK_TYPE_RDLCK,
  LOCK_TYPE_UNLCK,
  LOCK_TYPE_WRLCK,
} from '../wire/constants.js'
import { Cursor } from '../wire/cursor.js'
import { dirent, direntSize } from '../wire/dirents.js'
import type { Qid } from '../wire/qid.js'
import { type Connection, payloadLimit } from './connection.js'
import type { Fid } from './fids.js'
import { direntType, ioUnit } from './qids.js'
import { writeDraft, writeSnapshot } from './handlers-xattr.js'
import { takeSoon } from './lock-wait.js'
import { fsyncOffThread, readOffThread } from './off-thread.js'
import { hostOpenFlags } from './open-flags.js'
import { readDirectory } from './stat-records.js'

type Filing = Pick<
  Handlers<[Connection]>,
  'Tlopen' | 'Tlcreate' | 'Tread' | 'Twrite' | 'Tfsync' | 'Treaddir' | 'Tlock' | 'Tgetlock'
>

export const fileHandlers: Filing = {
  Tlopen: ({ fid, flags }, connection) => openFid(connection, connection.fids.get(fid, 'ENOENT'), hostOpenFlags(flags)),

  Tlcreate: ({ fid, name, flags, mode, gid }, connection) => {
    const { fids, view, qids } = connection
    const state = fids.get(fid, 'ENOENT')
    fids.refuseRole(state)
    const { node, stat, file } = view.create(
      state.node,
      name,
      hostOpenFlags(flags),
      mode,
      { uid: state.uid, gid },
      state.uid,
    )
    state.node.release()
    state.node = node
    fids.setRole(state, file)
    return { qid: qids.of(stat), iounit: fileIoUnit(connection, node) }
  },

  Tread: ({ fid, offset, count }, connection) => {
    const { role } = connection.fids.get(fid, 'EINVAL')
    const most = payloadLimit(connection.msize, count)
    if (role?.kind === 'xattr-snapshot') return { data: role.value.subarray(offset, offset + most) }
    if (role?.kind === 'directory') {
      if (connection.dialect.readsDirectoriesAsFiles) return readDirectory(connection, role, offset, most)
      throw new ErrnoError('EOPNOTSUPP', { op: 'read a directory as a file' })
    }
    if (role?.kind !== 'file') throw new ErrnoError('EINVAL', { op: 'read what is not open' })
    const into = connection.payload(most)
    const ready = role.readNowait(into, offset)
    if (ready !== undefined) return { data: into.subarray(0, ready) }
    return connection.holding(most, () => readOffThread(connection.disk, role, offset, most))
  },

  Twrite: ({ fid, offset, data }, { fids, view }) => {
    const { node, role, uid } = fids.get(fid, 'EINVAL')
    switch (role?.kind) {
      case 'file':
        return { count: view.write(node, role, data, offset, uid) }
      case 'xattr-draft':
        return { count: writeDraft(role, offset, data) }
      case 'xattr-snapshot':
        return { count: writeSnapshot(role, offset, data) }
      default:
        throw new ErrnoError('EINVAL', { op: 'write to what is not an open file' })
    }
  },

  Tfsync: async ({ fid, datasync }, { fids, disk }) => {
    await fsyncOffThread(disk, openedOf(fids.get(fid, 'ENOENT')), datasync !== 0)
    return {}
  },

  Treaddir: ({ fid, offset, count }, connection) => {
    const { role } = connection.fids.get(fid, 'EINVAL')
    if (role?.kind !== 'directory') throw new ErrnoError('ENOTDIR', { op: 'list what is not an open directory' })
    if (connection.dialect.readsDirectoriesAsFiles) throw new ErrnoError('EOPNOTSUPP', { op: 'list by Treaddir' })
    const into = connection.payload(payloadLimit(connection.msize, count))
    return { data: into.subarray(0, fillEntries(connection, role, offset, into)) }
  },

  Tlock: ({ fid, type, flags, start, length, procId, clientId }, { fids, view, clock }) => {
    if (flags !== 0 && flags !== LOCK_FLAGS_BLOCK) throw new ErrnoError('EINVAL', { op: 'lock', flags })
    const state = fids.get(fid, 'ENOENT')
    const { role } = state
    if (role?.kind !== 'file') throw new ErrnoError('EINVAL', { op: 'lock what is not an open file' })
    refuseNegative(start, length)
    const lock = { type: lockType(type), start, length }
    const owner = { procId, clientId }
    const take = (): boolean => view.lock(state.node, role, owner, lock)
    if (take()) {
      if (isOfFlock(lock, flags)) view.unlockWhole(role)
      return { status: LOCK_SUCCESS }
    }
    // A contended lock is answered at once: the client asks again (reference §3.12).
    if (flags !== LOCK_FLAGS_BLOCK || !view.mayOthersLock(state.node, owner)) return { status: LOCK_BLOCKED }
    return takeSoon(clock, take, () => fids.isCurrent(fid, state)).then((isTaken) => ({
      status: isTaken ? LOCK_SUCCESS : LOCK_BLOCKED,
    }))
  },

  Tgetlock: ({ fid, type, start, length, procId, clientId }, { fids, view }) => {
    const state = fids.get(fid, 'ENOENT')
    if (state.role?.kind !== 'file') throw new ErrnoError('EINVAL', { op: 'test a lock on what is not an open file' })
    refuseNegative(start, length)
    const found = view.findLock(state.node, { procId, clientId }, { type: typeAsked(type), start, length })
    if (found === undefined) return { type: LOCK_TYPE_UNLCK, start, length, procId, clientId }
    const held = found.type === F_RDLCK ? LOCK_TYPE_RDLCK : LOCK_TYPE_WRLCK
    return { type: held, start: found.start, length: found.length, procId: 0, clientId: '' }
  },
}

/** Opens what a fid was walked to, with the host's open flags: Tlopen and Topen. */
export function openFid(connection: Connection, state: Fid, flags: number): { qid: Qid; iounit: number } {
  const { fids, view, qids } = connection
  fids.refuseRole(state)
  const role = view.open(state.node, flags, state.uid)
  try {
    const qid = qids.of(view.stat(state.node))
    const iounit = role.kind === 'directory' ? 0 : fileIoUnit(connection, state.node)
    fids.setRole(state, role)
    return { qid, iounit }
  } catch (cause) {
    role.close()
    throw cause
  }
}

function openedOf({ role }: Fid): OpenFile | OpenDirectory {
  if (role?.kind === 'file' || role?.kind === 'directory') return role
  throw new ErrnoError('EINVAL', { op: 'sync what is not open' })
}

/** The kernel takes these as signed, and a negative length as a range before its start. */
function refuseNegative(start: bigint, length: bigint): void {
  if (start >= 1n << 63n || length >= 1n << 63n) throw new ErrnoError('EINVAL', { op: 'lock', start, length })
}

function lockType(type: number): number {
  if (type === LOCK_TYPE_RDLCK) return F_RDLCK
  if (type === LOCK_TYPE_WRLCK) return F_WRLCK
  if (type === LOCK_TYPE_UNLCK) return F_UNLCK
  throw new ErrnoError('EINVAL', { op: 'lock', type })
}

/**
 * True for what Linux sends to unlock by flock(2), which any process that has the file may do. What it sends for a process
 * that closes a file, whether it ever locked it or not, has no flag (fs/locks.c, flock and locks_remove_posix).
 */
const isOfFlock = ({ type, start, length }: RangeLock, flags: number): boolean =>
  type === F_UNLCK && flags === LOCK_FLAGS_BLOCK && start === 0n && length === 0n

/** Linux always asks with UNLCK, whatever its process would lock. */
function typeAsked(type: number): number {
  if (type === LOCK_TYPE_UNLCK) return F_UNLCK
  return type === LOCK_TYPE_RDLCK ? F_RDLCK : F_WRLCK
}

/** A file system that does not tell its block size is no reason to refuse an open. */
export function fileIoUnit({ view, msize }: Connection, node: Node): number {
  try {
    return ioUnit(msize, view.statfs(node).bsize)
  } catch (cause) {
    if (!(cause instanceof ErrnoError)) throw cause
    return ioUnit(msize, 0)
  }
}

/** Fills whole entries into `into` and returns how many bytes they take; EINVAL when not even one fits. */
function fillEntries({ qids, view }: Connection, directory: OpenDirectory, offset: bigint, into: Buffer): number {
  const cursor = new Cursor(into)
  let isTooSmall = false
  view.readdir(directory, offset, ({ name, cookie, stat }) => {
    if (direntSize(name) > cursor.end - cursor.position) {
      isTooSmall = cursor.position === 0
      return false
    }
    dirent.write(cursor, { qid: qids.listed(stat), offset: cookie, type: direntType(stat.mode), name })
    return true
  })
  // An empty reply would be the end of the directory to the client, and the rest of it would never be seen.
  if (isTooSmall) throw new ErrnoError('EINVAL', { op: 'list a directory', count: into.length })
  return cursor.position
}
