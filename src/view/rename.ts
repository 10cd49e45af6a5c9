// Names: linking, renaming and removing them, and keeping nodes true to what happened.

import { bestEffort, ErrnoError } from '../errors.js'
import type { Name } from '../name.js'
import type { GuestStat } from '../ownership/ownership.js'
import { linkat, unlinkat } from '../sys/directory.js'
import { statxAt } from '../sys/stat.js'
import { stat } from './attributes.js'
import type { Node } from './node.js'
import type { Tree } from './tree.js'

/** Gives the node's inode the further name `name` in `dir`. */
export function link(tree: Tree, node: Node, dir: Node, name: Name): void {
  tree.refuseReserved(name)
  const directory = dir.handle()
  linkat(node.handle(), directory, name)
  try {
    tree.refuseOwn(directory, name, node)
    tree.model.store.linked(node, { dir: directory, name })
  } catch (cause) {
    bestEffort(() => unlinkat(directory, name))
    throw cause
  }
  node.inode.addFurtherName(dir, name)
}

/** Renames `from` in `fromDir` to `to` in `toDir`, replacing what is there. */
export function rename(tree: Tree, fromDir: Node, from: Name, toDir: Node, to: Name): void {
  tree.refuseReserved(from)
  refuseTarget(tree, toDir, to)
  keepUsable(tree, fromDir.knownChild(from))
  const replaced = toDir.knownChild(to)
  keepUsable(tree, replaced)

  const fromHandle = fromDir.handle()
  const toHandle = toDir.handle()
  // Looked at before, since afterwards nothing may fail. A host process that changes names meanwhile misleads nobody:
  // a node's place is checked whenever it is used.
  const moving = statxAt(fromHandle, from)
  const target = moving && statxAt(toHandle, to)
  tree.refuseOwn(fromHandle, from, moving)
  tree.refuseOwn(toHandle, to, target)
  const [fromPlace, toPlace] = [
    { dir: fromHandle, name: from },
    { dir: toHandle, name: to },
  ]
  tree.model.store.rename(fromPlace, toPlace, 0)
  try {
    if (target === undefined) tree.refuseOwn(toHandle, to, moving)
  } catch (cause) {
    bestEffort(() => tree.model.store.rename(toPlace, fromPlace, 0))
    throw cause
  }

  // rename(2) does nothing when both names are one inode: then everybody is still where they were.
  if (moving !== undefined && target !== undefined && moving.ino === target.ino && moving.dev === target.dev) return
  const moved = fromDir.knownChild(from)
  replaced?.detach()
  if (moving !== undefined && moving.nlink > 1) tree.inodes.inUse(moving)?.addFurtherName(toDir, to)
  if (moved === undefined) return
  if (moving !== undefined && moved.isStillAt(moving)) moved.moveTo(toDir, to)
  else moved.detach()
}

/** Refuses a place that is none, before the object is looked for: as the kernel does. */
function refuseTarget(tree: Tree, dir: Node, name: Name): void {
  tree.refuseReserved(name)
  if (!dir.inode.isDirectory) throw new ErrnoError('ENOTDIR', { op: 'rename into what is no directory', name })
}

/** Renames a node by what it is (Trename): ENOENT when its name has come to mean something else. */
export function renameNode(tree: Tree, node: Node, toDir: Node, to: Name): void {
  refuseTarget(tree, toDir, to)
  if (node.isRoot) throw new ErrnoError('EBUSY', { op: 'rename the root' })
  const { dir, name } = placeOf(node)
  rename(tree, dir, name, toDir, to)
}

/** Removes `name` from `dir`; `isDirectory` as unlinkat's AT_REMOVEDIR. What is open stays usable by its fids. */
export function unlink(tree: Tree, dir: Node, name: Name, isDirectory: boolean): void {
  tree.refuseReserved(name)
  const known = dir.knownChild(name)
  keepUsable(tree, known)
  const directory = dir.handle()
  tree.refuseOwn(directory, name)
  tree.model.store.unlink({ dir: directory, name }, isDirectory)
  known?.detach()
}

/** Removes a node by what it is (Tremove). */
export function remove(tree: Tree, node: Node): void {
  if (node.isRoot) throw new ErrnoError('EINVAL', { op: 'remove the root' })
  const { dir, name } = placeOf(node)
  unlink(tree, dir, name, node.inode.isDirectory)
}

function placeOf(node: Node): { readonly dir: Node; readonly name: Name } {
  const place = node.confirmedPlace()
  if (place === undefined) throw new ErrnoError('ENOENT', { op: 'find the name of an object that lost it' })
  return place
}

/**
 * Before a name goes: its handle must be open, since afterwards it cannot be found again, and a store that keeps its
 * data beside the name must have looked at it. What cannot be looked at any more needs neither.
 */
function keepUsable(tree: Tree, node: Node | undefined): GuestStat | undefined {
  let shown: GuestStat | undefined
  if (node !== undefined) bestEffort(() => (shown = stat(tree, node)))
  return shown
}
