// Converts one object where it is. What is to become of it is decided anew, from what it is now.

import type { HostDirectory, NameOrSelf } from '../host/host-directory.js'
import { SELF } from '../host/host-directory.js'
import { descriptorOf } from '../host/linux-host.js'
import type { Name } from '../name.js'
import type { StoredForm } from '../ownership/store.js'
import { S_IFLNK } from '../sys/constants.js'
import { statx } from '../sys/stat.js'
import { hasRealAcl } from './acl-names.js'
import { AclCarrier, type CarriedAcl, namesOf } from './acls.js'
import { type HostStatTimes, makeFile, makeReal, setTimes } from './bodies.js'
import { Clothes } from './clothes.js'
import { type Considered, Consideration } from './consideration.js'
import type { Change } from './decision.js'
import { InodeKeeper, type Keeper, SidecarKeeper, XattrKeeper } from './keepers.js'
import { typeOf } from './mode.js'
import type { Observation } from './observation.js'
import { type ConversionSettings, formsOf } from './settings.js'
import { putInPlace, type Staging } from './staging.js'
import { openSubject, type Subject } from './subject.js'

export class EntryConverter {
  readonly consideration: Consideration
  readonly sidecar: SidecarKeeper
  private readonly acls: AclCarrier
  private readonly source: Keeper
  private readonly target: Keeper
  private readonly to: StoredForm
  /** Files that stay are given the looks of a mapped model's. */
  private readonly isClothed: boolean
  private readonly clothes: Clothes
  /** A symlink is not read by one who has not come to its place: files that have got its number are none. */
  private readonly symlinkTimes: ReadonlyMap<bigint, HostStatTimes>

  /** A conversion that was interrupted is put back. */
  readonly isBack: boolean

  constructor(
    settings: ConversionSettings,
    private readonly staging: Staging,
  ) {
    const { from, to } = formsOf(settings)
    this.to = to
    this.isBack = settings.isBack
    this.consideration = new Consideration(settings)
    this.acls = new AclCarrier(from, to, this.consideration.decider.ids, settings.isBack)
    this.sidecar = new SidecarKeeper(staging, settings.bodies)
    const keepers = { inode: new InodeKeeper(), xattr: new XattrKeeper(), sidecar: this.sidecar }
    this.source = keepers[from]
    this.target = keepers[to]
    this.clothes = new Clothes(settings)
    this.symlinkTimes = new Map(settings.symlinks.map((times) => [times.ino, times]))
    this.isClothed = to !== 'inode'
  }

  /** Does what was decided. */
  convert(directory: HostDirectory, name: NameOrSelf, { observation }: Considered, change: Change): void {
    using subject = openSubject(descriptorOf(directory), name, observation.host)
    if (change.isStored) this.finish(subject, observation)
    else if (change.isReplaced && name !== SELF) this.replace(subject, name, observation, change)
    else this.change(subject, observation, change)
  }

  /** Stores the missing part of what the source stores in part, as the host's inode has it. */
  complete(directory: HostDirectory, name: NameOrSelf, { observation }: Considered): void {
    using subject = openSubject(descriptorOf(directory), name, observation.host)
    const { ownership, host } = observation
    const { uid = host.uid, gid = host.gid, mode = host.mode, rdev = host.rdev } = ownership
    const stat = { uid, gid, mode, rdev }
    if (this.keepsBesideNames.source) this.sidecar.complete(subject, stat)
    else this.source.store(subject, stat, () => {})
  }

  /** Whether source and target keep ownership beside each name of an object. */
  get keepsBesideNames(): { readonly source: boolean; readonly target: boolean } {
    return { source: this.source === this.sidecar, target: this.target === this.sidecar }
  }

  /** What is stored stays on the same object. */
  private change(subject: Subject, observation: Observation, change: Change): void {
    const acls = this.takeAcls(subject, observation)
    this.store(subject, observation, change, acls)
    this.leaveSource(subject, observation.attributes, acls)
  }

  /** All is stored in the target's form: what an interrupted run has left undone follows. */
  private finish(subject: Subject, observation: Observation): void {
    // What is not left has been put there, and the mode after it.
    const acls = this.acls.takeLeft(subject.file, observation.attributes)
    this.acls.put(subject.file, acls)
    this.leaveSource(subject, observation.attributes, acls)
  }

  /** Reads the ACLs as the target is to have them; see `AclCarrier.take`. */
  takeAcls({ file }: Subject, { attributes }: Observation): CarriedAcl[] {
    return this.acls.take(file, attributes)
  }

  /** Stores all of an object in the target's form. */
  store(subject: Subject, observation: Observation, { stat }: Change, acls: readonly CarriedAcl[]): void {
    this.target.store(subject, stat, () => this.putAcls(subject, observation, acls))
  }

  /** Has the object these ACLs for the target's guest, and no others. */
  putAcls({ file }: Subject, { attributes }: Observation, acls: readonly CarriedAcl[]): void {
    this.acls.dropStrays(file, attributes, acls)
    this.acls.put(file, acls)
  }

  /** Takes the source's form off an object. What says that the source counts goes last. */
  leaveSource(subject: Subject, attributes: readonly string[], acls: readonly CarriedAcl[], forget?: () => void): void {
    const { file, host } = subject
    const mode = this.acls.modeWithout(file, host, attributes)
    this.acls.forgetSource(file, attributes)
    if (this.isClothed) {
      const { ino, uid, gid } = host
      const isReal = hasRealAcl(this.to, attributes) || hasRealAcl(this.to, namesOf(acls))
      this.clothes.put(file, { ino, uid, gid, mode }, isReal)
    }
    if (forget === undefined) this.source.forget(subject, attributes)
    else forget()
    this.acls.forgetAside(subject.file, attributes, acls)
  }

  /** A new object takes the place of the old one, whose attributes go with it. */
  private replace(subject: Subject, name: Name, observation: Observation, change: Change): void {
    const made = this.make(subject, observation, change, () => this.target.store(subject, change.stat, () => {}))
    putInPlace(this.staging.directory, made, subject.directory, name, observation.host)
    if (this.keepsBesideNames.source) this.sidecar.forget(subject)
  }

  /**
   * Makes the object that is to take the place of a subject, in the staging directory, with all that is stored of it on
   * itself; what is stored beside its place `putRecord` stores.
   */
  make(subject: Subject, { attributes }: Observation, { stat }: Change, putRecord: () => void): Name {
    const { directory } = this.staging
    const name = this.staging.nextName()
    using handle =
      this.to === 'inode' ? makeReal(directory, name, stat, subject) : makeFile(directory, name, stat, subject)
    const host = statx(handle)
    const acls = typeOf(stat.mode) === S_IFLNK ? [] : this.acls.read(subject.file, attributes)
    const putAcls = (): void => this.acls.put(handle, acls)
    if (this.keepsBesideNames.target) {
      putAcls()
      putRecord()
    } else this.target.store({ directory, name, handle, file: handle, host }, stat, putAcls)
    if (this.isClothed) this.clothes.put(handle, host, hasRealAcl(this.to, namesOf(acls)))
    setTimes(handle, this.symlinkTimes.get(subject.host.ino) ?? subject.host)
    return name
  }
}
