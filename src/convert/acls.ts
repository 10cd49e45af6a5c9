// The POSIX ACLs of an object on their way from one form of storage to another.

import { ErrnoError, isErrno } from '../errors.js'
import { translateAcl } from '../ownership/acl-ids.js'
import type { StoredForm } from '../ownership/store.js'
import { ACL_NAMES } from '../ownership/xattr-names.js'
import type { Fd } from '../sys/fd.js'
import { getxattr, removexattr, setxattr } from '../sys/xattr.js'
import { aclNameIn, asideName } from './acl-names.js'
import type { IdTranslation } from './settings.js'

/** An ACL as the target is to have it. */
export interface CarriedAcl {
  /** As guests call it. */
  readonly acl: string
  readonly value: Buffer
}

/** Removes the ACLs of a directory: its own it has inherited, and what is made in it is not to inherit any. */
export function dropAcls(directory: Fd): void {
  for (const acl of ACL_NAMES) {
    try {
      removexattr(directory, acl)
    } catch (cause) {
      if (!isErrno(cause, 'ENODATA') && !isErrno(cause, 'EOPNOTSUPP')) throw cause
    }
  }
}

export const namesOf = (acls: readonly CarriedAcl[]): string[] => acls.map(({ acl }) => acl)

/** Carries ACLs between two forms. Which an object has is told by the names of its attributes. */
export class AclCarrier {
  /** Both forms use the same attribute, and what is in it changes. */
  private readonly isInPlace: boolean
  /** The target has it under another name. */
  private readonly isRenamed: boolean

  constructor(
    private readonly from: StoredForm,
    private readonly to: StoredForm,
    private readonly ids: IdTranslation,
  ) {
    this.isRenamed = aclNameIn(from, '') !== aclNameIn(to, '')
    this.isInPlace = !this.isRenamed && !ids.isIdentity
  }

  /**
   * Reads what the source has. Where the target has it under the same name, the value is first laid aside: until
   * `forget`, what was laid aside is what counts.
   */
  take(file: Fd, attributes: readonly string[]): CarriedAcl[] {
    const found: CarriedAcl[] = []
    for (const acl of ACL_NAMES) {
      const name = aclNameIn(this.from, acl)
      const aside = this.isInPlace ? asideName(acl) : undefined
      const isAside = aside !== undefined && attributes.includes(aside)
      if (!isAside && !attributes.includes(name)) continue
      const original = getxattr(file, isAside ? aside : name)
      if (original === undefined) continue
      if (aside !== undefined && !isAside) setxattr(file, aside, original)
      found.push({ acl, value: this.translated(original) })
    }
    return found
  }

  /** The same without touching the source, for a copy of it. */
  read(file: Fd, attributes: readonly string[]): CarriedAcl[] {
    return [...ACL_NAMES].flatMap((acl) => {
      const name = aclNameIn(this.from, acl)
      const original = attributes.includes(name) ? getxattr(file, name) : undefined
      return original === undefined ? [] : [{ acl, value: this.translated(original) }]
    })
  }

  /** Stores them for the target. */
  put(file: Fd, acls: readonly CarriedAcl[]): void {
    for (const { acl, value } of acls) setxattr(file, aclNameIn(this.to, acl), value)
  }

  /** True where an ACL of a whole object may still have to be carried over: it is removed from the source last of all. */
  get mayBeLeft(): boolean {
    return this.isRenamed && this.from !== 'xattr'
  }

  /**
   * Removes ACLs under the target's names that the source's guest does not see: they would appear. Not where what is there
   * may be what an interrupted run has put there.
   */
  dropStrays(file: Fd, attributes: readonly string[], acls: readonly CarriedAcl[]): void {
    if (!this.isRenamed || this.from === 'sidecar') return
    for (const acl of ACL_NAMES) {
      const name = aclNameIn(this.to, acl)
      if (attributes.includes(name) && !acls.some((each) => each.acl === acl)) removexattr(file, name)
    }
  }

  /** Removes the host's ACLs, where the target has them under another name. Those of mapped-xattr go with its attributes. */
  forgetSource(file: Fd, attributes: readonly string[]): void {
    if (!this.mayBeLeft) return
    for (const acl of ACL_NAMES) {
      const name = aclNameIn(this.from, acl)
      if (attributes.includes(name)) removexattr(file, name)
    }
  }

  /** Removes what was laid aside: once nothing is to be read from the source any more. */
  forgetAside(file: Fd, attributes: readonly string[], taken: readonly CarriedAcl[]): void {
    if (!this.isInPlace) return
    for (const acl of ACL_NAMES) {
      const isAside = attributes.includes(asideName(acl)) || taken.some((each) => each.acl === acl)
      if (isAside) removexattr(file, asideName(acl))
    }
  }

  private translated(value: Buffer): Buffer {
    if (this.ids.isIdentity) return value
    const translated = translateAcl(value, this.ids)
    if (translated === undefined) throw new ErrnoError('EINVAL', { op: 'read an ACL', size: value.length })
    return translated
  }
}
