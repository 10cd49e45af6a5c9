// mapped-file: ownership in a text file beside the object, `.virtfs_metadata/NAME`, for host file systems without user
// attributes. It belongs to the name, not to the inode. So the store has to keep the two together through links,
// renames and removals, and an object that has lost its name keeps only what was remembered of it.

import { bestEffort, ErrnoError, isErrno } from '../errors.js'
import type { Name } from '../name.js'
import { AT_REMOVEDIR } from '../sys/constants.js'
import { linkat, unlinkat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { openPath } from '../sys/open.js'
import { statxAt } from '../sys/stat.js'
import { emptyHidden, isNotEmpty } from './hidden.js'
import { METADATA_DIRECTORY, ROOT_RECORD } from './reserved-names.js'
import { discardMetadata, ensureMetadata, openMetadata } from './metadata-directory.js'
import { amend, NO_OWNERSHIP, type Ownership } from './ownership.js'
import { amendRecord, createRecord, dropRecord, openRecord, readRecord } from './record-file.js'
import { renameWithRecord } from './record-rename.js'
import type { FoundObject, OwnershipStore, Place, Refusal, StoredObject } from './store.js'
import { touch } from './touch.js'
import { unlessMissing, unlessUnreadable } from './leniency.js'

/** How else a reserved name may begin: with a capital, as a short name (VIRTFS~1), or with what is not ASCII. */
const MAY_BE_RESERVED = /^[.vV\x80-\xff]/

function isAt(object: FoundObject, { dir, name }: Place): boolean {
  const there = statxAt(dir, name)
  return there !== undefined && there.ino === object.ino && there.dev === object.dev
}

/** The object's place, if the name there still is this object's: its own, or where somebody else renamed it to. */
function placeOf(object: StoredObject): Place | undefined {
  const place = object.place()
  if (place !== undefined && isAt(object, place)) return place
  const found = object.findPlace?.()
  return found !== undefined && isAt(object, found) ? found : undefined
}

function readBeside({ dir, name }: Place): Ownership | undefined {
  using directory = openPath(dir, METADATA_DIRECTORY)
  return directory && readRecord(directory, name)
}

export class MetadataFileStore implements OwnershipStore {
  refusalOf(_tree: Fd): Refusal | undefined {
    return undefined
  }

  isReserved(name: Name): boolean {
    return name === METADATA_DIRECTORY || name === ROOT_RECORD
  }

  isOwn({ dir, name }: Place, found?: FoundObject): boolean {
    if (!MAY_BE_RESERVED.test(name)) return false
    const there = found ?? statxAt(dir, name)
    return there !== undefined && [METADATA_DIRECTORY, ROOT_RECORD].some((own) => isAt(there, { dir, name: own }))
  }

  load(object: StoredObject): Ownership {
    const place = object.isRoot ? undefined : placeOf(object)
    if (place === undefined && !object.isRoot) return object.remembered ?? NO_OWNERSHIP
    const found = unlessUnreadable(() => (place ? readBeside(place) : readRecord(object.handle(), ROOT_RECORD)))
    object.remembered = found ?? NO_OWNERSHIP
    return object.remembered
  }

  adopt(object: StoredObject, ownership: Ownership): void {
    const place = object.place()
    if (place === undefined) throw new ErrnoError('ENOENT', { op: 'store the ownership of an object without a name' })
    putRecord(place, ownership)
    object.remembered = amend(NO_OWNERSHIP, ownership)
  }

  save(object: StoredObject, change: Ownership): void {
    touch(object.handle())
    if (Object.keys(amend(NO_OWNERSHIP, change)).length === 0) return
    if (object.isRoot) {
      object.remembered = amendRecord(object.handle(), ROOT_RECORD, change)
      return
    }
    const place = placeOf(object)
    object.remembered =
      (place && amendBeside(place, object, change)) ?? amend(object.remembered ?? NO_OWNERSHIP, change)
  }

  /** The new name shares the record, as it shares the inode, or has none where the object has none. */
  linked(object: StoredObject, to: Place): void {
    const from = placeOf(object)
    if (from === undefined) {
      // Linked by handle after its name went: what is remembered is all there is.
      putRecord(to, object.remembered ?? NO_OWNERSHIP)
      return
    }
    using record = unlessMissing(() => openBeside(from))
    if (record === undefined) putRecord(to, NO_OWNERSHIP)
    else linkRecord(record, to)
  }

  rename(from: Place, to: Place, flags: number): void {
    renameWithRecord(from, to, flags)
  }

  /** The object first: its record is lost only when it is. */
  unlink({ dir, name }: Place, isDirectory: boolean): void {
    using metadata = unlessMissing(() => openMetadata(dir))
    if (isDirectory) removeDirectory(dir, name)
    else unlinkat(dir, name)
    // The object is gone and that is the answer. A record left behind shows through nothing.
    if (metadata !== undefined) bestEffort(() => dropRecord(metadata.fd, name))
  }
}

function openBeside({ dir, name }: Place): Fd | undefined {
  using directory = openPath(dir, METADATA_DIRECTORY)
  return directory && openRecord(directory, name)
}

/** Makes `ownership` all that is stored for the name, leaving no empty metadata directory when that fails. */
function putRecord({ dir, name }: Place, ownership: Ownership): void {
  if (Object.keys(amend(NO_OWNERSHIP, ownership)).length === 0) {
    using existing = unlessMissing(() => openMetadata(dir))
    if (existing !== undefined) dropRecord(existing.fd, name)
    return
  }
  inMetadata(dir, (metadata) => createRecord(metadata, name, ownership))
}

function linkRecord(record: Fd, { dir, name }: Place): void {
  inMetadata(dir, (metadata) => {
    try {
      linkat(record, metadata, name)
    } catch (cause) {
      if (!isErrno(cause, 'EEXIST')) throw cause
      dropRecord(metadata, name)
      linkat(record, metadata, name)
    }
  })
}

/** Changes the record of an object that still has its name once nobody else may rename it; else answers undefined. */
function amendBeside(place: Place, object: StoredObject, change: Ownership): Ownership | undefined {
  using metadata = ensureMetadata(place.dir)
  let changed: Ownership | undefined
  try {
    if (placeOf(object) !== undefined) changed = amendRecord(metadata.fd, place.name, change)
    return changed
  } finally {
    if (metadata.isNew && changed === undefined) discardMetadata(place.dir)
  }
}

/** Runs `action` in the held metadata directory of `dir`, made if need be and removed again if it then fails. */
function inMetadata(dir: Fd, action: (metadata: Fd) => void): void {
  using metadata = ensureMetadata(dir)
  try {
    action(metadata.fd)
  } catch (cause) {
    if (metadata.isNew) discardMetadata(dir)
    throw cause
  }
}

/** Removes a directory that holds, at most, what this store keeps there. */
function removeDirectory(dir: Fd, name: Name): void {
  try {
    unlinkat(dir, name, AT_REMOVEDIR)
  } catch (cause) {
    if (!isNotEmpty(cause)) throw cause
    const putBack = emptyHidden(dir, name)
    try {
      unlinkat(dir, name, AT_REMOVEDIR)
    } catch (again) {
      bestEffort(putBack)
      throw again
    }
  }
}
