// The POSIX ACLs of an object on their way from one form of storage to another.

import { ErrnoError, isErrno } from '../errors.js'
import { translateAcl } from '../ownership/acl-ids.js'
import type { StoredForm } from '../ownership/store.js'
import { ACL_NAMES } from '../ownership/xattr-names.js'
import type { Fd } from '../sys/fd.js'
import { getxattr, removexattr, setxattr } from '../sys/xattr.js'
import type { HostStat } from '../sys/stat.js'
import { groupPermissionsIn } from './acl-mode.js'
import { ACCESS_ACL, aclNameIn, asideName } from './acl-names.js'
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
    private readonly isBack: boolean,
  ) {
    this.isRenamed = aclNameIn(from, '') !== aclNameIn(to, '')
    this.isInPlace = !this.isRenamed && !ids.isIdentity
  }

  /**
   * Reads what the source has. Where the target has it under the same name, the value is first laid aside: until
   * `forgetAside`, what was laid aside is what counts.
   */
  take(file: Fd, attributes: readonly string[]): CarriedAcl[] {
    if (this.isInPlace) return this.isBack ? this.takeBack(file, attributes) : this.takeAside(file, attributes)
    return this.read(file, attributes)
  }

  private takeAside(file: Fd, attributes: readonly string[]): CarriedAcl[] {
    return IN_ORDER.flatMap((acl) => {
      const aside = asideName(acl)
      const isAside = attributes.includes(aside)
      const original = valueOf(file, attributes, isAside ? aside : aclNameIn(this.from, acl))
      if (original === undefined) return []
      if (!isAside) setxattr(file, aside, original)
      return { acl, value: this.translated(original) }
    })
  }

  /**
   * Reads what an object had before a conversion that is put back. That has laid its ACLs aside in order, and has removed
   * them again in order: one that is missing after another had not been come to, one that is missing before another is done.
   */
  private takeBack(file: Fd, attributes: readonly string[]): CarriedAcl[] {
    return IN_ORDER.toReversed().flatMap((acl) => {
      const aside = asideName(acl)
      const before = valueOf(file, attributes, aside)
      if (before !== undefined) return { acl, value: before }
      const found = valueOf(file, attributes, aclNameIn(this.from, acl))
      if (found === undefined) return []
      const isDone = !IN_ORDER.slice(0, IN_ORDER.indexOf(acl)).some((each) => attributes.includes(asideName(each)))
      const value = isDone ? this.translated(found) : found
      setxattr(file, aside, value)
      return { acl, value }
    })
  }

  /** The same without touching the source, for a copy of it. */
  read(file: Fd, attributes: readonly string[]): CarriedAcl[] {
    const carried: CarriedAcl[] = []
    for (const acl of IN_ORDER) {
      const original = valueOf(file, attributes, aclNameIn(this.from, acl))
      if (original !== undefined) carried.push({ acl, value: this.translated(original) })
    }
    return carried
  }

  /** Stores them for the target. */
  put(file: Fd, acls: readonly CarriedAcl[]): void {
    for (const { acl, value } of acls) setxattr(file, aclNameIn(this.to, acl), value)
  }

  /** Reads what may still have to be put on an object of which all else is stored: it is removed from the source last of all. */
  takeLeft(file: Fd, attributes: readonly string[]): CarriedAcl[] {
    if (this.isInPlace && this.isBack) {
      return IN_ORDER.flatMap((acl) => {
        const before = valueOf(file, attributes, asideName(acl))
        return before === undefined ? [] : { acl, value: before }
      })
    }
    return this.isRenamed && this.from !== 'xattr' ? this.read(file, attributes) : []
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

  /**
   * What the permissions of an object on the host are once the source's real ACL is gone: those of the group were the ACL's
   * mask, and are then no more than it allowed the group itself, be it removed by an interrupted run.
   */
  modeWithout(file: Fd, { mode }: Pick<HostStat, 'mode'>, attributes: readonly string[]): number {
    if (this.from !== 'sidecar' || this.to !== 'xattr') return mode
    const acl =
      valueOf(file, attributes, aclNameIn(this.from, ACCESS_ACL)) ??
      valueOf(file, attributes, aclNameIn(this.to, ACCESS_ACL))
    return acl === undefined ? mode : mode & (~0o070 | (groupPermissionsIn(acl) << 3))
  }

  /** Removes the host's ACLs, where the target has them under another name. Those of mapped-xattr go with its attributes. */
  forgetSource(file: Fd, attributes: readonly string[]): void {
    if (!this.isRenamed || this.from === 'xattr') return
    for (const acl of ACL_NAMES) {
      const name = aclNameIn(this.from, acl)
      if (attributes.includes(name)) removexattr(file, name)
    }
  }

  /**
   * Removes what was laid aside: once nothing is to be read from the source any more. On the way back the first goes last;
   * see `takeBack`.
   */
  forgetAside(file: Fd, attributes: readonly string[], taken: readonly CarriedAcl[]): void {
    if (!this.isInPlace) return
    for (const acl of this.isBack ? IN_ORDER.toReversed() : IN_ORDER) {
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

const IN_ORDER: readonly string[] = [...ACL_NAMES]

const valueOf = (file: Fd, attributes: readonly string[], name: string): Buffer | undefined =>
  attributes.includes(name) ? getxattr(file, name) : undefined
