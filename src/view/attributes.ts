// Attributes of a node: the guest's ownership over the host's stat, and changing them.

import { bestEffort, ErrnoError } from '../errors.js'
import type { GuestGid, GuestUid } from '../ids.js'
import { cover, type GuestStat } from '../ownership/ownership.js'
import {
  O_WRONLY,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_ISGID,
  S_ISUID,
  S_IXGRP,
  UTIME_NOW,
  UTIME_OMIT,
} from '../sys/constants.js'
import type { Fd } from '../sys/fd.js'
import { ftruncate, type TimeToSet, utimensat } from '../sys/inode.js'
import { reopen } from '../sys/open.js'
import { fstatfs, type HostStat, type HostStatfs, statx } from '../sys/stat.js'
import type { Node } from './node.js'
import type { OpenFile } from './open-file.js'
import type { Tree } from './tree.js'

/** The node as the guest sees it. Works on the inode, so also after its name is gone. */
export function stat(tree: Tree, node: Node): GuestStat {
  const host = statx(node.handle())
  return cover(host, tree.model.store.load(node))
}

/** The node as it is now or, should the host not say, `otherwise`: for when failing would be too late. */
export function statOr(tree: Tree, node: Node, otherwise: GuestStat): GuestStat {
  try {
    return stat(tree, node)
  } catch (cause) {
    if (!(cause instanceof ErrnoError)) throw cause
    return otherwise
  }
}

/** The guest's file type: S_IFMT bits. */
export const typeOf = (tree: Tree, node: Node): number => stat(tree, node).mode & S_IFMT

/** What to change. Absent members stay; all absent bumps ctime alone. */
export interface AttributeChange {
  /** Permission bits; type bits are ignored, so that no chmod ever changes what an object is (reference §8 row 13). */
  readonly mode?: number
  readonly uid?: GuestUid
  readonly gid?: GuestGid
  readonly size?: number
  readonly atime?: TimeToSet
  readonly mtime?: TimeToSet
}

const OMIT: TimeToSet = { sec: 0, nsec: UTIME_OMIT }

/**
 * Changes attributes as the guest's user `uid`. What can be refused without harm comes first: times are checked, then
 * the length is set (the step likeliest to fail), then times, which a truncation would change and which can be put back,
 * and last the ownership, which a store changes as a whole or not at all; owner before mode, as chown(2) clears set-id
 * bits. `open` is the fid's open file, if any: it may be written where the inode may no longer be opened.
 */
export function setattr(tree: Tree, node: Node, change: AttributeChange, uid: GuestUid, open?: OpenFile): void {
  const { atime = OMIT, mtime = OMIT } = change
  checkTime(atime)
  checkTime(mtime)
  const ownership = {
    ...(change.uid === undefined ? {} : { uid: change.uid }),
    ...(change.gid === undefined ? {} : { gid: change.gid }),
    ...(change.mode === undefined ? {} : { mode: typeOf(tree, node) | (change.mode & 0o7777) }),
  }
  if (change.size !== undefined) truncate(tree, node, change.size, uid, open)
  const changesTimes = change.atime !== undefined || change.mtime !== undefined
  const changesOwnership = Object.keys(ownership).length > 0
  const isBumpOnly = change.size === undefined && !changesTimes && !changesOwnership
  const before = changesTimes && changesOwnership ? statx(node.handle()) : undefined
  if (changesTimes) utimensat(node.handle(), atime, mtime)
  try {
    if (isBumpOnly || changesOwnership) tree.model.store.save(node, ownership)
  } catch (cause) {
    if (before !== undefined) bestEffort(() => utimensat(node.handle(), ...timesOf(before)))
    throw cause
  }
}

const timesOf = (stat: HostStat): [atime: TimeToSet, mtime: TimeToSet] => [
  { sec: stat.atimeSec, nsec: stat.atimeNsec },
  { sec: stat.mtimeSec, nsec: stat.mtimeNsec },
]

function checkTime({ nsec }: TimeToSet): void {
  if (nsec >= 1e9 && nsec !== UTIME_NOW && nsec !== UTIME_OMIT)
    throw new ErrnoError('EINVAL', { op: 'set times', nsec })
}

/** Sets the length of a regular file; the errnos for anything else are those of opening it for writing. */
function truncate(tree: Tree, node: Node, size: number, uid: GuestUid, open: OpenFile | undefined): void {
  const type = typeOf(tree, node)
  if (type === S_IFDIR) throw new ErrnoError('EISDIR', { op: 'truncate' })
  if (type === S_IFLNK) throw new ErrnoError('ELOOP', { op: 'truncate a symlink' })
  if (type !== S_IFREG) throw new ErrnoError('ENXIO', { op: 'truncate a special file' })
  cut(tree, node, size, uid, open?.isWritable === true ? open.fd : undefined)
}

/** Sets the length through `file`, a descriptor of the node that is open for writing, or else one of its own. */
export function cut(tree: Tree, node: Node, size: number, uid: GuestUid, file: Fd | undefined): void {
  using own = file === undefined ? reopen(node.handle(), O_WRONLY) : undefined
  const former = dropSetId(tree, node, uid)
  try {
    ftruncate((file ?? own)!, size)
  } catch (cause) {
    if (former !== undefined) bestEffort(() => tree.model.store.save(node, { mode: former }))
    throw cause
  }
}

/**
 * Takes off the set-id bits of a file that anyone but root is about to change (file_remove_privs in Linux). Returns the
 * mode that the file had if there were any.
 */
export function dropSetId(tree: Tree, node: Node, uid: GuestUid): number | undefined {
  if (uid === 0) return undefined
  const { mode } = stat(tree, node)
  // Without group execution the bit meant mandatory locking, and stays.
  const dropped = S_ISUID | ((mode & S_IXGRP) === 0 ? 0 : S_ISGID)
  if ((mode & dropped) === 0) return undefined
  tree.model.store.save(node, { mode: mode & ~dropped })
  return mode
}

/** The file system that holds the node; needs no permission on the node itself (reference §8 row 22). */
export const statfs = (node: Node): HostStatfs => fstatfs(node.handle())
