// Making objects. Each operation is all or nothing: when the guest's ownership cannot be stored, what was made is
// removed again, and only if this call made it.

import { ErrnoError, isErrno } from '../errors.js'
import type { DeviceNumber, GuestGid, GuestUid } from '../ids.js'
import type { Name } from '../name.js'
import type { GuestStat, Ownership } from '../ownership/ownership.js'
import {
  O_DIRECTORY,
  O_EXCL,
  O_TRUNC,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from '../sys/constants.js'
import type { Fd } from '../sys/fd.js'
import { adopt } from './adopt.js'
import { stat, statOr } from './attributes.js'
import type { LockOwners } from './locks.js'
import { lookup } from './lookup.js'
import type { Node } from './node.js'
import { hostFlags, open, OpenFile } from './open-file.js'
import type { OpenDirectory } from './open-directory.js'
import type { Tree } from './tree.js'

/** Whom a new object belongs to: uid as attached, gid as the message says. 0xffffffff is never stored. */
export interface Owner {
  readonly uid: GuestUid
  readonly gid: GuestGid
}

/** What Tlcreate gives: the object's node, the caller's to release, and its open file. */
export interface Created {
  readonly node: Node
  readonly stat: GuestStat
  readonly file: OpenFile | OpenDirectory
}

/** Refuses a place where nothing can be made, before what shall be made is looked at: as the kernel and QEMU do. */
function refusePlace(tree: Tree, dir: Node, name: Name): void {
  tree.refuseReserved(name)
  if (!dir.inode.isDirectory) throw new ErrnoError('ENOTDIR', { op: 'create in what is no directory', name })
}

/** How often a name may appear and vanish between our steps before we stop believing it. */
const ATTEMPTS = 8

/**
 * Creates a regular file and opens it with `flags`. Without O_EXCL, one that exists is opened as Tlopen would, by `uid`:
 * its owner and mode are left alone (QEMU overwrites them, and deletes the file when it may not: reference §8 row 4).
 */
export function create(
  tree: Tree,
  locks: LockOwners,
  dir: Node,
  name: Name,
  flags: number,
  mode: number,
  owner: Owner,
  uid: GuestUid,
): Created {
  refusePlace(tree, dir, name)
  if ((flags & O_DIRECTORY) !== 0) throw new ErrnoError('EINVAL', { op: 'create a file as a directory', name })
  const wanted = S_IFREG | (mode & 0o7777)
  const host = hostFlags(flags)
  for (let attempt = 1; ; attempt += 1) {
    let fd: Fd
    try {
      fd = tree.model.embodiment.createFile(dir.handle(), name, host, wanted)
    } catch (cause) {
      if (!isErrno(cause, 'EEXIST') || (flags & O_EXCL) !== 0) throw cause
      const existing = openExisting(tree, locks, dir, name, flags, uid)
      if (existing !== undefined) return existing
      if (attempt === ATTEMPTS) throw cause
      continue
    }
    try {
      const { node, stat } = adopt(tree, dir, name, { ...owner, mode: wanted }, fd)
      return { node, stat, file: new OpenFile(node.inode, fd, host, tree.budget, locks) }
    } catch (cause) {
      fd.close()
      throw cause
    }
  }
}

function openExisting(
  tree: Tree,
  locks: LockOwners,
  dir: Node,
  name: Name,
  flags: number,
  uid: GuestUid,
): Created | undefined {
  const node = lookup(tree, dir, name)
  if (node === undefined) return undefined
  try {
    if (node.inode.isDirectory) throw new ErrnoError('EISDIR', { op: 'create over a directory', name })
    const before = stat(tree, node)
    const file = open(tree, locks, node, flags, uid)
    return { node, file, stat: (flags & O_TRUNC) === 0 ? before : statOr(tree, node, before) }
  } catch (cause) {
    node.release()
    throw cause
  }
}

export function mkdir(tree: Tree, dir: Node, name: Name, mode: number, owner: Owner): GuestStat {
  tree.refuseReserved(name)
  const wanted = S_IFDIR | (mode & 0o7777)
  tree.model.embodiment.createDirectory(dir.handle(), name, wanted)
  return adoptAndShow(tree, dir, name, { ...owner, mode: wanted })
}

const NODE_TYPES = [S_IFREG, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK]

/** Makes a device, fifo, socket or empty regular file; a mode without type bits means regular, as mknod(2) has it. */
export function mknod(tree: Tree, dir: Node, name: Name, mode: number, rdev: DeviceNumber, owner: Owner): GuestStat {
  refusePlace(tree, dir, name)
  const type = (mode & S_IFMT) === 0 ? S_IFREG : mode & S_IFMT
  if (type === S_IFDIR) throw new ErrnoError('EPERM', { op: 'make a directory as a node', name })
  if (!NODE_TYPES.includes(type)) throw new ErrnoError('EINVAL', { op: 'make node', name, mode })
  const wanted = type | (mode & 0o7777)
  tree.model.embodiment.createNode(dir.handle(), name, wanted, rdev)
  return adoptAndShow(tree, dir, name, { ...owner, mode: wanted, rdev })
}

export function symlink(tree: Tree, dir: Node, name: Name, target: string, owner: Owner): GuestStat {
  refusePlace(tree, dir, name)
  tree.model.embodiment.createSymlink(dir.handle(), name, target)
  return adoptAndShow(tree, dir, name, { ...owner, mode: S_IFLNK | 0o777 })
}

function adoptAndShow(tree: Tree, dir: Node, name: Name, ownership: Ownership): GuestStat {
  const made = adopt(tree, dir, name, ownership)
  made.node.release()
  return made.stat
}
