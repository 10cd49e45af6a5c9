// What the stores have in common whose data lies in the inode: a name carries nothing, so that linking, renaming and
// removing names are the host's own operations.

import type { Name } from '../name.js'
import { AT_REMOVEDIR } from '../sys/constants.js'
import { renameat2, unlinkat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import type { Ownership } from './ownership.js'
import type { FoundObject, OwnershipStore, Place, Refusal, StoredObject } from './store.js'

export abstract class InodeStore implements OwnershipStore {
  abstract load(object: StoredObject): Ownership
  abstract adopt(object: StoredObject, ownership: Ownership): void
  abstract save(object: StoredObject, change: Ownership): void

  refusalOf(_tree: Fd): Refusal | undefined {
    return undefined
  }

  isReserved(_name: Name): boolean {
    return false
  }

  isOwn(_place: Place, _found?: FoundObject): boolean {
    return false
  }

  linked(_object: StoredObject, _to: Place): void {}

  rename(from: Place, to: Place, flags: number): void {
    renameat2(from.dir, from.name, to.dir, to.name, flags)
  }

  unlink({ dir, name }: Place, isDirectory: boolean): void {
    unlinkat(dir, name, isDirectory ? AT_REMOVEDIR : 0)
  }
}
