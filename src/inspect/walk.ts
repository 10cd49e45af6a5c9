// From a path to an object, as the guest's kernel would go: symlinks are the guest's, "/" is the export's root, and
// nothing leads out of it.

import { ErrnoError } from '../errors.js'
import { checkName } from '../name.js'
import { S_IFDIR, S_IFLNK, S_IFMT } from '../sys/constants.js'
import type { WalkName } from '../name.js'
import type { Node } from '../view/node.js'
import type { GuestView } from '../view/view.js'
import { componentsOf } from './path.js'

/** Linux follows no more in one path (MAXSYMLINKS, include/linux/namei.h). */
const LINKS_MAX = 40
/** PATH_MAX counts the terminator. */
const TARGET_MAX = 4095

const walkName = (component: string): WalkName =>
  component === '.' || component === '..' ? component : checkName(component, { dot: 'ENOENT', dotDot: 'ENOENT' })

/**
 * Finds what the components name below the export's root; the node is the caller's to release. Symlinks on the way are
 * followed, the last one only when `follows` says so.
 */
export function walk(view: GuestView, components: readonly string[], follows: boolean): Node {
  const pending = [...components].reverse()
  let links = 0
  let here = view.root()
  try {
    for (let component = pending.pop(); component !== undefined; component = pending.pop()) {
      const found = step(view, here, walkName(component))
      const mustFollow = typeOf(view, found) === S_IFLNK && (follows || pending.length > 0)
      if (!mustFollow) {
        here.release()
        here = found
        continue
      }
      const target = targetOf(view, found)
      if (++links > LINKS_MAX) throw new ErrnoError('ELOOP', { op: 'follow symlinks' })
      if (target.startsWith('/')) {
        here.release()
        here = view.root()
      }
      pending.push(...componentsOf(target).reverse())
    }
    return here
  } catch (cause) {
    here.release()
    throw cause
  }
}

function step(view: GuestView, dir: Node, name: WalkName): Node {
  if (typeOf(view, dir) !== S_IFDIR) throw new ErrnoError('ENOTDIR', { op: 'look up', name })
  const found = view.lookup(dir, name)
  if (found === undefined) throw new ErrnoError('ENOENT', { op: 'look up', name })
  return found
}

function targetOf(view: GuestView, link: Node): string {
  try {
    const target = view.targetOf(link)
    if (target === '' || target.includes('\0')) throw new ErrnoError('ENOENT', { op: 'follow a symlink to nothing' })
    if (target.length > TARGET_MAX) throw new ErrnoError('ENAMETOOLONG', { op: 'follow a symlink' })
    return target
  } finally {
    link.release()
  }
}

const typeOf = (view: GuestView, node: Node): number => view.stat(node).mode & S_IFMT
