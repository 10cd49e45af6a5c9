// Open files and directories: what a fid holds after Tlopen or Tlcreate.

import { bestEffort, ErrnoError } from '../errors.js'
import type { GuestUid } from '../ids.js'
import {
  O_ACCMODE,
  O_APPEND,
  O_DIRECTORY,
  O_DSYNC,
  O_NOATIME,
  O_RDONLY,
  O_RDWR,
  O_SYNC,
  O_TRUNC,
  O_WRONLY,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
} from '../sys/constants.js'
import type { Fd } from '../sys/fd.js'
import { fdatasync, fsync, pread, preadNowait, pwrite } from '../sys/io.js'
import { reopen } from '../sys/open.js'
import { cut, dropSetId, typeOf } from './attributes.js'
import type { DescriptorBudget } from './descriptor-budget.js'
import type { Inode } from './inode.js'
import type { LockOwners } from './locks.js'
import type { Node } from './node.js'
import { OpenDirectory } from './open-directory.js'
import type { Tree } from './tree.js'

/** Flags of an open that reach the host as they are (reference §3.6). */
const HOST_FLAGS = O_ACCMODE | O_APPEND | O_DSYNC | O_SYNC | O_NOATIME

/** The flags with which the host file is opened for the guest's `flags`. */
export const hostFlags = (flags: number): number => flags & HOST_FLAGS

/** A regular file open for the guest. Contents go by this descriptor; attributes by its node. */
export class OpenFile {
  readonly kind = 'file'
  private pins = 1
  /** Lock owners that hold locks through this open file (see LockOwners). */
  readonly lockKeys = new Set<string>()

  constructor(
    private readonly inode: Inode,
    readonly fd: Fd,
    readonly flags: number,
    private readonly budget: DescriptorBudget,
    private readonly locks: LockOwners,
  ) {
    budget.acquired()
    inode.opened(this)
  }

  /** True for one that takes writes; access mode 3 takes neither reads nor writes. */
  get isWritable(): boolean {
    const access = this.flags & O_ACCMODE
    return access === O_WRONLY || access === O_RDWR
  }

  /** Reads at `offset` into `into`; fewer bytes than asked for at the end of the file. May wait for the disk. */
  read(into: Uint8Array, offset: number): number {
    return pread(this.fd, into, offset)
  }

  /** Reads as `read` does; undefined where that would wait. */
  readNowait(into: Uint8Array, offset: number): number | undefined {
    let count = 0
    for (;;) {
      const more = preadNowait(this.fd, count === 0 ? into : into.subarray(count), offset + count)
      if (more === undefined) return undefined
      if (more === 0) return count
      count += more
      // A short count may be the border of what is in memory, and to a client it would look like the end of the file.
      if (count === into.length) return count
    }
  }

  sync(isDataOnly: boolean): void {
    if (isDataOnly) fdatasync(this.fd)
    else fsync(this.fd)
  }

  /** Keeps the descriptor through an operation that outlives the request's turn; pairs with `close`. */
  pin(): void {
    this.pins += 1
  }

  /** Lets go; the last one closes the descriptor, and with it ends the locks taken through it. */
  close(): void {
    this.pins -= 1
    if (this.pins > 0) return
    this.locks.closed(this)
    this.inode.closed(this)
    this.fd.close()
    this.budget.released()
  }
}

/**
 * Opens a node. A directory opens for reading whatever the flags say (as QEMU does). What the guest knows as a symlink
 * answers ELOOP, as a device, fifo or socket ENXIO, though in mapped models the host has a regular file there: reading
 * or writing it would go round the object's meaning.
 */
export function open(
  tree: Tree,
  locks: LockOwners,
  node: Node,
  flags: number,
  uid: GuestUid,
): OpenFile | OpenDirectory {
  if (node.inode.isDirectory) return new OpenDirectory(tree, node)
  const type = typeOf(tree, node)
  if (type === S_IFDIR || (flags & O_DIRECTORY) !== 0) throw new ErrnoError('ENOTDIR', { op: 'open as a directory' })
  if (type === S_IFLNK) throw new ErrnoError('ELOOP', { op: 'open a symlink' })
  if (type !== S_IFREG) throw new ErrnoError('ENXIO', { op: 'open a special file' })
  const host = hostFlags(flags)
  const file = new OpenFile(node.inode, reopen(node.handle(), host), host, tree.budget, locks)
  try {
    // A step of its own: the file is cut once nothing else can fail.
    if ((flags & O_TRUNC) !== 0) cut(tree, node, 0, uid, file.isWritable ? file.fd : undefined)
    return file
  } catch (cause) {
    file.close()
    throw cause
  }
}

/** Writes as `uid`: see GuestView. */
export function write(
  tree: Tree,
  node: Node,
  open: OpenFile,
  bytes: Uint8Array,
  offset: number,
  uid: GuestUid,
): number {
  if (!open.isWritable || bytes.length === 0) return pwrite(open.fd, bytes, offset)
  // Before the first byte, as the kernel does: what somebody else has written never runs as the owner.
  const former = dropSetId(tree, node, uid)
  try {
    return pwrite(open.fd, bytes, offset)
  } catch (cause) {
    if (former !== undefined) bestEffort(() => tree.model.store.save(node, { mode: former }))
    throw cause
  }
}

/** True for an open that can change the file: write access, truncation or appending. */
export const canWrite = (flags: number): boolean =>
  (flags & O_ACCMODE) !== O_RDONLY || (flags & (O_TRUNC | O_APPEND)) !== 0
