// What the host will let this process do to files, known before anything is tried: the rules of fs/attr.c and fs/namei.c in
// Linux. They cannot say everything: a security module, or a container's list of devices, may refuse what they allow. And in
// a user namespace that has the id 65534 itself, what belongs to nobody there and what to somebody outside looks the same.

import { CAP_CHOWN, CAP_FOWNER, CAP_FSETID, CAP_MKNOD, type Credentials, type IdSpan } from '../sys/credentials.js'

/** Whom an object belongs to on the host. */
export interface HostOwner {
  readonly uid: number
  readonly gid: number
}

const isIn = (spans: readonly IdSpan[], id: number): boolean =>
  spans.some(({ first, count }) => id >= first && id - first < count)

/** True when the process's user namespace has a place for both ids: no others can be stored, by root neither. */
export const isMapped = ({ uids, gids }: Credentials, { uid, gid }: HostOwner): boolean =>
  isIn(uids, uid) && isIn(gids, gid)

const has = ({ capabilities }: Credentials, capability: number): boolean => ((capabilities >>> capability) & 1) === 1

/** A capability counts for objects of owners that the namespace knows (capable_wrt_inode_uidgid). */
const hasOver = (credentials: Credentials, capability: number, owner: HostOwner): boolean =>
  has(credentials, capability) && isMapped(credentials, owner)

/** Who is not mapped himself cannot tell what is his: the namespace shows all whom it does not know as one. */
const isOwn = (credentials: Credentials, uid: number): boolean => uid === credentials.uid && isIn(credentials.uids, uid)

const isMember = ({ gid, groups }: Credentials, group: number): boolean => group === gid || groups.includes(group)

/** True when an object that belongs to `owner` may be made `wanted`'s, or is. */
export function mayGive(credentials: Credentials, owner: HostOwner, wanted: HostOwner): boolean {
  if (owner.uid === wanted.uid && owner.gid === wanted.gid) return true
  if (!isMapped(credentials, wanted)) return false
  if (hasOver(credentials, CAP_CHOWN, owner)) return true
  // An owner may hand a file on to a group that he is in.
  return (
    isOwn(credentials, owner.uid) &&
    owner.uid === wanted.uid &&
    (owner.gid === wanted.gid || isMember(credentials, wanted.gid))
  )
}

/** True when mode, times and attributes of an object of `owner` may be changed, whatever its group (inode_owner_or_capable). */
export const mayChange = (credentials: Credentials, owner: HostOwner): boolean =>
  isOwn(credentials, owner.uid) || (has(credentials, CAP_FOWNER) && isIn(credentials.uids, owner.uid))

/**
 * True when a mode with the set-group-id bit stays as it is on an object of `owner` that may be changed; otherwise the
 * kernel silently leaves the bit out. The set-user-id bit needs nothing more than `mayChange`.
 */
export const maySetGroupId = (credentials: Credentials, owner: HostOwner): boolean =>
  isMember(credentials, owner.gid) || hasOver(credentials, CAP_FSETID, owner)

/** True when character and block devices may be made: not in a user namespace, be it root there. */
export const mayMakeDevices = (credentials: Credentials): boolean =>
  credentials.isInInitialNamespace && has(credentials, CAP_MKNOD)
