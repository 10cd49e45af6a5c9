// One object of an export, as a report: what the guest sees, what the host has, where each value comes from and what is
// wrong with it.

import { isErrno } from '../errors.js'
import { type Host, type HostDirectory, type NameOrSelf, SELF } from '../host/host-directory.js'
import { type DeviceNumber, packDevice, unpackDevice } from '../ids.js'
import type { Detection } from '../ownership/detect.js'
import type { PassedObject } from '../ownership/evidence.js'
import { cover, type GuestStat, type Ownership, OWNERSHIP_KEYS, type OwnershipKey } from '../ownership/ownership.js'
import { type PassingReader, readerOf } from '../ownership/passing-reader.js'
import type { Problem } from '../ownership/problems.js'
import { formOf, type SecurityModel } from '../ownership/security-models.js'
import type { StoredForm } from '../ownership/store.js'
import type { Surroundings } from '../ownership/surroundings.js'
import type { Unfinished } from '../ownership/unfinished.js'
import { S_IFLNK, S_IFMT, S_IFREG } from '../sys/constants.js'
import type { HostStat } from '../sys/stat.js'
import { AclReader } from './acl-reader.js'
import { type Naming, namingOfHost } from './naming.js'

/** The export that an object was found in. */
export interface ExportFacts {
  /** The real path of its root, in bytes. */
  readonly root: string
  readonly model: SecurityModel
  /** What the model was recognised by; undefined where it was named. */
  readonly detection: Detection | undefined
  /** The conversion that was interrupted there, or is under way. */
  readonly unfinished: Unfinished | undefined
}

/** What an owner is called; undefined where nobody knows such an id. Bytes. */
export interface OwnerNames {
  readonly user: string | undefined
  readonly group: string | undefined
}

/** Where a value comes from: what the model stores, or the host's inode. */
export type Source = Readonly<Record<OwnershipKey, StoredForm>>

/** A report on one object. Strings are bytes (Latin-1). */
export interface Entry extends ExportFacts {
  /** As it was asked for. */
  readonly path: string
  /** What the guest sees; the host's own values are in `guest.host`. */
  readonly guest: GuestStat
  readonly guestNames: OwnerNames
  readonly hostNames: OwnerNames
  /** Of a symlink; undefined for anything else, and where it cannot be read. */
  readonly target: string | undefined
  readonly source: Source
  readonly problems: readonly Problem[]
}

/** Longest target that a protocol string can carry. */
const TARGET_MAX = 0xffff

/** Reports on objects of one export. */
export class EntryReader {
  readonly reader: PassingReader
  private readonly form: StoredForm
  private readonly acls: AclReader

  /** `naming` is what guests' owners are called. */
  constructor(
    host: Host,
    readonly facts: ExportFacts,
    readonly naming: Naming,
  ) {
    this.form = formOf(facts.model)
    this.reader = readerOf(this.form, host)
    this.acls = new AclReader(host, facts.model)
  }

  /** What is under a name, to be reported on; undefined where there is nothing for the guest. */
  find(directory: HostDirectory, name: NameOrSelf, surroundings: Surroundings): PassedObject | undefined {
    if (this.reader.isReserved(name)) return undefined
    const host = directory.stat(name)
    return host && { directory, name, host, surroundings }
  }

  /** What the guest is told of an object's type and permissions. */
  modeOf(object: PassedObject): number {
    return cover(object.host, this.reader.ownershipOf(object, ['mode'])).mode
  }

  /** What the guest is told of an object. */
  guestOf(object: PassedObject): GuestStat {
    return seen(object.host, this.reader.ownershipOf(object, OWNERSHIP_KEYS))
  }

  /** True where an ACL of the guest says more than the mode. */
  hasAcl(object: PassedObject, isDirectory: boolean): boolean {
    return this.acls.hasAcl(object, isDirectory)
  }

  /** What guests' owners are called. */
  namesOf(uid: number, gid: number): OwnerNames {
    return namesIn(this.naming, uid, gid)
  }

  /** Reports on an object; `path` is what it is to be called. */
  entry(object: PassedObject, path: string): Entry {
    const { host } = object
    const { ownership, problems, content } = this.reader.examine(object)
    const guest = seen(host, ownership)
    const namesOfHost = namingOfHost()
    return {
      path,
      root: this.facts.root,
      model: this.facts.model,
      detection: this.facts.detection,
      unfinished: this.facts.unfinished,
      guest,
      guestNames: this.namesOf(guest.uid, guest.gid),
      hostNames: namesIn(namesOfHost, host.uid, host.gid),
      target: (guest.mode & S_IFMT) === S_IFLNK ? (content?.toString('latin1') ?? this.targetOf(object)) : undefined,
      source: this.sourceOf(ownership),
      problems,
    }
  }

  /**
   * What a symlink of the guest leads to. Content that is too long for a target, or closed to us, is among the problems
   * and keeps nothing else from showing.
   */
  targetOf({ directory, name, host }: PassedObject): string | undefined {
    if (name === SELF) return undefined
    try {
      if ((host.mode & S_IFMT) === S_IFLNK) return directory.readlink(name)
      if ((host.mode & S_IFMT) !== S_IFREG || host.size > TARGET_MAX) return undefined
      return directory.content(name, host.size).toString('latin1')
    } catch (cause) {
      if (isErrno(cause, 'EACCES') || isErrno(cause, 'EPERM') || isErrno(cause, 'EINVAL')) return undefined
      throw cause
    }
  }

  private sourceOf(ownership: Ownership): Source {
    const [uid, gid, mode, rdev] = OWNERSHIP_KEYS.map((key) => (ownership[key] === undefined ? 'inode' : this.form))
    return { uid: uid!, gid: gid!, mode: mode!, rdev: rdev! }
  }
}

const namesIn = ({ users, groups }: Naming, uid: number, gid: number): OwnerNames => ({
  user: users.get(uid),
  group: groups.get(gid),
})

/** What a Linux guest makes of it. */
function seen(host: HostStat, ownership: Ownership): GuestStat {
  const covered = cover(host, ownership)
  return { ...covered, rdev: asLinuxHasIt(covered.rdev) }
}

/**
 * Linux's 9P client takes 32 bits of a device number (new_decode_dev in include/linux/kdev_t.h), so that a guest does
 * not see what a number of 64 bits has beyond them.
 */
const asLinuxHasIt = (rdev: DeviceNumber): DeviceNumber =>
  rdev.major <= 0xfff && rdev.minor <= 0xf_ffff ? rdev : unpackDevice(packDevice(rdev) & 0xffff_ffffn)
