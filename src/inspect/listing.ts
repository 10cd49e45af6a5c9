// What ls(1) would list in a guest: operands, and what directories hold, in order, one directory after the other. Nothing
// here is recursive, and no more than one directory and the names of directories to come are in memory.

import { ErrnoError, UsageError } from '../errors.js'
import { listedNames } from '../host/listed-names.js'
import type { WalkName } from '../name.js'
import type { PassedObject } from '../ownership/evidence.js'
import { S_IFDIR, S_IFLNK, S_IFMT } from '../sys/constants.js'
import type { HostStat } from '../sys/stat.js'
import type { Step } from '../walk/task.js'
import type { EntryReader } from './entry.js'
import type { GuestPath } from './guest-path.js'
import type { Inspector } from './inspector.js'
import { type ListingOrder, putInOrder, type SortKey } from './listing-order.js'
import { directoryAbove, enterFound } from './resolve.js'

/** Looks at an object; `path` is what it is called. */
export type Look<T> = (reader: EntryReader, object: PassedObject, path: string) => T

export interface ListingOptions<T> {
  /** What is found out about each object; absent where names are enough. */
  readonly look: Look<T> | undefined
  readonly order: ListingOrder
  readonly isReversed: boolean
  /** Names that begin with a dot are listed, "." and ".." too. */
  readonly showsAll: boolean
  /** What is below a directory is listed, too. */
  readonly isRecursive: boolean
  /** Operands are listed themselves, not what they hold. */
  readonly listsDirectories: boolean
  /** An operand that is a symlink to a directory stands for that directory. */
  readonly followsOperands: boolean
  /** Told of whatever could not be looked at, or not to its end. Paths are bytes. */
  readonly failed: (path: string, error: ErrnoError | UsageError) => void
}

/** A name of a listing, in bytes; `object` is undefined where it was not looked at, or could not be. */
export interface Listed<T> {
  readonly name: string
  readonly object: T | undefined
}

/** A directory's listing, or that of operands, for which `directory` is undefined. */
export interface Listing<T> {
  /** What the directory is called, in bytes. */
  readonly directory: string | undefined
  /** Looks at the objects one by one: to be gone through once, before the next listing is asked for. */
  readonly objects: Iterable<Listed<T>>
  /** Operands that are listed later, being directories: GNU ls makes room for them in the columns of the others. */
  readonly beside: readonly Listed<T>[]
}

interface Operand<T> extends SortKey, Listed<T> {
  readonly isDirectory: boolean
  /** It is a symlink, and stands for what that leads to. */
  readonly isFollowed: boolean
}

/** A directory that was reached, and what it is called. */
interface Reached {
  readonly path: GuestPath
  readonly reader: EntryReader
  readonly label: string
}

/** What could not be looked at comes last, as in GNU ls. */
const sortKey = (name: string, host: HostStat | undefined): SortKey => ({
  name,
  mtimeSec: host?.mtimeSec ?? 0,
  mtimeNsec: host?.mtimeNsec ?? 0,
  size: host?.size ?? 0,
})

/** Lists what host paths (bytes) name: first what is no directory, then the directories. */
export function* listings<T>(
  inspector: Inspector,
  paths: readonly string[],
  options: ListingOptions<T>,
): Generator<Listing<T>> {
  const operands = paths.map((path) => operandAt(inspector, path, options)).filter((operand) => operand !== undefined)
  putInOrder(operands, options.order, options.isReversed)
  const objects = operands.filter(({ isDirectory }) => !isDirectory)
  const beside = operands.filter(({ isDirectory }) => isDirectory)
  if (objects.length > 0) yield { directory: undefined, objects, beside }
  for (const { name, isFollowed } of beside) yield* below(inspector, name, isFollowed, options)
}

function operandAt<T>(inspector: Inspector, path: string, options: ListingOptions<T>): Operand<T> | undefined {
  const { followsOperands, failed } = options
  const operand = attempt(failed, path, () => lookedAt(inspector, path, false, options))
  if (operand === undefined || !followsOperands || !operand.isSymlink) return operand
  // A symlink that leads to no directory, or nowhere, is listed itself.
  const target = attempt(ignore, path, () => lookedAt(inspector, path, true, options))
  return target?.isDirectory === true ? target : operand
}

const ignore = (): void => undefined

function lookedAt<T>(
  inspector: Inspector,
  path: string,
  isFollowed: boolean,
  { look, listsDirectories }: ListingOptions<T>,
): Operand<T> & { readonly isSymlink: boolean } {
  return inspector.at(path, isFollowed, ({ reader }, object) => {
    const type = reader.modeOf(object) & S_IFMT
    const isDirectory = type === S_IFDIR && !listsDirectories
    return {
      ...sortKey(path, object.host),
      object: look?.(reader, object, path),
      isDirectory,
      isSymlink: type === S_IFLNK,
      isFollowed,
    }
  })
}

/** A directory and, if that is asked for, those below it, each followed by its own. */
function* below<T>(
  inspector: Inspector,
  operand: string,
  isFollowed: boolean,
  options: ListingOptions<T>,
): Generator<Listing<T>> {
  const { failed } = options
  const reached = attempt(failed, operand, () =>
    inspector.at(operand, isFollowed, ({ path, reader }, object) => {
      enterFound(path, object)
      return { path, reader }
    }),
  )
  if (reached === undefined) return
  const { path, reader } = reached
  const names: string[] = []
  const toCome: Step[][] = [yield* listing({ path, reader, label: operand }, options)]
  for (let directories = toCome.at(-1); directories !== undefined; directories = toCome.at(-1)) {
    const next = directories.pop()
    if (next === undefined) {
      toCome.pop()
      if (names.pop() !== undefined) path.leave()
      continue
    }
    // Put together for each directory anew: on five thousand levels, long paths would be a gigabyte.
    const label = prefixOf(operand) + [...names, next.name].join('/')
    const isEntered = attempt(failed, label, () => {
      path.enter(next.name, next)
      return true
    })
    if (isEntered !== true) continue
    names.push(next.name)
    toCome.push(yield* listing({ path, reader, label }, options))
  }
}

const prefixOf = (directory: string): string => (directory.endsWith('/') ? directory : `${directory}/`)

/** Lists the directory that is reached; returns the directories in it that are to be listed, too, the first one last. */
function* listing<T>(reached: Reached, options: ListingOptions<T>): Generator<Listing<T>, Step[]> {
  const names = namesIn(reached, options)
  if (names === undefined) return []
  const directories: Step[] = []
  yield { directory: reached.label, objects: objectsIn(reached, names, directories, options), beside: [] }
  return directories.reverse()
}

/** What the directory holds, in order; undefined where it cannot be read. */
function namesIn<T>({ path, reader, label }: Reached, options: ListingOptions<T>): WalkName[] | undefined {
  const { order, isReversed, showsAll, failed } = options
  const names: WalkName[] = []
  const isComplete = attempt(failed, label, () => {
    for (const name of listedNames(path.top().directory)) {
      if ((showsAll || !name.startsWith('.')) && !reader.reader.isReserved(name)) names.push(name)
    }
    return true
  })
  if (isComplete !== true && names.length === 0) return undefined
  if (showsAll) names.push('.', '..')
  // Code units are bytes, and their order is what sort() gives by itself: of a million names it makes no objects.
  if (order === 'name') return isReversed ? names.sort().reverse() : names.sort()
  const keyOf = (name: WalkName): SortKey & { readonly name: WalkName } => {
    const host = attempt(ignore, label, () => objectOf(path, reader, name).host)
    return { ...sortKey(name, host), name }
  }
  return putInOrder(names.map(keyOf), order, isReversed).map(({ name }) => name)
}

function objectOf(path: GuestPath, reader: EntryReader, name: WalkName): PassedObject {
  if (name === '.') return directoryAbove(path, 0, reader)
  if (name === '..') return directoryAbove(path, 1, reader)
  const { directory, surroundings } = path.top()
  const object = reader.find(directory, name, surroundings)
  if (object === undefined) throw new ErrnoError('ENOENT', { op: 'look at what was listed', name })
  return object
}

/** Looks at the objects in the order of their names; notes the directories among them where those are wanted. */
function* objectsIn<T>(
  { path, reader, label }: Reached,
  names: readonly WalkName[],
  directories: Step[],
  { look, isRecursive, failed }: ListingOptions<T>,
): Generator<Listed<T>> {
  const prefix = prefixOf(label)
  for (const name of names) {
    const object =
      look === undefined && !isRecursive
        ? undefined
        : attempt(failed, prefix + name, () => {
            const found = objectOf(path, reader, name)
            if (isRecursive && name !== '.' && name !== '..' && isDirectoryOfGuest(reader, found))
              directories.push({ name, dev: found.host.dev, ino: found.host.ino })
            return look?.(reader, found, prefix + name)
          })
    yield { name, object }
  }
}

/** True for what is a directory to the guest, and can be one. */
const isDirectoryOfGuest = (reader: EntryReader, object: PassedObject): boolean =>
  (object.host.mode & S_IFMT) === S_IFDIR && (reader.modeOf(object) & S_IFMT) === S_IFDIR

/** The result, or undefined where the host or the export refuses it. */
function attempt<R>(
  failed: (path: string, error: ErrnoError | UsageError) => void,
  path: string,
  action: () => R,
): R | undefined {
  try {
    return action()
  } catch (cause) {
    if (!(cause instanceof ErrnoError) && !(cause instanceof UsageError)) throw cause
    failed(path, cause)
    return undefined
  }
}
