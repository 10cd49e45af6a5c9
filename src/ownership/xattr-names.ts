// Which host attribute a guest's attribute is kept in: one table a way of keeping POSIX ACLs (reference §2.3). Names are
// compared whole; QEMU compares prefixes, so that there `system.posix_acl_accessX` reads the access ACL.

import type { XattrNames } from './store.js'
import { OWN_PREFIX } from './xattr-codec.js'

/** The attributes that hold POSIX ACLs, as Linux names them. */
export const ACL_NAMES: ReadonlySet<string> = new Set(['system.posix_acl_access', 'system.posix_acl_default'])

const isUser = (name: string): boolean => name.startsWith('user.')
const isOwn = (name: string): boolean => name.startsWith(OWN_PREFIX)

/**
 * ACLs under the model's own prefix, where the host kernel does not act on them: their ids are the guest's. The rest
 * under that prefix is hidden.
 */
export const aclsRenamed: XattrNames = {
  toHost(guestName) {
    if (ACL_NAMES.has(guestName)) return { host: OWN_PREFIX + guestName }
    if (isOwn(guestName)) return 'hidden'
    return isUser(guestName) ? { host: guestName } : 'unsupported'
  },
  toGuest(hostName) {
    if (!isOwn(hostName)) return isUser(hostName) ? hostName : undefined
    const inner = hostName.slice(OWN_PREFIX.length)
    return ACL_NAMES.has(inner) ? inner : undefined
  },
}

/** ACLs are the host's own, and act there. */
export const aclsReal: XattrNames = {
  toHost: (guestName) => (isUser(guestName) || ACL_NAMES.has(guestName) ? { host: guestName } : 'unsupported'),
  toGuest: (hostName) => (isUser(hostName) || ACL_NAMES.has(hostName) ? hostName : undefined),
}

/** No ACLs. */
export const aclsRefused: XattrNames = {
  toHost: (guestName) => (isUser(guestName) ? { host: guestName } : 'unsupported'),
  toGuest: (hostName) => (isUser(hostName) ? hostName : undefined),
}
