// Converts an object that has several names: all of them together, so that it stays one object. What is new for it waits in
// a directory of the conversion's own, under the old object's inode number, until the last name has it; a run that goes on
// finds it there. So does the old object, under the new one's number: it has several names as long as one of the tree's is
// left, and a run that puts everything back finds it as what the new one is to be replaced by. What waits under a number
// keeps that number from being another object's.

import { isErrno } from '../errors.js'
import { descriptorOf } from '../host/linux-host.js'
import { type Name, nameFromText } from '../name.js'
import { surroundingsIn } from '../ownership/surroundings.js'
import { RENAME_NOREPLACE } from '../sys/constants.js'
import { linkat, renameat2 } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { openPath } from '../sys/open.js'
import { statx } from '../sys/stat.js'
import type { Change } from './decision.js'
import type { Place } from './directory-table.js'
import type { Considered } from './consideration.js'
import type { EntryConverter } from './entry-converter.js'
import { dropIfThere } from './journal.js'
import { openMade } from './keepers.js'
import { putInPlace, type Staging } from './staging.js'
import { openSubject, type Subject } from './subject.js'
import type { Tally } from './tally.js'
import type { TreePlaces } from './tree-places.js'

/** One name of the object. */
export interface LinkPlace {
  readonly place: Place
  readonly name: Name
}

/** A name that is to be changed, and what was decided when it was looked at. */
interface Member extends LinkPlace {
  readonly considered: Considered
  readonly change: Change
}

export class LinkConverter {
  /** `waiting` is where what is new waits. */
  constructor(
    private readonly places: TreePlaces,
    private readonly converter: EntryConverter,
    private readonly staging: Staging,
    private readonly waiting: Fd,
  ) {}

  /** Converts the object that all these are names of; in the order of the walk. */
  convert(names: readonly LinkPlace[], tally: Tally): void {
    const [first] = names
    tally.attempt(
      () => this.pathOf(first!),
      () => {
        const members = names.flatMap((name) => this.consider(name) ?? [])
        // A run that was interrupted may have come to some of the names.
        const lead = members.find(({ change }) => !change.isStored) ?? members[0]
        if (lead === undefined) return
        if (lead.change.isStored) this.finish(members)
        else if (lead.change.isReplaced) this.replace(members, lead)
        else this.change(members, lead)
        for (const member of members) tally.count(() => this.pathOf(member), member.change)
      },
    )
    tally.done += names.length - 1
  }

  private consider({ place, name }: LinkPlace): Member | undefined {
    const directory = this.places.open(place)
    using surroundings = surroundingsIn(directory)
    const considered = this.converter.consideration.changeAt(directory, name, surroundings)
    return considered && { place, name, considered, change: considered.decision }
  }

  /** What is left of the source's form goes; each name is looked at anew, since the first may have been enough. */
  private finish(members: readonly Member[]): void {
    for (const member of members) {
      const again = this.consider(member)
      if (again === undefined) continue
      this.converter.convert(this.places.open(again.place), again.name, again.considered, again.change)
    }
  }

  /** The object stays. */
  private change(members: readonly Member[], lead: Member): void {
    const { converter } = this
    const { observation } = lead.considered
    const { source, target } = converter.keepsBesideNames
    using subject = this.open(lead)
    const acls = converter.takeAcls(subject, observation)
    if (target) {
      converter.putAcls(subject, observation, acls)
      this.putRecords(members, subject, lead)
    } else {
      converter.store(subject, observation, lead.change, acls)
    }
    const forget = source ? () => this.forgetRecords(members) : undefined
    converter.leaveSource(subject, observation.attributes, acls, forget)
    if (target) dropIfThere(this.waiting, recordOf(lead))
  }

  /** A new object comes to all names. */
  private replace(members: readonly Member[], lead: Member): void {
    const { converter } = this
    const { source, target } = converter.keepsBesideNames
    const waiting = objectOf(lead)
    using subject = this.open(lead)
    // What waits may be the object of before a conversion that is put back: its records are gone.
    if (target) this.putRecords(members, subject, lead)
    this.makeOnce(waiting, () => converter.make(subject, lead.considered.observation, lead.change, () => {}))
    using object = openMade(this.waiting, waiting)
    const replaced = nameFromText(`${statx(object).ino}`)
    this.linkOnce(subject.handle, replaced)
    for (const { place, name, considered } of members) {
      const made = this.staging.nextName()
      linkat(object, this.staging.directory, made)
      putInPlace(this.staging.directory, made, descriptorOf(this.places.open(place)), name, considered.observation.host)
    }
    if (source) this.forgetRecords(members)
    dropIfThere(this.waiting, waiting)
    dropIfThere(this.waiting, replaced)
    if (target) dropIfThere(this.waiting, recordOf(lead))
  }

  /** One record, which all names share: on the way back the one that some of them still have. */
  private putRecords(members: readonly Member[], subject: Subject, lead: Member): void {
    const { sidecar, isBack } = this.converter
    const waiting = recordOf(lead)
    const isKept = ({ considered }: Member): boolean => isBack && considered.observation.isStored
    const kept = members.find(isKept)
    using existing = kept && sidecar.recordOf(descriptorOf(this.places.open(kept.place)), kept.name)
    if (existing === undefined) this.makeOnce(waiting, () => sidecar.makeRecord(subject, lead.change.stat))
    using made = existing === undefined ? openMade(this.waiting, waiting) : undefined
    for (const member of members) {
      if (existing !== undefined && isKept(member)) continue
      const directory = descriptorOf(this.places.open(member.place))
      sidecar.share((existing ?? made)!, { ...subject, directory, name: member.name })
    }
  }

  /** Has something waiting, which an interrupted run may have made. `make` makes it in the staging directory. */
  private makeOnce(waiting: Name, make: () => Name): void {
    using existing = openPath(this.waiting, waiting)
    if (existing !== undefined) return
    renameat2(this.staging.directory, make(), this.waiting, waiting, RENAME_NOREPLACE)
  }

  /** Has an object waiting that an interrupted run may have there already. */
  private linkOnce(object: Fd, waiting: Name): void {
    try {
      linkat(object, this.waiting, waiting)
    } catch (cause) {
      if (!isErrno(cause, 'EEXIST')) throw cause
    }
  }

  /** The first name's record is the one that counts: it goes last. */
  private forgetRecords(members: readonly Member[]): void {
    for (const { place, name } of members.toReversed()) {
      this.converter.sidecar.forget({ directory: descriptorOf(this.places.open(place)), name })
    }
  }

  private open({ place, name, considered }: Member): Subject {
    return openSubject(descriptorOf(this.places.open(place)), name, considered.observation.host)
  }

  private pathOf({ place, name }: LinkPlace): string {
    return this.places.pathOf(place, name)
  }
}

const objectOf = ({ considered }: Member): Name => nameFromText(`${considered.observation.host.ino}`)
const recordOf = ({ considered }: Member): Name => nameFromText(`${considered.observation.host.ino}.record`)
