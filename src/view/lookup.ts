// From a name to a node: one component at a time, relative to an open directory, never through a symlink.

import { ErrnoError } from '../errors.js'
import type { WalkName } from '../name.js'
import { openPath } from '../sys/open.js'
import { statx, statxAt } from '../sys/stat.js'
import type { Node } from './node.js'
import type { Tree } from './tree.js'

/** Finds `name` in `dir`; the node is the caller's to release. Undefined where there is nothing. */
export function lookup(tree: Tree, dir: Node, name: WalkName): Node | undefined {
  if (name === '.') return dir.acquire()
  // The parent that was walked through: asking the host for ".." of a directory that somebody moved out of the export
  // would leave the export.
  if (name === '..') return (dir.parent ?? dir).acquire()
  tree.refuseReserved(name)
  if (!dir.inode.isDirectory) throw new ErrnoError('ENOTDIR', { op: 'look up', name })

  const directory = dir.handle()
  const known = dir.knownChild(name)
  if (known?.inode.handle !== undefined) {
    const stat = statxAt(directory, name)
    if (stat !== undefined && known.isStillAt(stat)) {
      known.inode.isRecentlyUsed = true
      return known.acquire()
    }
  }
  const handle = openPath(directory, name)
  if (handle === undefined) {
    known?.detach()
    return undefined
  }
  let stat
  try {
    stat = statx(handle)
    tree.refuseOwn(directory, name, stat)
  } catch (cause) {
    handle.close()
    throw cause
  }
  return dir.child(name, tree.inodes.take(handle, stat))
}

/** Finds what must be there. */
export function lookupExisting(tree: Tree, dir: Node, name: WalkName): Node {
  const node = lookup(tree, dir, name)
  if (node === undefined) throw new ErrnoError('ENOENT', { op: 'look up', name })
  return node
}
