// Byte-range locks between guests, and between guests and host processes.
//
// A lock belongs to an owner (client and process) on an inode, as POSIX has it. Each owner gets an open file description
// of its own, on which OFD locks are taken: two opens by one process share it and do not exclude each other, while
// other owners and host processes using fcntl(2) are kept out by the kernel. The description is closed, and its locks
// with it, when the last open file through which that owner locked is closed.
//
// A lock of flock(2) comes as a lock on the whole file and looks the same, but is the open file's, which processes inherit:
// one takes it, and another may give it back.

import { isErrno } from '../errors.js'
import { F_RDLCK, F_UNLCK, F_WRLCK, O_RDONLY, O_RDWR, O_WRONLY } from '../sys/constants.js'
import type { Fd } from '../sys/fd.js'
import { findRangeLock, type RangeLock, setRangeLock } from '../sys/lock.js'
import { reopen } from '../sys/open.js'
import type { DescriptorBudget } from './descriptor-budget.js'
import type { Node } from './node.js'
import type { OpenFile } from './open-file.js'

/** Who locks, as the client says: a process on a host. */
export interface LockOwner {
  readonly procId: number
  readonly clientId: string
}

interface Description {
  readonly fd: Fd
  readonly through: Set<OpenFile>
  /** False once all has been released. */
  mayHold: boolean
  /** The open file through which the whole was locked, while nothing else is. */
  wholeThrough: OpenFile | undefined
}

const prefixOf = ({ dev, ino }: Node): string => `${dev}:${ino}:`
const keyOf = (node: Node, { procId, clientId }: LockOwner): string => `${prefixOf(node)}${procId}:${clientId}`

const isWhole = ({ start, length }: RangeLock): boolean => start === 0n && length === 0n

/** Notes what was granted. */
function note(description: Description, open: OpenFile, lock: RangeLock): void {
  const isUnlocked = lock.type === F_UNLCK
  description.wholeThrough = isWhole(lock) && !isUnlocked ? open : undefined
  if (!isUnlocked || isWhole(lock)) description.mayHold = !isUnlocked
}

/** The lock owners of one view. */
export class LockOwners {
  private readonly descriptions = new Map<string, Description>()

  constructor(private readonly budget: DescriptorBudget) {}

  /** Takes or releases a lock; false when somebody else's is in the way. Never waits. */
  set(node: Node, open: OpenFile, owner: LockOwner, lock: RangeLock): boolean {
    const key = keyOf(node, owner)
    let description = this.descriptions.get(key)
    if (description === undefined) {
      if (lock.type === F_UNLCK) return true
      description = { fd: openForLocks(node), through: new Set(), mayHold: false, wholeThrough: undefined }
      this.budget.acquired()
      this.descriptions.set(key, description)
    }
    description.through.add(open)
    open.lockKeys.add(key)
    if (!setRangeLock(description.fd, lock)) return false
    note(description, open, lock)
    return true
  }

  /** Gives back what anybody has locked as a whole through this open file. */
  unlockWhole(open: OpenFile): void {
    for (const key of open.lockKeys) {
      const description = this.descriptions.get(key)
      if (description?.wholeThrough !== open) continue
      const whole = { type: F_UNLCK, start: 0n, length: 0n }
      if (setRangeLock(description.fd, whole)) note(description, open, whole)
    }
  }

  /** Whether somebody else who came through this view may hold locks on the inode. */
  mayOthersHold(node: Node, owner: LockOwner): boolean {
    const [prefix, key] = [prefixOf(node), keyOf(node, owner)]
    for (const [other, { mayHold }] of this.descriptions) {
      if (mayHold && other !== key && other.startsWith(prefix)) return true
    }
    return false
  }

  /**
   * The lock that would keep `owner` from taking `lock`; undefined when nothing would. The type F_UNLCK means one that
   * is not told, by a client that has looked through the locks of its own processes: among those, read locks that are
   * in its way are known to it. They are not told to it again, since they may not be.
   */
  find(node: Node, owner: LockOwner, lock: RangeLock): RangeLock | undefined {
    const key = keyOf(node, owner)
    const type = lock.type !== F_UNLCK ? lock.type : this.mayOthersHold(node, owner) ? F_RDLCK : F_WRLCK
    const held = this.descriptions.get(key)
    if (held !== undefined) return findRangeLock(held.fd, { ...lock, type })
    using fd = openForLocks(node)
    return findRangeLock(fd, { ...lock, type })
  }

  /** Called when an open file is closed: owners that locked through nothing else lose their locks. */
  closed(open: OpenFile): void {
    for (const key of open.lockKeys) {
      const description = this.descriptions.get(key)
      if (description === undefined) continue
      description.through.delete(open)
      if (description.through.size > 0) continue
      description.fd.close()
      this.budget.released()
      this.descriptions.delete(key)
    }
  }
}

/** The host's reasons to refuse one kind of access though another may do. */
const REFUSALS = ['EACCES', 'EPERM', 'EROFS', 'ETXTBSY'] as const

/** Write locks need a description open for writing, read locks one open for reading: as much as the host allows. */
function openForLocks(node: Node): Fd {
  let refusal: unknown
  for (const access of [O_RDWR, O_RDONLY, O_WRONLY]) {
    try {
      return reopen(node.handle(), access)
    } catch (cause) {
      if (!REFUSALS.some((code) => isErrno(cause, code))) throw cause
      refusal = cause
    }
  }
  throw refusal
}
