// The three places where ownership lives, each as a conversion goes into it and out of it. The last step of `store` is the
// one that makes it whole, and `forget` comes after it: between any two system calls an object is stored in one form at
// least, and which one counts can be told.

import { ErrnoError, isErrno } from '../errors.js'
import { type GuestGid, type GuestUid } from '../ids.js'
import { SELF } from '../host/host-directory.js'
import type { Name } from '../name.js'
import type { Ownership } from '../ownership/ownership.js'
import { amendRecord, createRecord, dropRecord, openRecord } from '../ownership/record-file.js'
import { METADATA_DIRECTORY, ROOT_RECORD } from '../ownership/reserved-names.js'
import { ATTRIBUTE_OF, encodeXattrs } from '../ownership/xattr-codec.js'
import { ACL_NAMES } from '../ownership/xattr-names.js'
import { aclNameIn } from './acl-names.js'
import { S_IFLNK } from '../sys/constants.js'
import { RENAME_NOREPLACE } from '../sys/constants.js'
import { linkat, mkdirat, renameat2 } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { fchmod, fchownat } from '../sys/inode.js'
import { openDirectory, openPath } from '../sys/open.js'
import { statx } from '../sys/stat.js'
import { removexattr, setxattr } from '../sys/xattr.js'
import type { TargetStat } from './decision.js'
import { isPlainType, permissionsOf, typeOf } from './mode.js'
import type { Staging } from './staging.js'
import type { Subject } from './subject.js'

/** What `store` needs of a subject: also of one that is still being made. */
export type Stored = Pick<Subject, 'directory' | 'name' | 'handle' | 'file' | 'host'>

export interface Keeper {
  /** Stores all of it, in place of what may be stored. `putAcls` is called at the right moment. */
  store(object: Stored, stat: TargetStat, putAcls: () => void): void
  /** Removes what is stored; `attributes` are those that the object had. */
  forget(object: Pick<Stored, 'directory' | 'name' | 'file'>, attributes: readonly string[]): void
}

export const ownershipOf = ({ uid, gid, mode, rdev }: TargetStat): Ownership => ({
  uid: uid as GuestUid,
  gid: gid as GuestGid,
  mode,
  // QEMU has a number for devices, fifos and sockets, and for nothing else.
  ...(isNode(mode) && { rdev }),
})

const isNode = (mode: number): boolean => !isPlainType(mode) && typeOf(mode) !== S_IFLNK

/** passthrough and none. */
export class InodeKeeper implements Keeper {
  /** Owner before mode: Linux takes the set-id bits from what changes hands. An ACL changes the mode, too. */
  store({ handle, file, host }: Stored, { uid, gid, mode }: TargetStat, putAcls: () => void): void {
    const isGivenAway = host.uid !== uid || host.gid !== gid
    if (isGivenAway) fchownat(handle, uid, gid)
    putAcls()
    if (typeOf(mode) === S_IFLNK) return
    fchmod(file, permissionsOf(mode))
  }

  /** What is in the inode is not removed but covered. */
  forget(): void {}
}

/** mapped-xattr. */
export class XattrKeeper implements Keeper {
  store({ file }: Stored, stat: TargetStat, putAcls: () => void): void {
    putAcls()
    const attributes = encodeXattrs(ownershipOf(stat))
    // With the mode it is whole.
    for (const { key, name, bytes } of attributes) if (key !== 'mode') setxattr(file, name, bytes)
    for (const { key, name, bytes } of attributes) if (key === 'mode') setxattr(file, name, bytes)
  }

  forget({ file }: Stored, attributes: readonly string[]): void {
    for (const name of OWN_ATTRIBUTES) if (attributes.includes(name)) removexattr(file, name)
  }
}

/** First one without which an object is not stored whole: from then on it is known to have been converted. */
const OWN_ATTRIBUTES = [
  ATTRIBUTE_OF.uid,
  ...[...ACL_NAMES].map((acl) => aclNameIn('xattr', acl)),
  ...[ATTRIBUTE_OF.gid, ATTRIBUTE_OF.mode, ATTRIBUTE_OF.rdev],
]

/** mapped-file. */
export class SidecarKeeper implements Keeper {
  /** `owner` is whom the records belong to; undefined: whom the objects do. */
  constructor(
    private readonly staging: Staging,
    private readonly owner: { readonly uid: number | undefined; readonly gid: number | undefined },
  ) {}

  store(object: Stored, stat: TargetStat, putAcls: () => void): void {
    putAcls()
    this.put(this.makeRecord(object, stat), object)
  }

  /** Stores what is missing of an object: in the record that is there, which other names may share. */
  complete({ directory, name }: Stored, stat: TargetStat): void {
    if (name === SELF) {
      amendRecord(directory, ROOT_RECORD, ownershipOf(stat))
      return
    }
    using metadata = openDirectory(directory, METADATA_DIRECTORY)
    amendRecord(metadata, name, ownershipOf(stat))
  }

  /** Stores what another tree says of an object, be it a part of it. */
  storeAsItIs(object: Stored, ownership: Ownership): void {
    this.put(this.makeRecordOf(object, ownership), object)
  }

  /** The record of what is under a name; undefined where there is none. */
  recordOf(directory: Fd, name: Name): Fd | undefined {
    using metadata = openMetadataOf(directory)
    return metadata && openRecord(metadata, name)
  }

  /** Makes a record in the staging directory, for an object that is to have it; returns its name there. */
  makeRecord(object: Pick<Stored, 'host'>, stat: TargetStat): Name {
    return this.makeRecordOf(object, ownershipOf(stat))
  }

  private makeRecordOf(object: Pick<Stored, 'host'>, ownership: Ownership): Name {
    const { directory } = this.staging
    const name = this.staging.nextName()
    createRecord(directory, name, ownership)
    using record = openMade(directory, name)
    this.own(record, object)
    return name
  }

  /** Makes a record that is there another name's, too; it has that name's object for its own. */
  share(record: Fd, object: Stored): void {
    const name = this.staging.nextName()
    linkat(record, this.staging.directory, name)
    this.put(name, object)
  }

  forget({ directory, name }: Pick<Stored, 'directory' | 'name'>): void {
    if (name === SELF) {
      dropRecord(directory, ROOT_RECORD)
      return
    }
    using metadata = openMetadataOf(directory)
    if (metadata !== undefined) dropRecord(metadata, name)
  }

  /** Moves a record from the staging directory to an object's side. */
  private put(record: Name, object: Stored): void {
    const { directory: made } = this.staging
    const { directory, name } = object
    if (name === SELF) {
      renameat2(made, record, directory, ROOT_RECORD)
      return
    }
    using existing = openMetadataOf(directory)
    using created = existing === undefined ? this.makeMetadata(object) : undefined
    renameat2(made, record, (existing ?? created)!, name)
  }

  /** It comes with its owner, so that no run can leave it without. */
  private makeMetadata(object: Stored): Fd {
    const { directory: staging } = this.staging
    const made = this.staging.nextName()
    mkdirat(staging, made, METADATA_MODE)
    {
      using metadata = openDirectory(staging, made)
      // Whichever entry is the first.
      this.own(metadata, { host: statx(object.directory) })
      // It may have inherited a set-group-id bit.
      fchmod(metadata, METADATA_MODE)
    }
    try {
      renameat2(staging, made, object.directory, METADATA_DIRECTORY, RENAME_NOREPLACE)
    } catch (cause) {
      // Another thread has made it; ours goes with the staging directory.
      if (!isErrno(cause, 'EEXIST')) throw cause
    }
    return openDirectory(object.directory, METADATA_DIRECTORY)
  }

  private own(what: Fd, { host }: Pick<Stored, 'host'>): void {
    fchownat(what, this.owner.uid ?? host.uid, this.owner.gid ?? host.gid)
  }
}

const METADATA_MODE = 0o700

function openMetadataOf(directory: Fd): Fd | undefined {
  try {
    return openDirectory(directory, METADATA_DIRECTORY)
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return undefined
    throw cause
  }
}

/** Opens what this process has just made. */
export function openMade(directory: Fd, name: Name): Fd {
  const handle = openPath(directory, name)
  if (handle === undefined) throw new ErrnoError('ENOENT', { op: 'find what was just made', name })
  return handle
}
