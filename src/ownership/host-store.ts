// passthrough and none: the guest's ownership is the host inode's own. The server needs the privilege to give files
// away, or (none) does without: there a new object simply keeps the server's owner.

import { bestEffort, ErrnoError } from '../errors.js'
import { NO_ID } from '../ids.js'
import { S_IFLNK, S_IFMT } from '../sys/constants.js'
import { fchmod, fchownat } from '../sys/inode.js'
import { statx } from '../sys/stat.js'
import { InodeStore } from './inode-store.js'
import { NO_OWNERSHIP, type Ownership } from './ownership.js'
import type { StoredObject } from './store.js'

const PERMISSIONS = 0o7777

/** What chown(2) and chmod(2) are to be told; an id that is not given stays, which is −1 to chown. */
const idsOf = ({ uid, gid, mode }: Ownership): { uid: number; gid: number; mode: number | undefined } => ({
  uid: uid ?? NO_ID,
  gid: gid ?? NO_ID,
  mode,
})

export class HostStore extends InodeStore {
  /** `toleratesRefusedOwner`: a new object may keep the server's owner where the host refuses another (none). */
  constructor(private readonly toleratesRefusedOwner: boolean) {
    super()
  }

  load(_object: StoredObject): Ownership {
    return NO_OWNERSHIP
  }

  /** Owner before mode: the kernel clears the set-id bits of whatever it gives away. */
  adopt(object: StoredObject, ownership: Ownership): void {
    const handle = object.handle()
    const { uid, gid, mode } = idsOf(ownership)
    if (uid !== NO_ID || gid !== NO_ID) {
      try {
        fchownat(handle, uid, gid)
      } catch (cause) {
        if (!this.toleratesRefusedOwner || !(cause instanceof ErrnoError)) throw cause
      }
    }
    if (mode === undefined || (statx(handle).mode & S_IFMT) === S_IFLNK) return
    fchmod(handle, mode & PERMISSIONS)
  }

  save(object: StoredObject, change: Ownership): void {
    const handle = object.handle()
    const { uid, gid, mode } = idsOf(change)
    if (mode === undefined) {
      fchownat(handle, uid, gid)
      return
    }
    const before = statx(handle)
    // Some Linux file systems change a symlink's mode and then report EOPNOTSUPP: ask none of them.
    if ((before.mode & S_IFMT) === S_IFLNK) throw new ErrnoError('EOPNOTSUPP', { op: 'change mode of a symlink' })
    if (uid === NO_ID && gid === NO_ID) {
      fchmod(handle, mode & PERMISSIONS)
      return
    }
    fchownat(handle, uid, gid)
    try {
      fchmod(handle, mode & PERMISSIONS)
    } catch (cause) {
      bestEffort(() => fchownat(handle, before.uid, before.gid))
      bestEffort(() => fchmod(handle, before.mode & PERMISSIONS))
      throw cause
    }
  }
}
