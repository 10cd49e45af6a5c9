// Where a form of storage has POSIX ACLs. Conversions keep them under none, too, which shows them to no guest.

import type { StoredForm } from '../ownership/store.js'
import { OWN_PREFIX } from '../ownership/xattr-codec.js'
import { ACL_NAMES } from '../ownership/xattr-names.js'

/** Put together once, for they are asked for with every object. */
const OWN_NAMES: ReadonlyMap<string, string> = new Map([...ACL_NAMES].map((acl) => [acl, OWN_PREFIX + acl]))
const ownNameOf = (acl: string): string => OWN_NAMES.get(acl) ?? OWN_PREFIX + acl

/** The host's attribute that holds a guest's ACL. */
export const aclNameIn = (form: StoredForm, acl: string): string => (form === 'xattr' ? ownNameOf(acl) : acl)

/** The ACL of which the permissions in an object's mode are a part. */
export const ACCESS_ACL = 'system.posix_acl_access'

/** True where a mapped object has a guest's access ACL as its own, going by all names of its attributes or of its ACLs. */
export const hasRealAcl = (form: StoredForm, names: readonly string[]): boolean =>
  form === 'sidecar' && names.includes(ACCESS_ACL)

/**
 * Where an ACL is kept while the ids in it are being replaced under the same name: what an interruption leaves is told by it.
 * QEMU's mapped-xattr has it for a guest's ACL, and no other model looks at it. While a conversion is put back, it is what
 * the object is to have again.
 */
export const asideName = ownNameOf
