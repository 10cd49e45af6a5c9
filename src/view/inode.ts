// Handles of host inodes: one descriptor an inode, shared by everything that names it, dropped when descriptors run
// short and found again by name, provided that the name still means the same inode.

import { ErrnoError, isErrno } from '../errors.js'
import type { Name } from '../name.js'
import type { Ownership } from '../ownership/ownership.js'
import type { Place } from '../ownership/store.js'
import { O_NOATIME, O_RDONLY, S_IFDIR, S_IFMT, S_IFREG } from '../sys/constants.js'
import type { Fd } from '../sys/fd.js'
import { generationOf } from '../sys/inode.js'
import { openPath, reopen, reopenPath } from '../sys/open.js'
import { type HostStat, statx, statxAt } from '../sys/stat.js'
import type { DescriptorBudget, HandleCache } from './descriptor-budget.js'
import type { Node } from './node.js'

/** The inodes in use on one device. */
export interface Device {
  readonly dev: number
  readonly inodes: Inodes
  readonly byNumber: Map<bigint, Inode>
}

/** An open file or directory. */
export interface Opening {
  readonly fd: Fd
}

/** A name in a directory; `dir` is referred to. */
interface KnownName {
  readonly dir: Node
  readonly name: Name
}

/** Most further names kept of an inode: a hint for objects with a few, no index of those with thousands. */
const FURTHER_NAMES_MAX = 8

/** Asked for when first wanted. */
const NOT_ASKED = null

/**
 * One inode in use. While its handle is open the kernel keeps the inode, so its number cannot pass to another.
 * A client's dentry cache makes us keep a hundred thousand of these: each field counts.
 */
export class Inode {
  /** Nodes that refer to it. At 0 the handle is closed. */
  refs = 0
  handle: Fd | undefined
  /** Where to find it again; undefined for what has lost its name, which is therefore never dropped. */
  home: Node | undefined
  isRecentlyUsed = true
  /** Open files and directories of it: while there is one, a dropped handle is found again without any name. */
  private openings: Set<Opening> | undefined
  /** Names of a hard-linked file that no node stands for: see `furtherPlace`. The latest come last. */
  private furtherNames: KnownName[] | undefined
  /** The host refused to open it for reading: asked once, not at each getattr. */
  isUnreadable = false
  /** What a store beside the name last knew (see StoredObject). */
  remembered: Ownership | undefined
  private knownGeneration: number | undefined | typeof NOT_ASKED = NOT_ASKED

  constructor(
    readonly device: Device,
    readonly ino: bigint,
    /** The host's S_IFMT bits, which never change. */
    readonly hostType: number,
    private readonly birth: number,
  ) {}

  get inodes(): Inodes {
    return this.device.inodes
  }

  get dev(): number {
    return this.device.dev
  }

  /** True when `stat` is of this inode. Time of birth tells a reused number apart while no handle pins it. */
  isSame(stat: HostStat): boolean {
    return stat.ino === this.ino && stat.dev === this.device.dev && birthOf(stat) === this.birth
  }

  get isDirectory(): boolean {
    return this.hostType === S_IFDIR
  }

  /** FS_IOC_GETVERSION, asked once; undefined where the host keeps none or will not say. */
  generation(): number | undefined {
    if (this.knownGeneration !== NOT_ASKED) return this.knownGeneration
    try {
      const file = this.inodes.readable(this)
      this.knownGeneration = file === undefined ? undefined : generationOf(file)
      return this.knownGeneration
    } catch (cause) {
      // Attributes are still worth having without it (reference §3.9); next time it may be known.
      if (!(cause instanceof ErrnoError)) throw cause
      return undefined
    }
  }

  opened(opening: Opening): void {
    this.openings ??= new Set<Opening>()
    this.openings.add(opening)
  }

  closed(opening: Opening): void {
    this.openings?.delete(opening)
    if (this.openings?.size === 0) this.openings = undefined
  }

  /** Notes that it is known as `name` in `dir`, too. A directory has one name only. */
  addFurtherName(dir: Node, name: Name): void {
    if (this.isDirectory) return
    this.furtherNames ??= []
    if (this.furtherNames.some((known) => known.dir === dir && known.name === name)) return
    this.furtherNames.push({ dir: dir.acquire(), name })
    if (this.furtherNames.length > FURTHER_NAMES_MAX) this.furtherNames.shift()?.dir.release()
  }

  /** One of its further names that it still has: for what is stored beside a name, when the one walked to is gone. */
  furtherPlace(): Place | undefined {
    for (const { dir, name } of this.furtherNames ?? []) {
      try {
        const directory = dir.handle()
        const there = statxAt(directory, name)
        if (there !== undefined && this.isSame(there)) return { dir: directory, name }
      } catch (cause) {
        // That directory is not to be found any more, and so neither is the name.
        if (!isErrno(cause, 'ESTALE')) throw cause
      }
    }
    return undefined
  }

  /** Called when it is not in use any more. */
  forgetFurtherNames(): void {
    for (const { dir } of this.furtherNames?.splice(0) ?? []) dir.release()
  }

  /** Some open file or directory of it. */
  get anyOpening(): Opening | undefined {
    return this.openings?.values().next().value
  }
}

/** The time of birth as 31 bits, which V8 keeps without an object of its own. */
const birthOf = ({ btimeSec, btimeNsec }: HostStat): number => (btimeNsec ^ Math.imul(btimeSec | 0, 0x9e37_79b1)) >>> 1

/** The inodes of one view, by device and number. */
export class Inodes implements HandleCache {
  private readonly devices = new Map<number, Device>()
  private readonly held = new Set<Inode>()

  constructor(private readonly budget: DescriptorBudget) {
    budget.register(this)
  }

  /** Inodes in use, for tests and metrics. */
  get count(): number {
    let count = 0
    for (const { byNumber } of this.devices.values()) count += byNumber.size
    return count
  }

  /** Takes ownership of `handle`, whose stat is `stat`: returns its inode, which keeps it or closes it as surplus. */
  take(handle: Fd, stat: HostStat): Inode {
    let device = this.devices.get(stat.dev)
    if (device === undefined) {
      device = { dev: stat.dev, inodes: this, byNumber: new Map<bigint, Inode>() }
      this.devices.set(stat.dev, device)
    }
    const known = device.byNumber.get(stat.ino)
    if (known?.isSame(stat) === true) {
      known.isRecentlyUsed = true
      if (known.handle === undefined) this.keep(known, handle)
      else handle.close()
      return known
    }
    // An inode of that number that is gone (its handle was dropped, then the host reused the number) makes room.
    const inode = new Inode(device, stat.ino, stat.mode & S_IFMT, birthOf(stat))
    device.byNumber.set(stat.ino, inode)
    this.keep(inode, handle)
    return inode
  }

  /** The inode that `stat` is of, if it is in use. */
  inUse(stat: HostStat): Inode | undefined {
    const known = this.devices.get(stat.dev)?.byNumber.get(stat.ino)
    return known?.isSame(stat) === true ? known : undefined
  }

  /** A descriptor of the inode, perhaps O_PATH; ESTALE when it was dropped and is not to be found again. */
  handle(inode: Inode): Fd {
    inode.isRecentlyUsed = true
    return inode.handle ?? this.find(inode)
  }

  /** Opens a dropped handle again: from an open file, or by name from the nearest ancestor whose handle is there. */
  private find(inode: Inode): Fd {
    const missing: Inode[] = []
    let at = inode
    let handle = this.handleAtOnce(at)
    while (handle === undefined) {
      const parent = at.home?.parent
      if (parent === undefined) throw new ErrnoError('ESTALE', { op: 'find a dropped handle' })
      missing.push(at)
      at = parent.inode
      handle = this.handleAtOnce(at)
    }
    // A loop, since a guest may have made a path deeper than our stack. Of the handles on the way only the last
    // directory's is kept: its other entries are likely to be asked for next.
    let passing: Fd | undefined
    try {
      for (let left = missing.length - 1; left >= 0; left -= 1) {
        const next = missing[left]!
        const found = openSame(handle, next)
        passing?.close()
        passing = left > 1 ? found : undefined
        if (left <= 1) this.keep(next, found)
        handle = found
      }
      return handle
    } finally {
      passing?.close()
    }
  }

  private handleAtOnce(inode: Inode): Fd | undefined {
    if (inode.handle !== undefined) return inode.handle
    const opening = inode.anyOpening
    if (opening === undefined) return undefined
    const handle = reopenPath(opening.fd)
    this.keep(inode, handle)
    return handle
  }

  /** A descriptor open for reading (see StoredObject); it takes the place of the O_PATH handle. */
  readable(inode: Inode): Fd | undefined {
    const handle = this.handle(inode)
    if (!handle.isPathOnly) return handle
    if (inode.isUnreadable || (inode.hostType !== S_IFREG && inode.hostType !== S_IFDIR)) return undefined
    try {
      // To look at an object is not to read it: a stat of a mapped symlink must not move its time of access.
      const file = reopen(handle, O_RDONLY | O_NOATIME)
      handle.close()
      inode.handle = file
      return file
    } catch (cause) {
      if (!isErrno(cause, 'EACCES') && !isErrno(cause, 'EPERM')) throw cause
      inode.isUnreadable = true
      return undefined
    }
  }

  /** Called when the last node lets go. */
  forget(inode: Inode): void {
    this.drop(inode)
    const { byNumber } = inode.device
    if (byNumber.get(inode.ino) === inode) byNumber.delete(inode.ino)
    inode.forgetFurtherNames()
  }

  /** Closes every handle: the connection is over. */
  closeAll(): void {
    for (const inode of this.held) this.drop(inode)
    this.devices.clear()
    this.budget.unregister(this)
  }

  /**
   * Second chance (clock): closes up to `count` handles that were not used since they were last passed over. The set is
   * the circle: what is passed over goes to its end. A hand that stays on it, an iterator, would keep alive every table
   * that the set ever had, with all that was in them.
   */
  evict(count: number): number {
    let closed = 0
    // Twice round: whatever was used lately loses its mark the first time.
    let looks = 2 * this.held.size
    for (const inode of this.held) {
      if (looks === 0 || closed === count) break
      looks -= 1
      if (inode.home?.parent !== undefined && !inode.isRecentlyUsed) {
        this.drop(inode)
        closed += 1
      } else {
        inode.isRecentlyUsed = false
        this.held.delete(inode)
        this.held.add(inode)
      }
    }
    return closed
  }

  private keep(inode: Inode, handle: Fd): void {
    inode.handle = handle
    this.held.add(inode)
    this.budget.acquired()
  }

  private drop(inode: Inode): void {
    if (inode.handle === undefined) return
    inode.handle.close()
    inode.handle = undefined
    this.held.delete(inode)
    this.budget.released()
  }
}

/** Opens what `inode` was last known as in `dir`; ESTALE when that is gone or another object now. */
function openSame(dir: Fd, inode: Inode): Fd {
  const name = inode.home!.name
  const found = openPath(dir, name)
  try {
    if (found !== undefined && inode.isSame(statx(found))) return found
  } catch (cause) {
    found?.close()
    throw cause
  }
  found?.close()
  throw new ErrnoError('ESTALE', { op: 'find a dropped handle', name })
}
