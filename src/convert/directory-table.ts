// The directories of a tree, as the walk has met them: each after the one above it. A tree may have a million, so they are
// columns of numbers.

import type { Name } from '../name.js'
import type { Identity } from '../walk/task.js'
import type { HostStatTimes } from './bodies.js'
import type { MetDirectory } from './scan-part.js'

/** Place 0 is the root. */
export type Place = number
export const ROOT: Place = 0

/** From the place before to the next: so many levels are on the way to both, and then names follow. */
export interface Route {
  readonly shared: number
  readonly names: readonly Name[]
}

export class DirectoryTable {
  /** How many of them, without the root, are to be changed themselves. */
  changes = 0
  private readonly parents: number[] = [ROOT]
  private readonly levels: number[] = [0]
  private readonly names: string[] = ['']
  private readonly changed: boolean[] = [false]
  private readonly devices: number[] = []
  private readonly inodes: bigint[] = []
  private readonly times: number[] = []
  private readonly places = new Map<number, Map<bigint, Place>>()

  constructor(root: Identity & HostStatTimes) {
    this.put(root)
  }

  get size(): number {
    return this.inodes.length
  }

  /** How many levels there are below the root. */
  get depth(): number {
    return this.levels.reduce((most, level) => Math.max(most, level), 0)
  }

  add(met: MetDirectory): void {
    if (this.placeOf(met) !== undefined) return
    const parent = this.placeOf(met.parent) ?? ROOT
    this.parents.push(parent)
    this.levels.push(this.levels[parent]! + 1)
    this.names.push(met.name)
    this.changed.push(met.isChanged)
    if (met.isChanged) this.changes += 1
    this.put(met)
  }

  /** Where a directory is; undefined for one that was not met. */
  placeOf({ dev, ino }: Identity): Place | undefined {
    return this.places.get(dev)?.get(ino)
  }

  identityOf(place: Place): Identity {
    return { dev: this.devices[place]!, ino: this.inodes[place]! }
  }

  nameOf(place: Place): Name {
    return this.names[place] as Name
  }

  parentOf(place: Place): Place {
    return this.parents[place]!
  }

  isChanged(place: Place): boolean {
    return this.changed[place]!
  }

  timesOf(place: Place): HostStatTimes {
    const [atimeSec, atimeNsec, mtimeSec, mtimeNsec] = this.times.slice(place * 4, place * 4 + 4)
    return { atimeSec: atimeSec!, atimeNsec: atimeNsec!, mtimeSec: mtimeSec!, mtimeNsec: mtimeNsec! }
  }

  /** Replaces the times that were met by those from before an interrupted run. */
  setTimes(place: Place, { atimeSec, atimeNsec, mtimeSec, mtimeNsec }: HostStatTimes): void {
    this.times.splice(place * 4, 4, atimeSec, atimeNsec, mtimeSec, mtimeNsec)
  }

  /** The way to a place for one who is at another. */
  route(to: Place, from: Place): Route {
    const names: Name[] = []
    let [here, there] = [to, from]
    while (here !== there) {
      if (this.levels[there]! > this.levels[here]!) {
        there = this.parents[there]!
        continue
      }
      names.push(this.nameOf(here))
      here = this.parents[here]!
    }
    return { shared: this.levels[here]!, names: names.reverse() }
  }

  /** The path of a place below the root; '' for the root. */
  pathOf(place: Place): string {
    return this.route(place, ROOT).names.join('/')
  }

  private put({ dev, ino, atimeSec, atimeNsec, mtimeSec, mtimeNsec }: Identity & HostStatTimes): void {
    let places = this.places.get(dev)
    if (places === undefined) this.places.set(dev, (places = new Map<bigint, Place>()))
    places.set(ino, this.inodes.length)
    this.devices.push(dev)
    this.inodes.push(ino)
    this.times.push(atimeSec, atimeNsec, mtimeSec, mtimeNsec)
  }
}
