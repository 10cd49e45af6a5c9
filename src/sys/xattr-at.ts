// Extended attributes of a name in an open directory, without opening what the name means: to look at a million objects.
// Neither devices nor fifos are touched, and no symlink is followed.

import { Errno } from '../errors.js'
import { call, checked, cString } from './call.js'
import { XATTR_LIST_MAX, XATTR_SIZE_MAX } from './constants.js'
import type { Fd } from './fd.js'
import { pathOfHandle } from './open.js'
import { hasOwnWorkingDirectory } from './working-directory.js'
import { attributeList, attributeValue, type AttributeName } from './xattr.js'

/**
 * What the kernel is given to find `name` in `directory`, which must be the working directory of a thread that has its
 * own. Other threads go through /proc, which takes three times as long.
 */
const pathOf = (directory: Fd, name: string): number =>
  cString(hasOwnWorkingDirectory() ? name : `${pathOfHandle(directory)}/${name}`, 1)

/** As `peekxattr`, of a name; "." is the directory itself. */
export const peekxattrAt = (directory: Fd, name: string, attribute: AttributeName, limit: number): number =>
  call('lgetxattr', pathOf(directory, name), attribute.address, attributeValue.address, limit)

/** As `getxattr`, of a name. */
export function getxattrAt(directory: Fd, name: string, attribute: string): Buffer | undefined {
  const { address, bytes } = attributeValue
  const result = call('lgetxattr', pathOf(directory, name), cString(attribute), address, XATTR_SIZE_MAX)
  if (result === -Errno.ENODATA) return undefined
  return Buffer.from(bytes.subarray(0, checked(result, { op: 'read attribute', name, attribute })))
}

/** The kernel allocates as much as it is offered: 64 KiB take it longer than the names, which are few as a rule. */
const LIST_USUAL = 1024

/** The names of all attributes of a name (Latin-1), each with a NUL behind it. */
export function listxattrAt(directory: Fd, name: string): string {
  const list = (room: number): number => call('llistxattr', pathOf(directory, name), attributeList.address, room)
  const usual = list(LIST_USUAL)
  const result = usual === -Errno.ERANGE ? list(XATTR_LIST_MAX) : usual
  return attributeList.bytes.latin1Slice(0, checked(result, { op: 'list attributes', name }))
}
