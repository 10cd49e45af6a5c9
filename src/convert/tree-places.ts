// Opens directories of a tree by their place in the table, as the calling thread goes from one to the next.

import type { HostDirectory } from '../host/host-directory.js'
import type { Name } from '../name.js'
import { Trail } from '../walk/trail.js'
import { type DirectoryTable, type Place, ROOT } from './directory-table.js'

const OPEN_DIRECTORIES = 64

export class TreePlaces implements Disposable {
  private readonly trail: Trail
  private here: Place = ROOT

  /** The root stays the caller's. */
  constructor(
    root: HostDirectory,
    private readonly table: DirectoryTable,
  ) {
    this.trail = new Trail(root, OPEN_DIRECTORIES, () => {})
  }

  /** The directory at a place, good until the next call; ESTALE where another one is there by now. */
  open(place: Place): HostDirectory {
    const { shared, names } = this.table.route(place, this.here)
    this.here = place
    this.trail.moveTo(shared, names, place === ROOT ? undefined : this.table.identityOf(place))
    return this.trail.at(this.trail.level)!
  }

  pathOf(place: Place, name: Name): string {
    const path = this.table.pathOf(place)
    return path === '' ? name : `${path}/${name}`
  }

  [Symbol.dispose](): void {
    this.trail[Symbol.dispose]()
  }
}
