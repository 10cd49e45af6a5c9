// mapped-xattr: ownership in `user.virtfs.*` attributes of the object itself. They travel with the inode, so that hard
// links share them and renaming or removing a name needs nothing. The host allows them on regular files and directories
// only (xattr(7)): a symlink or device that a host process made shows the host's ownership and keeps no other.

import { Errno, bestEffort, ErrnoError } from '../errors.js'
import type { GuestGid, GuestUid } from '../ids.js'
import { S_IFDIR, S_IFMT, S_IFREG } from '../sys/constants.js'
import type { Fd } from '../sys/fd.js'
import { statx } from '../sys/stat.js'
import {
  type AttributeName,
  attributeName,
  getxattr,
  lastValue,
  peekxattr,
  removexattr,
  setxattr,
} from '../sys/xattr.js'
import { InodeStore } from './inode-store.js'
import type { Ownership, Writable } from './ownership.js'
import type { Refusal, StoredObject } from './store.js'
import { touch } from './touch.js'
import {
  ATTRIBUTE_OF,
  decodeId,
  decodeMode,
  decodeRdev,
  encodeXattrs,
  type StoredAttribute,
  WIDTH,
} from './xattr-codec.js'

const UID = attributeName(ATTRIBUTE_OF.uid)
const GID = attributeName(ATTRIBUTE_OF.gid)
const MODE = attributeName(ATTRIBUTE_OF.mode)
const RDEV = attributeName(ATTRIBUTE_OF.rdev)

/** Nothing of use is stored: no attribute, none possible here, one that is too long, or none that we may read. */
const isAbsent = (errno: number): boolean =>
  errno === Errno.ENODATA ||
  errno === Errno.EOPNOTSUPP ||
  errno === Errno.ERANGE ||
  errno === Errno.E2BIG ||
  errno === Errno.EACCES ||
  errno === Errno.EPERM

/**
 * The attribute's length, with its bytes in `lastValue`; negative when absent. Any other failure is thrown: to show
 * the host's owner because a disk failed would hand the object to somebody else.
 */
function peek(file: Fd, name: AttributeName, width: number): number {
  const length = peekxattr(file, name, width)
  if (length < 0 && !isAbsent(-length)) throw new ErrnoError(-length, { op: 'read attribute', name: name.text })
  return length
}

/** The descriptor to store through: the fast one where there is one. Refuses what can hold no attributes. */
function writable(object: StoredObject): Fd {
  const file = object.readable()
  if (file !== undefined) return file
  const handle = object.handle()
  const type = statx(handle).mode & S_IFMT
  // The kernel would say EPERM, which a guest's root cannot make sense of.
  if (type !== S_IFREG && type !== S_IFDIR) {
    throw new ErrnoError('EOPNOTSUPP', { op: 'store the ownership of a host symlink or special file' })
  }
  return handle
}

export class XattrStore extends InodeStore {
  override refusalOf(tree: Fd): Refusal | undefined {
    if (peekxattr(tree, MODE, WIDTH.mode) !== -Errno.EOPNOTSUPP) return undefined
    return { code: 'EOPNOTSUPP', advice: 'its file system keeps no user attributes; use --security-model mapped-file' }
  }

  load(object: StoredObject): Ownership {
    const file = object.readable() ?? object.handle()
    const found: Writable<Ownership> = {}
    const uid = decodeId(lastValue, peek(file, UID, WIDTH.uid))
    if (uid !== undefined) found.uid = uid as GuestUid
    const gid = decodeId(lastValue, peek(file, GID, WIDTH.gid))
    if (gid !== undefined) found.gid = gid as GuestGid
    const mode = decodeMode(lastValue, peek(file, MODE, WIDTH.mode))
    if (mode !== undefined) found.mode = mode
    const rdev = decodeRdev(lastValue, peek(file, RDEV, WIDTH.rdev))
    if (rdev !== undefined) found.rdev = rdev
    return found
  }

  /** A new inode has no attributes, so nothing can show through; a partial failure goes away with the object. */
  adopt(object: StoredObject, ownership: Ownership): void {
    const attributes = encodeXattrs(ownership)
    if (attributes.length === 0) return
    const file = writable(object)
    for (const { name, bytes } of attributes) setxattr(file, name, bytes)
  }

  save(object: StoredObject, change: Ownership): void {
    const file = writable(object)
    touch(object.handle())
    setAll(file, encodeXattrs(change))
  }
}

/** Sets every attribute, or, when one cannot be set, puts back those before it. */
function setAll(file: Fd, attributes: readonly StoredAttribute[]): void {
  // A single setxattr is atomic by itself.
  const before = attributes.length < 2 ? [] : attributes.map(({ name }) => getxattr(file, name))
  let done = 0
  try {
    for (; done < attributes.length; done++) {
      const { name, bytes } = attributes[done]!
      setxattr(file, name, bytes)
    }
  } catch (cause) {
    for (const { name } of attributes.slice(0, done).reverse()) {
      const old = before[--done]
      bestEffort(() => (old === undefined ? removexattr(file, name) : setxattr(file, name, old)))
    }
    throw cause
  }
}
