// Which attributes an object has, for those who pass by.

import { isErrno } from '../errors.js'
import type { HostDirectory, NameOrSelf } from '../host/host-directory.js'
import { S_IFDIR, S_IFMT, S_IFREG } from '../sys/constants.js'
import type { HostStat } from '../sys/stat.js'

/** False for objects of which the host keeps no user attributes (xattr(7)). */
export const canHoldAttributes = ({ mode }: Pick<HostStat, 'mode'>): boolean =>
  (mode & S_IFMT) === S_IFREG || (mode & S_IFMT) === S_IFDIR

/** Attribute names, each with a NUL behind it: none where the file system keeps none, undefined where they may not be read. */
export function listedAttributes(directory: HostDirectory, name: NameOrSelf): string | undefined {
  try {
    return directory.attributeNames(name)
  } catch (cause) {
    if (isErrno(cause, 'EOPNOTSUPP')) return ''
    if (isErrno(cause, 'EACCES') || isErrno(cause, 'EPERM')) return undefined
    throw cause
  }
}
