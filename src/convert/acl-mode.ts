// The permissions that a mode and an access ACL say both. Linux has them the same on every object of its own; what a mapped
// model stores may contradict itself, and then the mode is what is carried on.

const HEADER_SIZE = 4
const ENTRY_SIZE = 8
/** The tags of entries that are a part of the mode, or stand for it (include/uapi/linux/posix_acl.h). */
const USER_OBJ = 0x01
const GROUP_OBJ = 0x04
const MASK = 0x10
const OTHER = 0x20

/** The permissions (rwx) that the owning group has by an ACL, whose form is that of one: by its own entry, without the mask. */
export function groupPermissionsIn(acl: Buffer): number {
  for (let at = HEADER_SIZE; at < acl.length; at += ENTRY_SIZE) {
    if (acl.readUInt16LE(at) === GROUP_OBJ) return acl.readUInt16LE(at + 2)
  }
  return 0
}

/** The ACL, whose form is that of one, with the permissions that are the mode's as this mode has them. */
export function aclWithMode(value: Buffer, mode: number): Buffer {
  const acl = Buffer.from(value)
  const tags: number[] = []
  for (let at = HEADER_SIZE; at < acl.length; at += ENTRY_SIZE) tags.push(acl.readUInt16LE(at))
  const ofGroup = tags.includes(MASK) ? MASK : GROUP_OBJ
  tags.forEach((tag, index) => {
    const shift = tag === USER_OBJ ? 6 : tag === ofGroup ? 3 : tag === OTHER ? 0 : undefined
    if (shift !== undefined) acl.writeUInt16LE((mode >> shift) & 7, HEADER_SIZE + index * ENTRY_SIZE + 2)
  })
  return acl
}
