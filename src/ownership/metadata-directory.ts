// `.virtfs_metadata`: the hidden directory beside the objects, which holds one record a name. What a writer does to it is
// done under a lock, so that two connections that make, rename and remove the same names leave each record with its
// object.

import { ErrnoError, isErrno } from '../errors.js'
import { AT_REMOVEDIR } from '../sys/constants.js'
import { mkdirat, unlinkat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { openDirectory } from '../sys/open.js'
import { statx } from '../sys/stat.js'
import { hold } from './hold.js'
import { METADATA_DIRECTORY } from './reserved-names.js'

const HOST_MODE = 0o700

/** An open, held metadata directory. */
export interface MetadataDirectory extends Disposable {
  readonly fd: Fd
  /** Made by this call, for a record that is about to be written. */
  readonly isNew: boolean
}

/**
 * Opens and holds the metadata directory of `dir`; undefined where there is none. `.virtfs_metadata` being something
 * else answers ENOTDIR: a symlink there, perhaps planted, is never followed.
 */
export function openMetadata(dir: Fd): MetadataDirectory | undefined {
  try {
    return openHeld(dir, false)
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return undefined
    throw cause
  }
}

/** Opens and holds the metadata directory of `dir`, making it where there is none. */
export function ensureMetadata(dir: Fd): MetadataDirectory {
  const existing = openMetadata(dir)
  if (existing !== undefined) return existing
  let isNew = true
  try {
    mkdirat(dir, METADATA_DIRECTORY, HOST_MODE)
  } catch (cause) {
    if (!isErrno(cause, 'EEXIST')) throw cause
    isNew = false
  }
  try {
    return openHeld(dir, isNew)
  } catch (cause) {
    if (isNew) discardMetadata(dir)
    throw cause
  }
}

/** Removes the metadata directory of `dir` if it is empty; what keeps it from going is somebody's record. */
export function discardMetadata(dir: Fd): void {
  try {
    unlinkat(dir, METADATA_DIRECTORY, AT_REMOVEDIR)
  } catch (cause) {
    if (!(cause instanceof ErrnoError)) throw cause
  }
}

function openHeld(dir: Fd, isNew: boolean): MetadataDirectory {
  for (;;) {
    const fd = openPlain(dir)
    try {
      hold(fd)
      // Whoever held it before may have removed it: nothing can be put into such a directory any more.
      if (statx(fd).nlink > 0) return { fd, isNew, [Symbol.dispose]: () => fd.close() }
    } catch (cause) {
      fd.close()
      throw cause
    }
    fd.close()
  }
}

function openPlain(dir: Fd): Fd {
  try {
    return openDirectory(dir, METADATA_DIRECTORY)
  } catch (cause) {
    if (!isErrno(cause, 'ELOOP')) throw cause
    throw new ErrnoError('ENOTDIR', { op: 'open', name: METADATA_DIRECTORY })
  }
}
