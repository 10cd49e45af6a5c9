// Extended attributes by handle. On a descriptor opened for reading the f-calls are used; on an O_PATH handle, which
// they refuse, /proc/self/fd names the object (five times slower, and never follows a symlink that the object is).

import { ErrnoError } from '../errors.js'
import { call, checked, cString, scratch } from './call.js'
import { XATTR_LIST_MAX, XATTR_SIZE_MAX } from './constants.js'
import type { Fd } from './fd.js'
import { pathOfHandle } from './open.js'

const ENODATA = -61
const value = scratch(XATTR_SIZE_MAX)
const list = scratch(XATTR_LIST_MAX)
/** Where values and lists of names arrive, for the calls of xattr-at.ts. */
export { value as attributeValue, list as attributeList }

function read(handle: Fd, name: string, size: number): number {
  return handle.isPathOnly
    ? call('getxattr', cString(pathOfHandle(handle), 1), cString(name), value.address, size)
    : call('fgetxattr', handle.number, cString(name), value.address, size)
}

/**
 * Reads an attribute of at most `limit` bytes; undefined when absent. Size and value are taken in one step, so a value
 * that grows or shrinks meanwhile is never mixed (CVE-2017-15038). Answers ERANGE when it is longer than `limit`.
 */
export function getxattr(handle: Fd, name: string, limit = XATTR_SIZE_MAX): Buffer | undefined {
  const result = read(handle, name, limit)
  if (result === ENODATA) return undefined
  return Buffer.from(value.bytes.subarray(0, checked(result, { op: 'read attribute', name })))
}

/**
 * Reads a short attribute without allocating: returns its length, with the bytes in `lastValue` until the next call,
 * or the negated errno (−ENODATA absent, −ERANGE longer than `limit`). Names must come from `attributeName`.
 */
export function peekxattr(handle: Fd, name: AttributeName, limit: number): number {
  return handle.isPathOnly
    ? call('getxattr', cString(pathOfHandle(handle), 1), name.address, value.address, limit)
    : call('fgetxattr', handle.number, name.address, value.address, limit)
}

/** The bytes that the last `peekxattr` read. */
export const lastValue: DataView = value.view

/** An attribute's name, kept where the kernel can read it. */
export interface AttributeName {
  readonly text: string
  readonly address: number
  readonly storage: Buffer
}

/** Prepares a name that is asked for often. */
export function attributeName(text: string): AttributeName {
  const { bytes, address } = scratch(text.length + 1)
  bytes[bytes.write(text, 'latin1')] = 0
  return { text, address, storage: bytes }
}

/** Sets an attribute; `flags` may be XATTR_CREATE (EEXIST) or XATTR_REPLACE (ENODATA). */
export function setxattr(handle: Fd, name: string, bytes: Uint8Array, flags = 0): void {
  if (bytes.length > XATTR_SIZE_MAX) throw new ErrnoError('E2BIG', { op: 'set attribute', name, size: bytes.length })
  value.bytes.set(bytes)
  const result = handle.isPathOnly
    ? call('setxattr', cString(pathOfHandle(handle), 1), cString(name), value.address, bytes.length, flags)
    : call('fsetxattr', handle.number, cString(name), value.address, bytes.length, flags)
  checked(result, { op: 'set attribute', name })
}

/** Removes an attribute; ENODATA when absent. */
export function removexattr(handle: Fd, name: string): void {
  const result = handle.isPathOnly
    ? call('removexattr', cString(pathOfHandle(handle), 1), cString(name))
    : call('fremovexattr', handle.number, cString(name))
  checked(result, { op: 'remove attribute', name })
}

/** Lists the names of all attributes (Latin-1), in the host's order. */
export function listxattr(handle: Fd): string[] {
  const result = handle.isPathOnly
    ? call('listxattr', cString(pathOfHandle(handle), 1), list.address, XATTR_LIST_MAX)
    : call('flistxattr', handle.number, list.address, XATTR_LIST_MAX)
  const length = checked(result, { op: 'list attributes' })
  return list.bytes.toString('latin1', 0, length).split('\0').slice(0, -1)
}
