// A directory that is empty for the guest may still hold `.virtfs_metadata`, perhaps with records of objects that are
// gone: then rmdir(2) and renaming another directory over it need the hidden things out of the way first.

import { bestEffort, ErrnoError, isErrno } from '../errors.js'
import type { Name } from '../name.js'
import { AT_REMOVEDIR, S_IFDIR, S_IFMT } from '../sys/constants.js'
import { mkdirat, unlinkat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { openDirectory } from '../sys/open.js'
import { statxAt } from '../sys/stat.js'
import { unlessMissing } from './leniency.js'
import { METADATA_DIRECTORY, ROOT_RECORD } from './reserved-names.js'
import { openMetadata } from './metadata-directory.js'
import { namesIn } from './names-in.js'
import { createRecord, dropRecord, readRecord } from './record-file.js'

/** True for the two errnos with which file systems refuse to remove or replace a directory that holds something. */
export const isNotEmpty = (cause: unknown): boolean => isErrno(cause, 'ENOTEMPTY') || isErrno(cause, 'EEXIST')

const HOST_MODE = 0o700

const refuse = (name: Name): never => {
  throw new ErrnoError('ENOTEMPTY', { op: 'remove directory', name })
}

function refuseVisible(victim: Fd, name: Name): void {
  for (const inside of namesIn(victim)) if (inside !== METADATA_DIRECTORY && inside !== ROOT_RECORD) refuse(name)
}

/**
 * Removes what the store keeps inside the directory `name`, or answers ENOTEMPTY, with nothing changed, where there is
 * anything else. Returns what to do should the directory then stay: it gets its metadata directory back, and the record
 * that it has if it is exported itself. Records of objects that do not exist are gone for good.
 */
export function emptyHidden(dir: Fd, name: Name): () => void {
  using victim = openDirectory(dir, name)
  refuseVisible(victim, name)
  using metadata = unlessMissing(() => openMetadata(victim))
  if (metadata === undefined && statxAt(victim, METADATA_DIRECTORY) !== undefined) refuse(name)
  // Again, now that the metadata is held: a guest that makes an object from here on writes its record afterwards.
  refuseVisible(victim, name)
  const orphans = metadata ? [...namesIn(metadata.fd)] : []
  for (const orphan of orphans) if (isDirectory(metadata!.fd, orphan)) refuse(name)
  if (isDirectory(victim, ROOT_RECORD)) refuse(name)
  const rootOwnership = readRecord(victim, ROOT_RECORD)
  const putBack = (): void => {
    using again = openDirectory(dir, name)
    if (metadata !== undefined) bestEffort(() => mkdirat(again, METADATA_DIRECTORY, HOST_MODE))
    if (rootOwnership !== undefined) createRecord(again, ROOT_RECORD, rootOwnership)
  }
  try {
    for (const orphan of orphans) dropRecord(metadata!.fd, orphan)
    if (metadata !== undefined) unlinkat(victim, METADATA_DIRECTORY, AT_REMOVEDIR)
    dropRecord(victim, ROOT_RECORD)
  } catch (cause) {
    bestEffort(putBack)
    throw cause
  }
  return putBack
}

const isDirectory = (dir: Fd, name: Name): boolean => ((statxAt(dir, name)?.mode ?? 0) & S_IFMT) === S_IFDIR
