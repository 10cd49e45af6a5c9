// Puts together what the stretches of a walk came to.

import { InodeSet } from './inode-set.js'
import { linksIn } from './links.js'
import { type Sums, Tally } from './tally.js'
import type { UsagePart } from './usage-counter.js'

/** What entries with one key come to. */
export interface UsageRow extends Sums {
  /** A uid or gid, a type, or the name of a directory (bytes). */
  readonly key: number | string
  /** What an owner is called, in bytes; undefined where it has no name. */
  readonly name: string | undefined
}

export interface Usage {
  /** In the order in which they were met. */
  readonly rows: readonly UsageRow[]
  /** What the security model keeps beside the guest's entries; the guest does not see it. */
  readonly sideFiles: Sums
  /** All of it: what the tree takes on the host. */
  readonly total: Sums
}

const NOTHING: Sums = { entries: 0, apparentBytes: 0, diskBytes: 0 }

export class UsageSum {
  private readonly tally = new Tally()
  private readonly linked = new InodeSet()

  /** Adds the next part, in the order of the walk: an inode with several names counts for the first that comes. */
  add({ sums, links }: UsagePart): void {
    for (const [key, each] of sums) this.tally.add(key, each)
    for (const link of linksIn(links)) if (this.linked.add(link)) this.tally.add(link.key, link.sums)
  }

  /** All that was added; `names` are what the keys are called. */
  usage(names: ReadonlyMap<number | string, string>): Usage {
    const total = new Tally()
    const rows: UsageRow[] = []
    for (const [key, sums] of this.tally.sums) {
      total.add(null, sums)
      if (key !== null) rows.push({ key, name: names.get(key), ...sums })
    }
    return { rows, sideFiles: this.tally.sums.get(null) ?? NOTHING, total: total.sums.get(null) ?? NOTHING }
  }
}
