// The guest's file system over a host directory: what every front end stands on. It speaks of nodes, names and owners;
// it knows no protocol and asks nobody's permission, since access control is the client's.

import { ErrnoError } from '../errors.js'
import type { DeviceNumber, GuestUid } from '../ids.js'
import type { Name, WalkName } from '../name.js'
import type { GuestStat } from '../ownership/ownership.js'
import type { Model } from '../ownership/store.js'
import { S_IFLNK } from '../sys/constants.js'
import type { Fd } from '../sys/fd.js'
import type { RangeLock } from '../sys/lock.js'
import type { HostStatfs } from '../sys/stat.js'
import * as attributes from './attributes.js'
import * as making from './create.js'
import type { DescriptorBudget } from './descriptor-budget.js'
import { type LockOwner, LockOwners } from './locks.js'
import { lookup } from './lookup.js'
import type { Node } from './node.js'
import type { GuestDirent, OpenDirectory } from './open-directory.js'
import { open, type OpenFile, write } from './open-file.js'
import * as names from './rename.js'
import { Tree } from './tree.js'
import * as xattrs from './xattrs.js'

/**
 * Every operation acts on the object that a node was looked up as, wherever its name went since, and throws ErrnoError
 * with the tree as it was. Nodes and open files that an operation returns are the caller's: `release` the ones, `close`
 * the others. A view is used by one thread; several views of one tree may be in use at once, by host processes too.
 */
export interface GuestView extends Disposable {
  /** True when every change is refused with EROFS. */
  readonly isReadOnly: boolean
  /** Host inodes that nodes refer to, the root's included. */
  readonly inodesInUse: number
  /** Refuses (EOVERFLOW) a user whose id could not be stored; 0xffffffff is nobody in particular and welcome. */
  admit(uid: GuestUid): void
  /** The export's root, referred to once more. */
  root(): Node
  /** The node of `name` in `dir`; undefined where there is nothing. ".." of the root is the root. */
  lookup(dir: Node, name: WalkName): Node | undefined
  stat(node: Node): GuestStat
  /** The inode's generation; undefined where the host keeps none or will not say. */
  generation(node: Node): number | undefined
  /** Changes attributes as `uid`: see `write`. */
  setattr(node: Node, change: attributes.AttributeChange, uid: GuestUid, open?: OpenFile): void
  statfs(node: Node): HostStatfs
  /** Opens with the host's open flags as `uid` (see `write`); O_CREAT and O_EXCL are ignored. */
  open(node: Node, flags: number, uid: GuestUid): OpenFile | OpenDirectory
  /**
   * Writes at `offset`, or at the end when opened O_APPEND; returns how many bytes the host took. Whoever changes what
   * a file holds and is not root takes its set-id bits off, as on a local file system (CVE-2023-1386).
   */
  write(node: Node, open: OpenFile, bytes: Uint8Array, offset: number, uid: GuestUid): number
  /** Visits the entries of an open directory from `cookie` on: see OpenDirectory.read. */
  readdir(directory: OpenDirectory, cookie: bigint, visit: (entry: GuestDirent) => boolean): void
  /** Creates a file that belongs to `owner`, or opens one that is there as `uid` (see `write`). */
  create(dir: Node, name: Name, flags: number, mode: number, owner: making.Owner, uid: GuestUid): making.Created
  mkdir(dir: Node, name: Name, mode: number, owner: making.Owner): GuestStat
  mknod(dir: Node, name: Name, mode: number, rdev: DeviceNumber, owner: making.Owner): GuestStat
  /** `target` is Latin-1 bytes. */
  symlink(dir: Node, name: Name, target: string, owner: making.Owner): GuestStat
  /** The target of a symlink (Latin-1 bytes), which is an access to it; EINVAL for anything else. */
  readlink(node: Node): string
  /** The same for one who looks at the tree: its time of access stays, where the host can show a target without one. */
  targetOf(node: Node): string
  link(node: Node, dir: Node, name: Name): void
  rename(fromDir: Node, from: Name, toDir: Node, to: Name): void
  renameNode(node: Node, toDir: Node, to: Name): void
  unlink(dir: Node, name: Name, isDirectory: boolean): void
  remove(node: Node): void
  getxattr(node: Node, name: string): Buffer
  listxattr(node: Node): Buffer
  setxattr(node: Node, name: string, value: Uint8Array, flags: number): void
  removexattr(node: Node, name: string): void
  /** Takes or releases a byte-range lock; false when another owner's is in the way. Never waits. */
  lock(node: Node, open: OpenFile, owner: LockOwner, lock: RangeLock): boolean
  /** Gives back the locks on the whole that anybody took through this open file, as flock(2) does. */
  unlockWhole(open: OpenFile): void
  /** Whether another owner who locked through this view may hold locks on the inode. */
  mayOthersLock(node: Node, owner: LockOwner): boolean
  /** The lock that is in the way of `lock`, of any type where that is F_UNLCK; undefined when it could be taken. */
  findLock(node: Node, owner: LockOwner, lock: RangeLock): RangeLock | undefined
}

/** Opens a view of the directory `exported`, which stays the caller's. */
export function openView(exported: Fd, model: Model, budget: DescriptorBudget): GuestView {
  const tree = new Tree(exported, model, budget)
  const locks = new LockOwners(budget)
  return {
    isReadOnly: false,
    get inodesInUse() {
      return tree.inodes.count
    },
    admit: () => undefined,
    root: () => tree.root.acquire(),
    lookup: (dir, name) => lookup(tree.ready(), dir, name),
    stat: (node) => attributes.stat(tree.ready(), node),
    generation: (node) => (tree.ready(), node.inode.generation()),
    setattr: (node, change, uid, file) => attributes.setattr(tree.ready(), node, change, uid, file),
    statfs: (node) => (tree.ready(), attributes.statfs(node)),
    open: (node, flags, uid) => open(tree.readyToOpen(), locks, node, flags, uid),
    write: (node, file, bytes, offset, uid) => write(tree.ready(), node, file, bytes, offset, uid),
    readdir: (directory, cookie, visit) => (tree.ready(), directory.read(cookie, visit)),
    create: (dir, name, flags, mode, owner, uid) =>
      making.create(tree.readyToOpen(), locks, dir, name, flags, mode, owner, uid),
    mkdir: (dir, name, mode, owner) => making.mkdir(tree.ready(), dir, name, mode, owner),
    mknod: (dir, name, mode, rdev, owner) => making.mknod(tree.ready(), dir, name, mode, rdev, owner),
    symlink: (dir, name, target, owner) => making.symlink(tree.ready(), dir, name, target, owner),
    readlink: (node) => readSymlink(tree.ready(), node, true),
    targetOf: (node) => readSymlink(tree.ready(), node, false),
    link: (node, dir, name) => names.link(tree.ready(), node, dir, name),
    rename: (fromDir, from, toDir, to) => names.rename(tree.ready(), fromDir, from, toDir, to),
    renameNode: (node, toDir, to) => names.renameNode(tree.ready(), node, toDir, to),
    unlink: (dir, name, isDirectory) => names.unlink(tree.ready(), dir, name, isDirectory),
    remove: (node) => names.remove(tree.ready(), node),
    getxattr: (node, name) => xattrs.getAttribute(tree.ready(), node, name),
    listxattr: (node) => xattrs.listAttributes(tree.ready(), node),
    setxattr: (node, name, value, flags) => xattrs.setAttribute(tree.ready(), node, name, value, flags),
    removexattr: (node, name) => xattrs.removeAttribute(tree.ready(), node, name),
    lock: (node, file, owner, lock) => (tree.ready(), locks.set(node, file, owner, lock)),
    unlockWhole: (file) => locks.unlockWhole(file),
    mayOthersLock: (node, owner) => locks.mayOthersHold(node, owner),
    findLock: (node, owner, lock) => (tree.ready(), locks.find(node, owner, lock)),
    [Symbol.dispose]: () => tree[Symbol.dispose](),
  }
}

function readSymlink(tree: Tree, node: Node, isAccess: boolean): string {
  if (attributes.typeOf(tree, node) !== S_IFLNK) throw new ErrnoError('EINVAL', { op: 'read as a symlink' })
  return tree.model.embodiment.readSymlink(node, isAccess)
}
