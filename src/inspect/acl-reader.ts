// Whether a guest sees that an object has a POSIX ACL that says more than its mode does.

import { Errno } from '../errors.js'
import type { Host, PreparedName } from '../host/host-directory.js'
import type { PassedObject } from '../ownership/evidence.js'
import { type SecurityModel, xattrNamesOf } from '../ownership/security-models.js'

/** A version and three entries (include/uapi/linux/posix_acl_xattr.h): owner, group and others, as in every mode. */
const MINIMAL = 4 + 3 * 8

/** Asks for the ACLs of objects of one export. */
export class AclReader {
  private readonly access: PreparedName | undefined
  private readonly forNew: PreparedName | undefined

  constructor(host: Host, model: SecurityModel) {
    const prepared = (guestName: string): PreparedName | undefined => {
      const kept = xattrNamesOf(model).toHost(guestName)
      return typeof kept === 'string' ? undefined : host.attributeName(kept.host)
    }
    this.access = prepared('system.posix_acl_access')
    this.forNew = prepared('system.posix_acl_default')
  }

  /** True where ls(1) in a guest shows a "+": an ACL beyond the mode or, of a directory, one for what is made in it. */
  hasAcl(object: PassedObject, isDirectory: boolean): boolean {
    if (isLonger(lengthOf(object, this.access))) return true
    if (!isDirectory) return false
    const length = lengthOf(object, this.forNew)
    return length === MINIMAL || isLonger(length)
  }
}

/** See `HostDirectory.peekAttribute`. An ACL that may not be read is none, to ls(1) too. */
const lengthOf = ({ directory, name }: PassedObject, attribute: PreparedName | undefined): number =>
  attribute === undefined ? -Errno.ENODATA : directory.peekAttribute(name, attribute, MINIMAL)

const isLonger = (length: number): boolean => length === -Errno.ERANGE
