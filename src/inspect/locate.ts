// Which export a host path lies in, and where in it. Up to the export's root a path is the host's and is followed as any
// program follows it; from there on it is the guest's, and only resolve.ts goes on.

import { ErrnoError } from '../errors.js'
import { type Host, type HostDirectory, SELF } from '../host/host-directory.js'
import { bytesOf, type Name, nameFromBytes } from '../name.js'
import { unlessUnreadable } from '../ownership/leniency.js'
import { OWNERSHIP_KEYS } from '../ownership/ownership.js'
import { METADATA_DIRECTORY, ROOT_RECORD } from '../ownership/reserved-names.js'
import { CONVERT_ATTRIBUTE } from '../ownership/unfinished.js'
import { ATTRIBUTE_OF } from '../ownership/xattr-codec.js'
import { S_IFDIR, S_IFMT, S_IFREG } from '../sys/constants.js'
import type { HostStat } from '../sys/stat.js'
import { below, componentsOf, join, parentOf, prefixesOf } from './path.js'

/** Where an object is: the real path of its export's root, and what to walk from there. */
export interface Location {
  readonly root: string
  readonly components: readonly string[]
}

/** The export's root, given the real path of a directory on the way; undefined while the way is still outside. */
type Recognise = (directory: string) => string | undefined

/** Finds where `path` lies in the export at `root`, a real path; EXDEV where it leads elsewhere. */
export function locateBelow(host: Host, path: string, root: string): Location {
  const inside = (directory: string): string | undefined => (below(directory, root) === undefined ? undefined : root)
  const found = descend(host, path, inside)
  if ('root' in found) return found
  // What lies outside is the host's own: a symlink there may well lead to the export.
  using target = found.name === undefined ? undefined : directoryAt(host, join(found.directory, found.name))
  const place = target && below(target.realPath(), root)
  if (place === undefined) throw new ErrnoError('EXDEV', { op: 'find inside the export' })
  return { root, components: componentsOf(place) }
}

function directoryAt(host: Host, path: string): HostDirectory | undefined {
  try {
    return host.openDirectory(path)
  } catch (cause) {
    if (cause instanceof ErrnoError) return undefined
    throw cause
  }
}

/**
 * Finds the export that `path` lies in by what is stored on the way, from "/" down. Its root is the first directory
 * that holds `.virtfs_metadata` or `.virtfs_metadata_root`, is marked as under conversion, or has ownership in user.virtfs attributes; in the latter case, the
 * directory above if the one with the attributes looks made by a guest, since a root need not have any. Where nothing is
 * stored on the way, it is the directory that `path` names, or that holds what it names. A guess that errs downwards:
 * whoever needs certainty names the root.
 */
export function locate(host: Host, path: string): Location {
  const examined = new Set<string>()
  const found = descend(host, path, (directory) => recogniseRoot(host, directory, examined))
  if ('root' in found) return found
  return { root: found.directory, components: found.name === undefined ? [] : [found.name] }
}

/** A path that met no export: a directory, or something in one. */
interface Outside {
  readonly directory: string
  readonly name?: string
}

function descend(host: Host, path: string, recognise: Recognise): Location | Outside {
  if (path === '') throw new ErrnoError('ENOENT', { op: 'find', path })
  const components = componentsOf(path.startsWith('/') ? path : `${host.workingDirectory()}/${path}`)
  const last = components.at(-1) ?? '.'
  const isDots = last === '.' || last === '..'
  const directories = isDots ? components.length : components.length - 1
  for (let done = 0; ; done++) {
    using directory = host.openDirectory(`/${components.slice(0, done).join('/')}`)
    const real = directory.realPath()
    const rest = components.slice(done)
    // Whoever goes up from a directory again has not entered it.
    const found = rest[0] === '..' ? undefined : locationIn(real, rest, recognise)
    if (found !== undefined) return found
    if (done === directories) return isDots ? { directory: real } : nameIn(directory, real, last, recognise)
  }
}

function locationIn(directory: string, rest: readonly string[], recognise: Recognise): Location | undefined {
  const root = recognise(directory)
  return root === undefined ? undefined : { root, components: [...componentsOf(below(directory, root) ?? ''), ...rest] }
}

/** The last name is not followed: a guest may have made it a symlink. */
function nameIn(directory: HostDirectory, real: string, name: string, recognise: Recognise): Location | Outside {
  const found = directory.stat(nameFromBytes(bytesOf(name)))
  if (found === undefined) throw new ErrnoError('ENOENT', { op: 'find', name })
  if ((found.mode & S_IFMT) !== S_IFDIR) return { directory: real, name }
  const path = join(real, name)
  return locationIn(path, [], recognise) ?? { directory: path }
}

/** The first directory on the way that is an export's root by what is stored; each is looked at once. */
function recogniseRoot(host: Host, real: string, examined: Set<string>): string | undefined {
  for (const path of prefixesOf(real)) {
    if (examined.has(path)) continue
    examined.add(path)
    using directory = unlessUnreadable(() => host.openDirectory(path))
    if (directory === undefined) continue
    if (typeAt(directory, METADATA_DIRECTORY) === S_IFDIR || typeAt(directory, ROOT_RECORD) === S_IFREG) return path
    const stored = attributesOf(directory)
    if (stored.has(CONVERT_ATTRIBUTE)) return path
    if (!OWNERSHIP_KEYS.some((key) => stored.has(ATTRIBUTE_OF[key]))) continue
    const isComplete = GIVEN_TO_NEW.every((key) => stored.has(ATTRIBUTE_OF[key]))
    return isComplete && looksMadeIn(host, parentOf(path), directory.stat(SELF)) ? parentOf(path) : path
  }
  return undefined
}

/** What every directory is given that a guest makes; a chmod or chown adds only its own to one that the host made. */
const GIVEN_TO_NEW = ['uid', 'gid', 'mode'] as const
/** The host's permissions of directories that a guest makes, unless the server was told others (dmode). */
const NEW_DIRECTORY = 0o700
const PERMISSIONS = 0o7777
const WRITABLE_BY_OTHERS = 0o002

/** None where they cannot be told: the way to a tree may lead through any file system. */
function attributesOf(directory: HostDirectory): ReadonlySet<string> {
  try {
    return new Set(directory.attributeNames(SELF).split('\0'))
  } catch (cause) {
    if (cause instanceof ErrnoError) return new Set()
    throw cause
  }
}

const typeAt = (directory: HostDirectory, name: Name): number =>
  (unlessUnreadable(() => directory.stat(name))?.mode ?? 0) & S_IFMT

/** True for a directory as a server makes it, inside one that belongs to the server's user and not to everybody. */
function looksMadeIn(host: Host, path: string, made: HostStat | undefined): boolean {
  using above = unlessUnreadable(() => host.openDirectory(path))
  const around = above?.stat(SELF)
  if (around === undefined || made === undefined || (made.mode & PERMISSIONS) !== NEW_DIRECTORY) return false
  return around.uid === made.uid && (around.mode & WRITABLE_BY_OTHERS) === 0
}
