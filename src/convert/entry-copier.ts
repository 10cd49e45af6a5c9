// Makes one object of a tree anew in another one, in the target's form. It is built in the staging directory and comes to
// its name when it is whole: what is there has been copied.

import type { HostDirectory, NameOrSelf } from '../host/host-directory.js'
import { descriptorOf } from '../host/linux-host.js'
import type { Name } from '../name.js'
import { cover } from '../ownership/ownership.js'
import type { StoredForm } from '../ownership/store.js'
import { OWN_PREFIX } from '../ownership/xattr-codec.js'
import { ACL_NAMES } from '../ownership/xattr-names.js'
import { O_CREAT, O_EXCL, O_RDWR, RENAME_NOREPLACE, S_IFLNK, S_IFREG } from '../sys/constants.js'
import { linkat, renameat2 } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { openat, openPath } from '../sys/open.js'
import { type HostStat, statx, statxAt } from '../sys/stat.js'
import { getxattr, setxattr } from '../sys/xattr.js'
import { hasRealAcl } from './acl-names.js'
import { AclCarrier, namesOf } from './acls.js'
import { makeFile, makeReal, setTimes } from './bodies.js'
import { Clothes } from './clothes.js'
import { type Considered, Consideration } from './consideration.js'
import { copyContent } from './copy-content.js'
import type { Change, TargetStat } from './decision.js'
import { InodeKeeper, type Keeper, SidecarKeeper, type Stored, XattrKeeper } from './keepers.js'
import { isPlainType, typeOf } from './mode.js'
import { isWhole, type Observation } from './observation.js'
import { type ConversionSettings, formsOf } from './settings.js'
import { putInPlace, type Staging } from './staging.js'
import { openSubject, type Subject } from './subject.js'

/** Where a copy goes. */
export interface Destination {
  readonly directory: Fd
  readonly name: NameOrSelf
}

export class EntryCopier {
  readonly consideration: Consideration
  private readonly from: StoredForm
  private readonly to: StoredForm
  private readonly acls: AclCarrier
  private readonly keepers: Readonly<Record<StoredForm, Keeper>>
  private readonly sidecar: SidecarKeeper
  private readonly clothes: Clothes

  /** `staging` is in the new tree. */
  constructor(
    settings: ConversionSettings,
    private readonly staging: Staging,
  ) {
    const { from, to } = formsOf(settings)
    this.from = from
    this.to = to
    this.consideration = new Consideration(settings)
    this.acls = new AclCarrier(from, to, this.consideration.decider.ids, settings.isBack)
    this.sidecar = new SidecarKeeper(staging, settings.bodies)
    this.keepers = { inode: new InodeKeeper(), xattr: new XattrKeeper(), sidecar: this.sidecar }
    this.clothes = new Clothes(settings)
  }

  /** Copies what is no directory. What was decided not to be converted is copied as it is, where it can lie beside others. */
  copy(source: HostDirectory, name: Name, considered: Considered, to: Fd): void {
    const { observation, decision } = considered
    using subject = openSubject(descriptorOf(source), name, observation.host)
    const existing = this.existing(subject, to, name)
    if (existing === 'whole') return
    const made = this.staging.nextName()
    if (decision.kind === 'change') this.make(made, subject, observation, decision, { directory: to, name })
    else if (this.mayStay) this.makeAsItIs(made, subject, observation, { directory: to, name })
    else return
    if (existing === undefined) renameat2(this.staging.directory, made, to, name, RENAME_NOREPLACE)
    else putInPlace(this.staging.directory, made, to, name, existing)
  }

  /** Gives the copy of an object another name. */
  link(first: { readonly directory: Fd; readonly name: Name }, to: Fd, name: Name): void {
    using object = openPath(first.directory, first.name)
    using existing = openPath(to, name)
    if (object === undefined || existing !== undefined) return
    using record = this.sidecar.recordOf(first.directory, first.name)
    if (record !== undefined) {
      this.sidecar.share(record, { directory: to, name, handle: object, file: object, host: statx(object) })
    }
    linkat(object, to, name)
  }

  /** Gives a directory of the new tree, in which everything is, all that its original has. */
  finish(source: HostDirectory, name: NameOrSelf, { observation, decision }: Considered, made: Stored): void {
    using subject = openSubject(descriptorOf(source), name, observation.host)
    if (decision.kind === 'change') this.dress(made, subject, observation, decision.stat)
    else if (this.mayStay) this.dressAsItIs(made, subject, observation)
  }

  /** What the source's model says of an object can lie in the target's tree. */
  private get mayStay(): boolean {
    return this.from !== 'inode'
  }

  /** What is under a name of the new tree: nothing, a whole copy, or what a loss of power has left of one. */
  private existing({ host }: Subject, to: Fd, name: Name): HostStat | 'whole' | undefined {
    const found = statxAt(to, name)
    if (found === undefined) return undefined
    const isCut = typeOf(found.mode) === S_IFREG && typeOf(host.mode) === S_IFREG && found.size < host.size
    return isCut ? found : 'whole'
  }

  private make(made: Name, subject: Subject, observation: Observation, { stat }: Change, to: Destination): void {
    const { directory } = this.staging
    // Whatever is in a file that stands for something else is the guest's: from one mapped model to the other it goes whole.
    const isFile = typeOf(stat.mode) === S_IFREG || (this.to !== 'inode' && typeOf(subject.host.mode) === S_IFREG)
    using handle = isFile ? this.makeContent(made, subject) : this.makeOther(directory, made, stat, subject)
    this.dress({ ...to, handle, file: handle, host: statx(handle) }, subject, observation, stat)
    setTimes(handle, subject.host)
  }

  /** What is a device on this host, without anything stored, is none in the new tree: the source's model has files for it. */
  private makeAsItIs(made: Name, subject: Subject, observation: Observation, to: Destination): void {
    const { uid, gid, mode, rdev } = cover(subject.host, observation.ownership)
    using file =
      typeOf(subject.host.mode) === S_IFREG
        ? this.makeContent(made, subject)
        : makeFile(this.staging.directory, made, { uid, gid, mode, rdev }, subject)
    this.dressAsItIs({ ...to, handle: file, file, host: statx(file) }, subject, observation)
    setTimes(file, subject.host)
  }

  private makeContent(made: Name, { file, host }: Subject): Fd {
    const copy = openat(this.staging.directory, made, O_RDWR | O_CREAT | O_EXCL, PRIVATE)
    try {
      copyContent(file, copy, host.size)
      return copy
    } catch (cause) {
      copy.close()
      throw cause
    }
  }

  private makeOther(directory: Fd, made: Name, stat: TargetStat, subject: Subject): Fd {
    return (this.to === 'inode' ? makeReal : makeFile)(directory, made, stat, subject)
  }

  /** Everything but content and times. */
  private dress(made: Stored, subject: Subject, { attributes }: Observation, stat: TargetStat): void {
    const mayHaveAttributes = isPlainType(made.host.mode) && isPlainType(subject.host.mode)
    if (mayHaveAttributes) copyAttributes(subject.file, made.file, attributes.filter(isOrdinary))
    const acls = typeOf(stat.mode) === S_IFLNK ? [] : this.acls.read(subject.file, attributes)
    this.keepers[this.to].store(made, stat, () => this.acls.put(made.file, acls))
    if (this.to === 'inode') return
    this.clothes.put(made.file, made.host, hasRealAcl(this.to, namesOf(acls)))
  }

  /** Gives a copy what the source's model keeps of the original. */
  private dressAsItIs(made: Stored, subject: Subject, observation: Observation): void {
    const { attributes, ownership, host } = observation
    copyAttributes(
      subject.file,
      made.file,
      attributes.filter((name) => name.startsWith('user.') || ACL_NAMES.has(name)),
    )
    if (!isWhole(ownership) && !this.consideration.decider.isBroken(observation)) {
      // The copy is somebody else's on the host: what shows through the original has to be stored.
      const { uid = host.uid, gid = host.gid, mode = host.mode, rdev = host.rdev } = ownership
      this.keepers[this.from].store(made, { uid, gid, mode, rdev }, () => {})
    } else if (this.from === 'sidecar') this.sidecar.storeAsItIs(made, ownership)
  }
}

/** Nobody else's until it has been given its owner and mode. */
const PRIVATE = 0o600

/** What a guest may have set itself, and what no model keeps anything in. */
const isOrdinary = (name: string): boolean => name.startsWith('user.') && !name.startsWith(OWN_PREFIX)

function copyAttributes(from: Fd, to: Fd, names: readonly string[]): void {
  for (const name of names) {
    const value = getxattr(from, name)
    if (value !== undefined) setxattr(to, name, value)
  }
}
