// From a path to an object, as the guest's kernel would go: symlinks are the guest's, "/" is the export's root, and
// nothing leads out of it.

import { ErrnoError } from '../errors.js'
import { SELF } from '../host/host-directory.js'
import { checkName, type Name } from '../name.js'
import type { PassedObject } from '../ownership/evidence.js'
import { S_IFDIR, S_IFLNK, S_IFMT } from '../sys/constants.js'
import type { EntryReader } from './entry.js'
import type { GuestPath } from './guest-path.js'
import { componentsOf } from './path.js'

/** Linux follows no more in one path (MAXSYMLINKS, include/linux/namei.h). */
const LINKS_MAX = 40
/** PATH_MAX counts the terminator. */
const TARGET_MAX = 4095

const nameOf = (component: string): Name => checkName(component, { dot: 'ENOENT', dotDot: 'ENOENT' })

/**
 * Finds what the components name below the directory that `path` has reached, which moves along. Symlinks on the way
 * are followed, the last one only when `follows` says so. The object is good until `path` moves again.
 */
export function resolve(
  path: GuestPath,
  components: readonly string[],
  follows: boolean,
  reader: EntryReader,
): PassedObject {
  const pending = [...components].reverse()
  let links = 0
  for (let component = pending.pop(); component !== undefined; component = pending.pop()) {
    if (component === '.') continue
    if (component === '..') {
      path.leave()
      continue
    }
    const name = nameOf(component)
    const object = step(path, name, reader)
    const type = reader.modeOf(object) & S_IFMT
    if (type === S_IFLNK && (follows || pending.length > 0)) {
      if (++links > LINKS_MAX) throw new ErrnoError('ELOOP', { op: 'follow symlinks' })
      const target = followed(object, reader)
      if (target.startsWith('/')) path.toRoot()
      pending.push(...componentsOf(target).reverse())
      continue
    }
    if (pending.length === 0) return object
    if (type !== S_IFDIR) throw new ErrnoError('ENOTDIR', { op: 'look up', name: pending.at(-1) ?? '' })
    path.enter(name, object.host)
  }
  return directoryAbove(path, 0, reader)
}

/** Enters a directory that `resolve` has just found, unless its path ended inside already, with a dot or at the root. */
export function enterFound(path: GuestPath, { directory, name, host }: PassedObject): void {
  if (name !== SELF && directory === path.top().directory) path.enter(name, host)
}

/** The directory so many levels above the one that is reached (0: that one), as an object; the root's own at most. */
export function directoryAbove(path: GuestPath, levels: number, reader: EntryReader): PassedObject {
  const { parent, name } = path.placeAbove(levels)
  const object = reader.find(parent.directory, name, parent.surroundings)
  if (object === undefined) throw new ErrnoError('ENOENT', { op: 'look up', name })
  return object
}

function step(path: GuestPath, name: Name, reader: EntryReader): PassedObject {
  // As a guest is answered who asks for what the store keeps for itself.
  if (reader.reader.isReserved(name)) throw new ErrnoError('EINVAL', { op: 'look up', name })
  const { directory, surroundings } = path.top()
  const object = reader.find(directory, name, surroundings)
  if (object === undefined) throw new ErrnoError('ENOENT', { op: 'look up', name })
  return object
}

function followed(link: PassedObject, reader: EntryReader): string {
  const target = reader.targetOf(link)
  if (target === undefined && link.host.size > TARGET_MAX)
    throw new ErrnoError('ENAMETOOLONG', { op: 'follow a symlink' })
  if (target === undefined) throw new ErrnoError('EACCES', { op: 'follow a symlink' })
  if (target === '' || target.includes('\0')) throw new ErrnoError('ENOENT', { op: 'follow a symlink to nothing' })
  if (target.length > TARGET_MAX) throw new ErrnoError('ENAMETOOLONG', { op: 'follow a symlink' })
  return target
}
