// Renaming an object together with its record (mapped-file). Two renames cannot be one, so the order makes up for it: the
// record gets its new name first, by a hard link, and loses the old one last. Whenever the server is killed, the object
// has its record under whichever name it then has; what may be left over is a record without an object, which the next
// object of that name replaces.

import { randomBytes } from 'node:crypto'
import { bestEffort, ErrnoError } from '../errors.js'
import { type Name, nameFromText } from '../name.js'
import { RENAME_NOREPLACE } from '../sys/constants.js'
import { linkat, renameat2, unlinkat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { openPath } from '../sys/open.js'
import { type HostStat, statx, statxAt } from '../sys/stat.js'
import { emptyHidden, isNotEmpty } from './hidden.js'
import { METADATA_DIRECTORY } from './reserved-names.js'
import { discardMetadata, ensureMetadata, type MetadataDirectory, openMetadata } from './metadata-directory.js'
import { dropRecord, openRecord } from './record-file.js'
import type { Place } from './store.js'
import { unlessMissing } from './leniency.js'

const isSame = (one: HostStat, other: HostStat): boolean => one.ino === other.ino && one.dev === other.dev

/** A name beside the records that no guest can have guessed and so given to an object. */
const temporaryName = (): Name => nameFromText(`${METADATA_DIRECTORY}-${randomBytes(12).toString('hex')}`)

/** Renames `from` to `to` with its record. All or nothing; `flags` may be RENAME_NOREPLACE. */
export function renameWithRecord(from: Place, to: Place, flags: number): void {
  if ((flags & ~RENAME_NOREPLACE) !== 0) throw new ErrnoError('EINVAL', { op: 'rename', flags })
  const moved = statxAt(from.dir, from.name)
  if (moved === undefined) throw new ErrnoError('ENOENT', { op: 'rename', from: from.name, to: to.name })
  const replaced = statxAt(to.dir, to.name)
  // rename(2) of two names of one file does nothing, and neither may we. RENAME_NOREPLACE is the kernel's to refuse.
  if (replaced !== undefined && (isSame(moved, replaced) || flags !== 0)) {
    renameat2(from.dir, from.name, to.dir, to.name, flags)
    return
  }
  using held = holdBoth(from.dir, to.dir)
  const source = held.source?.fd
  using record = source && unlessMissing(() => openRecord(source, from.name))
  using made = record !== undefined && held.target === undefined ? ensureMetadata(to.dir) : undefined
  const target = (held.target ?? made)?.fd
  const undo: Undo = made?.isNew === true ? [() => discardMetadata(to.dir)] : []
  let backup: Name | undefined
  try {
    if (target !== undefined) backup = moveRecord(record, target, to.name, replaced !== undefined, undo)
    moveObject(from, to, flags, undo)
  } catch (cause) {
    for (const step of undo.reverse()) bestEffort(step)
    throw cause
  }
  // The object is renamed and that is the answer: what cannot be removed now is a record without an object.
  if (source !== undefined && record !== undefined) bestEffort(() => dropRecord(source, from.name))
  if (target !== undefined && backup !== undefined) bestEffort(() => dropRecord(target, backup))
}

/** What puts the tree back, to be run from the last to the first. */
type Undo = (() => void)[]

/**
 * Makes `record`, or nothing, what is stored under `name`. What was stored there is kept under the name returned while
 * an object is there that it belongs to.
 */
function moveRecord(
  record: Fd | undefined,
  directory: Fd,
  name: Name,
  isReplacing: boolean,
  undo: Undo,
): Name | undefined {
  using old = openPath(directory, name)
  // Of two names of one record rename(2) would keep both: there is nothing to replace.
  if (old !== undefined && record !== undefined && isSame(statx(old), statx(record))) return undefined
  if (old === undefined || !isReplacing) {
    if (old !== undefined) unlinkat(directory, name)
    if (record === undefined) return undefined
    linkat(record, directory, name)
    undo.push(() => unlinkat(directory, name))
    return undefined
  }
  const backup = temporaryName()
  if (record === undefined) {
    renameat2(directory, name, directory, backup)
    undo.push(() => renameat2(directory, backup, directory, name))
    return backup
  }
  linkat(old, directory, backup)
  undo.push(() => unlinkat(directory, backup))
  const incoming = temporaryName()
  linkat(record, directory, incoming)
  undo.push(() => unlinkat(directory, incoming))
  // By rename, so that there is no moment without a record.
  renameat2(directory, incoming, directory, name)
  undo.push(() => renameat2(directory, backup, directory, name))
  return backup
}

/** Renames the object, over a directory too that is empty but for what this store keeps there. */
function moveObject(from: Place, to: Place, flags: number, undo: Undo): void {
  try {
    renameat2(from.dir, from.name, to.dir, to.name, flags)
  } catch (cause) {
    if (!isNotEmpty(cause)) throw cause
    undo.push(emptyHidden(to.dir, to.name))
    renameat2(from.dir, from.name, to.dir, to.name, flags)
  }
}

/** The metadata directories of two directories, which may be one; undefined where there is none. */
interface HeldPair extends Disposable {
  readonly source: MetadataDirectory | undefined
  readonly target: MetadataDirectory | undefined
}

/** Holds both in the order of their inodes, so that two renames in opposite directions do not wait for each other. */
function holdBoth(from: Fd, to: Fd): HeldPair {
  const fromStat = statx(from)
  const toStat = statx(to)
  const open = (dir: Fd): MetadataDirectory | undefined => unlessMissing(() => openMetadata(dir))
  if (isSame(fromStat, toStat)) {
    const both = open(from)
    return { source: both, target: both, [Symbol.dispose]: () => both?.[Symbol.dispose]() }
  }
  const isFromFirst = fromStat.ino < toStat.ino
  const first = open(isFromFirst ? from : to)
  try {
    const second = open(isFromFirst ? to : from)
    const [source, target] = isFromFirst ? [first, second] : [second, first]
    const close = (): void => {
      first?.[Symbol.dispose]()
      second?.[Symbol.dispose]()
    }
    return { source, target, [Symbol.dispose]: close }
  } catch (cause) {
    first?.[Symbol.dispose]()
    throw cause
  }
}
