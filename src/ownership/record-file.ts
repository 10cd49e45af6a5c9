// One record of the mapped-file model as a file: reading it within bounds, making it, and changing it in place.

import { bestEffort, ErrnoError, isErrno } from '../errors.js'
import type { Name } from '../name.js'
import { O_CREAT, O_EXCL, O_RDWR, O_RDONLY, S_IFMT, S_IFREG } from '../sys/constants.js'
import { unlinkat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { fchmod, ftruncate } from '../sys/inode.js'
import { pread, pwrite } from '../sys/io.js'
import { openat, openPath, reopen } from '../sys/open.js'
import { statx } from '../sys/stat.js'
import { hold } from './hold.js'
import { decodeRecord, encodeRecord, RECORD_MAX } from './metadata-file-codec.js'
import { amend, type Ownership } from './ownership.js'

const RECORD_MODE = 0o600
const NEWLINE = 0x0a
const buffer = Buffer.allocUnsafeSlow(RECORD_MAX + 1)

/** The first RECORD_MAX + 1 bytes of a record, in a buffer that the next call uses again. */
export function readBytes(file: Fd): Buffer {
  let length = 0
  while (length < buffer.length) {
    const read = pread(file, buffer.subarray(length), length)
    if (read === 0) break
    length += read
  }
  return buffer.subarray(0, length)
}

/** What the record `name` says; undefined where there is none. Throws what keeps it from being read. */
export function readRecord(directory: Fd, name: Name): Ownership | undefined {
  using handle = openPath(directory, name)
  if (handle === undefined) return undefined
  using file = reopen(handle, O_RDONLY)
  return decodeRecord(readBytes(file))
}

/** A handle of the record `name`, to link it by; undefined where there is none, and for what is no regular file. */
export function openRecord(directory: Fd, name: Name): Fd | undefined {
  const handle = openPath(directory, name)
  let isRecord = false
  try {
    isRecord = handle !== undefined && (statx(handle).mode & S_IFMT) === S_IFREG
  } finally {
    if (!isRecord) handle?.close()
  }
  return isRecord ? handle : undefined
}

/** Removes the record `name` if there is one. */
export function dropRecord(directory: Fd, name: Name): void {
  try {
    unlinkat(directory, name)
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT')) throw cause
  }
}

/**
 * Writes a new record, in the place of one that an earlier object may have left. That one is unlinked, never written to:
 * it may be the record of a hard link elsewhere.
 */
export function createRecord(directory: Fd, name: Name, ownership: Ownership): void {
  using file = createFile(directory, name)
  try {
    fchmod(file, RECORD_MODE)
    writeAll(file, encodeRecord(ownership))
  } catch (cause) {
    bestEffort(() => unlinkat(directory, name))
    throw cause
  }
}

function createFile(directory: Fd, name: Name): Fd {
  const flags = O_RDWR | O_CREAT | O_EXCL
  try {
    return openat(directory, name, flags, RECORD_MODE)
  } catch (cause) {
    if (!isErrno(cause, 'EEXIST')) throw cause
    unlinkat(directory, name)
    return openat(directory, name, flags, RECORD_MODE)
  }
}

/**
 * Changes the record `name`, or makes it, and returns what it then says. The inode stays, for hard links share it. It is
 * never shortened before the new text is in it: a crash leaves the old record, or the new one followed by empty lines.
 */
export function amendRecord(directory: Fd, name: Name, change: Ownership): Ownership {
  using existing = openPath(directory, name)
  if (existing !== undefined) return amendFile(existing, change)
  // Made empty, which says nothing, and changed like any other: another writer may have come first.
  const isNew = makeEmpty(directory, name)
  try {
    using made = openPath(directory, name)
    if (made === undefined) throw new ErrnoError('ENOENT', { op: 'open metadata just made', name })
    return amendFile(made, change)
  } catch (cause) {
    if (isNew) bestEffort(() => unlinkat(directory, name))
    throw cause
  }
}

/** Makes an empty record; false when there is one by now. */
function makeEmpty(directory: Fd, name: Name): boolean {
  try {
    openat(directory, name, O_RDWR | O_CREAT | O_EXCL, RECORD_MODE).close()
    return true
  } catch (cause) {
    if (isErrno(cause, 'EEXIST')) return false
    throw cause
  }
}

function amendFile(handle: Fd, change: Ownership): Ownership {
  using file = reopen(handle, O_RDWR)
  // Besides the directory, since other directories may have a name of this inode.
  hold(file)
  const before = Buffer.from(readBytes(file))
  const ownership = amend(decodeRecord(before), change)
  fchmod(file, RECORD_MODE)
  overwrite(file, before, encodeRecord(ownership))
  return ownership
}

function overwrite(file: Fd, before: Buffer, text: Buffer): void {
  const padded = Buffer.alloc(Math.max(text.length, Math.min(before.length, RECORD_MAX)), NEWLINE)
  text.copy(padded)
  try {
    writeAll(file, padded)
    if (before.length > text.length) ftruncate(file, text.length)
  } catch (cause) {
    bestEffort(() => writeAll(file, before.subarray(0, padded.length)))
    if (padded.length > before.length) bestEffort(() => ftruncate(file, before.length))
    throw cause
  }
}

/** Writes from the beginning on; with room on the disk that is one pwrite. */
function writeAll(file: Fd, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) {
    const written = pwrite(file, bytes.subarray(done), done)
    if (written === 0) throw new ErrnoError('EIO', { op: 'write metadata' })
    done += written
  }
}
