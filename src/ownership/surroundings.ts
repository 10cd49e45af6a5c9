// What lies beside the objects of one directory: `.virtfs_metadata`, opened once for all of them.

import { isErrno } from '../errors.js'
import type { HostDirectory } from '../host/host-directory.js'
import { S_IFDIR, S_IFMT } from '../sys/constants.js'
import { METADATA_DIRECTORY } from './reserved-names.js'
import type { Evidence } from './problems.js'

/** A directory's metadata directory: what it is, and the directory itself where it is one and may be entered. */
export interface Surroundings extends Disposable {
  readonly metadata: Evidence['metadata']
  readonly records: HostDirectory | undefined
}

const surroundings = (metadata: Evidence['metadata'], records?: HostDirectory): Surroundings => ({
  metadata,
  records,
  [Symbol.dispose]: () => records?.[Symbol.dispose](),
})

/** Looks for the metadata directory in `directory`. */
export function surroundingsIn(directory: HostDirectory): Surroundings {
  const found = directory.stat(METADATA_DIRECTORY)
  if (found === undefined) return surroundings('none')
  if ((found.mode & S_IFMT) !== S_IFDIR) return surroundings('not-a-directory')
  try {
    const records = directory.openDirectory(METADATA_DIRECTORY)
    try {
      // It takes the right to search it, which opening does not show.
      records.stat(METADATA_DIRECTORY)
      return surroundings('directory', records)
    } catch (cause) {
      records[Symbol.dispose]()
      throw cause
    }
  } catch (cause) {
    if (isErrno(cause, 'EACCES')) return surroundings('unreadable')
    if (isErrno(cause, 'ENOENT')) return surroundings('none')
    if (isErrno(cause, 'ENOTDIR') || isErrno(cause, 'ELOOP')) return surroundings('not-a-directory')
    throw cause
  }
}
