// Finding an object that somebody else renamed, another connection or a process of the host: the kernel says where its
// handle's object is. What it says is only a hint; the way there is walked from the root like any other, and believed
// if the object is at its end.

import { nameFromBytes, bytesOf, type Name } from '../name.js'
import type { Fd } from '../sys/fd.js'
import { currentPath, openPath } from '../sys/open.js'
import { statx, statxAt } from '../sys/stat.js'
import type { Node } from './node.js'

/** Moves a node whose place is out of date to where its object is now; false when that is nowhere in the export. */
export function findAgain(node: Node): boolean {
  node.detach()
  const names = pathFrom(rootOf(node), node)
  const name = names?.pop()
  if (names === undefined || name === undefined) return false
  const dir = walk(rootOf(node), names)
  if (dir === undefined) return false
  try {
    const there = statxAt(dir.handle(), name)
    if (there === undefined || !node.isStillAt(there)) return false
    const known = dir.knownChild(name)
    // Another node of this inode may have that place already: then it lends it to this one.
    if (known?.inode === node.inode) node.inode.home = known
    else {
      known?.detach()
      node.moveTo(dir, name)
    }
    return true
  } finally {
    dir.release()
  }
}

function rootOf(node: Node): Node {
  let root = node
  while (root.parent !== undefined) root = root.parent
  return root
}

/** The names from the export's root to the object, as the host has them now. */
function pathFrom(root: Node, node: Node): Name[] | undefined {
  const top = currentPath(root.handle())
  const path = currentPath(node.handle())
  if (top === undefined || path === undefined) return undefined
  const above = top === '/' ? top : `${top}/`
  if (!path.startsWith(above)) return undefined
  return path
    .slice(above.length)
    .split('/')
    .map((name) => nameFromBytes(bytesOf(name)))
}

/** The directory at the end of `names`, the caller's to release. */
function walk(root: Node, names: readonly Name[]): Node | undefined {
  let dir = root.acquire()
  for (const name of names) {
    const next = step(dir, name)
    dir.release()
    if (next === undefined) return undefined
    dir = next
  }
  return dir
}

function step(dir: Node, name: Name): Node | undefined {
  const found: Fd | undefined = dir.inode.isDirectory ? openPath(dir.handle(), name) : undefined
  if (found === undefined) return undefined
  try {
    return dir.child(name, dir.inode.inodes.take(found, statx(found)))
  } catch (cause) {
    found.close()
    throw cause
  }
}
