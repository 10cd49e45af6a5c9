// When side data counts as not there. Reading is lenient, as QEMU's is; changing is not, lest data that merely cannot be
// reached be taken for none and dropped. A failing disk is neither: to show the host's owner because a read failed would
// hand the object to somebody else.

import { ErrnoError, type ErrnoName } from '../errors.js'

/** There is nothing, or something of another kind in its place. */
const MISSING: readonly ErrnoName[] = ['ENOENT', 'ENOTDIR', 'ELOOP']
/** Or it is closed to us, or no regular file. */
const UNREADABLE: readonly ErrnoName[] = [...MISSING, 'EACCES', 'EPERM', 'ENXIO', 'EISDIR']

function unless<T>(codes: readonly ErrnoName[], action: () => T): T | undefined {
  try {
    return action()
  } catch (cause) {
    if (cause instanceof ErrnoError && codes.some((code) => code === cause.code)) return undefined
    throw cause
  }
}

/** The answer of `action`, or undefined where what it opens does not exist. */
export const unlessMissing = <T>(action: () => T): T | undefined => unless(MISSING, action)

/** The answer of `action`, or undefined where there is nothing that we may read. */
export const unlessUnreadable = <T>(action: () => T): T | undefined => unless(UNREADABLE, action)
