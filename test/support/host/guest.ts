// Acting on a tree as a view does: making objects with their ownership, and looking at them, with one model's parts.

import { NO_ID, type DeviceNumber, guestGid, guestUid } from '../../../src/ids.js'
import { type SecurityModel } from '../../../src/ownership/security-models.js'
import { openModel } from '../../../src/ownership/models.js'
import { cover, type GuestStat, type Ownership } from '../../../src/ownership/ownership.js'
import type { Model, Place } from '../../../src/ownership/store.js'
import { AT_REMOVEDIR, O_RDWR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../../src/sys/constants.js'
import { linkat, unlinkat } from '../../../src/sys/directory.js'
import { statx } from '../../../src/sys/stat.js'
import { bestEffort } from '../../../src/errors.js'
import { type HeldObject, HostTree } from './tree.js'

/** What a guest asks for when it makes an object. */
export interface Wanted {
  /** The whole st_mode. */
  readonly mode: number
  readonly uid?: number
  readonly gid?: number
  readonly rdev?: DeviceNumber
  /** A symlink's target. */
  readonly target?: string
}

const NO_DEVICE: DeviceNumber = { major: 0, minor: 0 }

const ownershipOf = ({ uid = NO_ID, gid = NO_ID, mode, rdev }: Wanted): Ownership => ({
  uid: guestUid(uid),
  gid: guestGid(gid),
  mode,
  ...(rdev && { rdev }),
})

/** A tree that is exported under one model. */
export class Guest implements Disposable {
  readonly tree = new HostTree()
  readonly model: Model

  constructor(name: SecurityModel) {
    this.model = openModel(name)
  }

  /** Makes an object and stores its ownership; takes it away again when that fails. */
  make(path: string, wanted: Wanted): void {
    this.#at(path, (place) => {
      this.#embody(place, wanted)
      try {
        using object = this.tree.object(path)
        this.model.store.adopt(object, ownershipOf(wanted))
      } catch (cause) {
        const flags = (wanted.mode & S_IFMT) === S_IFDIR ? AT_REMOVEDIR : 0
        bestEffort(() => unlinkat(place.dir, place.name, flags))
        throw cause
      }
    })
  }

  #embody({ dir, name }: Place, { mode, rdev = NO_DEVICE, target = '' }: Wanted): void {
    const { embodiment } = this.model
    const type = mode & S_IFMT
    if (type === S_IFREG) embodiment.createFile(dir, name, O_RDWR, mode).close()
    else if (type === S_IFDIR) embodiment.createDirectory(dir, name, mode)
    else if (type === S_IFLNK) embodiment.createSymlink(dir, name, target)
    else embodiment.createNode(dir, name, mode, rdev)
  }

  stat(path: string): GuestStat {
    using object = this.tree.object(path)
    return this.statOf(object)
  }

  statOf(object: HeldObject): GuestStat {
    return cover(statx(object.handle()), this.model.store.load(object))
  }

  /** What the guest sees of owner and mode, as `uid:gid mode`. */
  show(path: string): string {
    using object = this.tree.object(path)
    return this.showOf(object)
  }

  showOf(object: HeldObject): string {
    const { uid, gid, mode } = this.statOf(object)
    return `${uid}:${gid} 0${mode.toString(8)}`
  }

  readlink(path: string): string {
    using object = this.tree.object(path)
    return this.model.embodiment.readSymlink(object)
  }

  save(path: string, change: Ownership): void {
    using object = this.tree.object(path)
    this.model.store.save(object, change)
  }

  link(path: string, to: string): void {
    using object = this.tree.object(path)
    this.linkObject(object, to)
  }

  /** As a view does: the object first, and away with the new name when the store cannot follow. */
  linkObject(object: HeldObject, to: string): void {
    this.#at(to, (place) => {
      linkat(object.handle(), place.dir, place.name)
      try {
        this.model.store.linked(object, place)
      } catch (cause) {
        bestEffort(() => unlinkat(place.dir, place.name))
        throw cause
      }
    })
  }

  rename(from: string, to: string, flags = 0): void {
    this.#at(from, (source) => this.#at(to, (target) => this.model.store.rename(source, target, flags)))
  }

  unlink(path: string): void {
    this.#at(path, (place) => this.model.store.unlink(place, false))
  }

  rmdir(path: string): void {
    this.#at(path, (place) => this.model.store.unlink(place, true))
  }

  #at(path: string, action: (place: Place) => void): void {
    const place = this.tree.place(path)
    try {
      action(place)
    } finally {
      place.dir.close()
    }
  }

  [Symbol.dispose](): void {
    this.tree[Symbol.dispose]()
  }
}
