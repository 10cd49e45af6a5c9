// The ids inside a POSIX ACL, in the form in which Linux gives and takes it as an attribute
// (include/uapi/linux/posix_acl_xattr.h): a version, then entries of tag, permissions and id.

import { ErrnoError } from '../errors.js'

const VERSION = 2
const HEADER_SIZE = 4
const ENTRY_SIZE = 8
/** The tags whose entries name somebody (include/uapi/linux/posix_acl.h). */
const ACL_USER = 0x02
const ACL_GROUP = 0x08

/** What becomes of the ids that an ACL names. */
export interface AclIds {
  uid(id: number): number
  gid(id: number): number
}

/** True for a value that Linux would take for an ACL as far as its form goes. */
const isAcl = (value: Buffer): boolean =>
  value.length >= HEADER_SIZE && (value.length - HEADER_SIZE) % ENTRY_SIZE === 0 && value.readUInt32LE(0) === VERSION

/** The ACL with its ids put through `ids`; undefined for what is no ACL. The value itself is left alone. */
export function translateAcl(value: Uint8Array, ids: AclIds): Buffer | undefined {
  const acl = Buffer.from(value)
  if (!isAcl(acl)) return undefined
  for (let at = HEADER_SIZE; at < acl.length; at += ENTRY_SIZE) {
    const tag = acl.readUInt16LE(at)
    if (tag !== ACL_USER && tag !== ACL_GROUP) continue
    const id = acl.readUInt32LE(at + 4)
    acl.writeUInt32LE(tag === ACL_USER ? ids.uid(id) : ids.gid(id), at + 4)
  }
  return acl
}

/** The same for a value that a guest wants to be stored: EINVAL for what is no ACL, since its ids cannot be looked at. */
export function translateNewAcl(value: Uint8Array, ids: AclIds): Buffer {
  const acl = translateAcl(value, ids)
  if (acl === undefined) throw new ErrnoError('EINVAL', { op: 'read an ACL', size: value.length })
  return acl
}
