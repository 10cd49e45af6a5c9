// The moment after an object was made on the host: it is found again, and gets the guest's ownership or goes away.

import { bestEffort, ErrnoError } from '../errors.js'
import type { Name } from '../name.js'
import { amend, cover, type GuestStat, NO_OWNERSHIP, type Ownership } from '../ownership/ownership.js'
import { AT_REMOVEDIR, S_IFDIR, S_IFMT } from '../sys/constants.js'
import { unlinkat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { openPath, reopenPath } from '../sys/open.js'
import { type HostStat, statx, statxAt } from '../sys/stat.js'
import { statOr } from './attributes.js'
import type { Node } from './node.js'
import type { Tree } from './tree.js'

/**
 * Stores the ownership of what was just made at `name`, by its descriptor `file` where there is one; removes it again
 * when that fails. Once it is stored nothing can fail any more.
 */
export function adopt(
  tree: Tree,
  dir: Node,
  name: Name,
  ownership: Ownership,
  file?: Fd,
): { readonly node: Node; readonly stat: GuestStat } {
  const isDirectory = ((ownership.mode ?? 0) & S_IFMT) === S_IFDIR
  let made: HostStat | undefined
  let node: Node | undefined
  try {
    const handle = file === undefined ? openMade(dir, name) : reopenPath(file)
    try {
      made = statx(handle)
      tree.refuseOwn(dir.handle(), name, made)
    } catch (cause) {
      handle.close()
      throw cause
    }
    node = dir.child(name, tree.inodes.take(handle, made))
    if (file === undefined && !isPlausible(made, isDirectory))
      throw new ErrnoError('ESTALE', { op: 'find what was just made', name })
    tree.model.store.adopt(node, ownership)
    return { node, stat: statOr(tree, node, cover(made, amend(NO_OWNERSHIP, ownership))) }
  } catch (cause) {
    bestEffort(() => removeMade(dir, name, isDirectory, made))
    node?.detach()
    node?.release()
    throw cause
  }
}

function openMade(dir: Node, name: Name): Fd {
  const handle = openPath(dir.handle(), name)
  if (handle === undefined) throw new ErrnoError('ENOENT', { op: 'find what was just made', name })
  return handle
}

/**
 * False for what cannot be what we made a moment ago. A host process that may write in the directory could have put a
 * hard link of somebody else's file there, so that a server run by root would give that file away.
 */
const isPlausible = (made: HostStat, isDirectory: boolean): boolean =>
  ((made.mode & S_IFMT) === S_IFDIR) === isDirectory && (isDirectory || made.nlink === 1)

/** Takes back what was made: the object that `made` describes or, where it was not seen, whatever may be it. */
function removeMade(dir: Node, name: Name, isDirectory: boolean, made: HostStat | undefined): void {
  const there = statxAt(dir.handle(), name)
  if (there === undefined || !isPlausible(there, isDirectory)) return
  if (made === undefined || (made.ino === there.ino && made.dev === there.dev)) {
    unlinkat(dir.handle(), name, isDirectory ? AT_REMOVEDIR : 0)
  }
}
