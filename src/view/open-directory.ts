// Reading a directory as the guest sees it: the store's own names hidden, types and qids as a lookup would find them.

import type { Name, WalkName } from '../name.js'
import { cover, type GuestStat } from '../ownership/ownership.js'
import { type Dirent, getdents64, seekDirectory } from '../sys/directory.js'
import { O_DIRECTORY, O_RDONLY } from '../sys/constants.js'
import type { Fd } from '../sys/fd.js'
import { reopen } from '../sys/open.js'
import { fdatasync, fsync } from '../sys/io.js'
import { ErrnoError, isErrno } from '../errors.js'
import { stat } from './attributes.js'
import type { Node } from './node.js'
import { PassingObject } from './passing-object.js'
import type { Tree } from './tree.js'

/** One entry; `cookie` is the position after it, to go on from. */
export interface GuestDirent {
  readonly name: WalkName
  readonly cookie: bigint
  readonly stat: GuestStat
}

/** Room for some hundred entries a system call: as much as libc's readdir uses. */
const BUFFER_SIZE = 32_768

/** A directory open for reading. Positions are the host's own cookies, so they stay good across reopenings. */
export class OpenDirectory {
  readonly kind = 'directory'
  readonly fd: Fd
  private pins = 1
  private batch: readonly Dirent[] = []
  private next = 0
  /** The cookie that `batch[next]` follows: where reading goes on. */
  position = 0n
  private visited: PassingObject | undefined
  private isAtEnd = false

  constructor(
    private readonly tree: Tree,
    private readonly node: Node,
  ) {
    this.fd = reopen(node.handle(), O_RDONLY | O_DIRECTORY)
    tree.budget.acquired()
    node.inode.opened(this)
  }

  /**
   * Visits entries from `cookie` on (0: from the beginning) until `visit` answers false, for which that entry is not
   * consumed. Entries that vanish meanwhile are passed over (reference §8 row 23).
   */
  read(cookie: bigint, visit: (entry: GuestDirent) => boolean): void {
    if (cookie === 0n || cookie !== this.position) this.seek(cookie)
    for (;;) {
      const dirent = this.batch[this.next]
      if (dirent === undefined) {
        if (!this.fill()) return
        continue
      }
      if (!this.show(dirent, visit)) return
      this.next += 1
      this.position = dirent.off
    }
  }

  /** The target of the symlink being visited (Latin-1 bytes), which is an access to it. */
  visitedTarget(): string {
    if (this.visited === undefined) throw new ErrnoError('EINVAL', { op: 'read as a symlink' })
    return this.tree.model.embodiment.readSymlink(this.visited, true)
  }

  sync(isDataOnly: boolean): void {
    if (isDataOnly) fdatasync(this.fd)
    else fsync(this.fd)
  }

  /** Keeps the descriptor through an operation that outlives the request's turn; pairs with `close`. */
  pin(): void {
    this.pins += 1
  }

  close(): void {
    this.pins -= 1
    if (this.pins > 0) return
    this.node.inode.closed(this)
    this.fd.close()
    this.tree.budget.released()
  }

  private seek(cookie: bigint): void {
    seekDirectory(this.fd, cookie)
    this.batch = []
    this.next = 0
    this.position = cookie
    this.isAtEnd = false
  }

  private fill(): boolean {
    if (this.isAtEnd) return false
    try {
      this.batch = getdents64(this.fd, Buffer.allocUnsafe(BUFFER_SIZE))
    } catch (cause) {
      // A removed directory has no entries left; the host says ENOENT instead of giving none.
      if (!isErrno(cause, 'ENOENT')) throw cause
      this.batch = []
    }
    this.next = 0
    this.isAtEnd = this.batch.length === 0
    return !this.isAtEnd
  }

  /** Shows one entry, unless it has vanished or is the store's own; false when `visit` wants no more. */
  private show({ name, off }: Dirent, visit: (entry: GuestDirent) => boolean): boolean {
    if (name === '.') return visit({ name, cookie: off, stat: stat(this.tree, this.node) })
    if (name === '..') return visit({ name, cookie: off, stat: stat(this.tree, this.node.parent ?? this.node) })
    if (this.tree.model.store.isReserved(name as Name)) return true
    using object = PassingObject.find(this.fd, name as Name)
    const shown = object && this.cover(object)
    if (shown === undefined) return true
    this.visited = object
    try {
      return visit({ name: name as Name, cookie: off, stat: shown })
    } finally {
      this.visited = undefined
    }
  }

  private cover(object: PassingObject): GuestStat | undefined {
    try {
      return cover(object.host, this.tree.model.store.load(object))
    } catch (cause) {
      if (!isErrno(cause, 'ENOENT')) throw cause
      return undefined
    }
  }
}
