// What is counted of entries, and how sums are kept: by key, in whatever order the keys were met.

import type { HostStat } from '../../sys/stat.js'

/** Sizes in bytes. */
export interface Sums {
  readonly entries: number
  /** What the entries say that they hold: st_size. */
  readonly apparentBytes: number
  /** What they take on the host's disk: st_blocks, so a hole takes nothing. */
  readonly diskBytes: number
}

/** st_blocks counts in these, whatever the file system's blocks are (stat(2)). */
const BLOCK_BYTES = 512

export const sumsOf = ({ size, blocks }: HostStat): Sums => ({
  entries: 1,
  apparentBytes: size,
  diskBytes: blocks * BLOCK_BYTES,
})

/** Whose entries they are: an owner's id, a word or a name; null for what the security model keeps for itself. */
export type Key = number | string | null

/** Sums by key. */
export class Tally {
  private readonly byKey = new Map<Key, { -readonly [member in keyof Sums]: Sums[member] }>()

  get sums(): ReadonlyMap<Key, Sums> {
    return this.byKey
  }

  add(key: Key, { entries, apparentBytes, diskBytes }: Sums): void {
    const sums = this.byKey.get(key)
    if (sums === undefined) {
      this.byKey.set(key, { entries, apparentBytes, diskBytes })
      return
    }
    sums.entries += entries
    sums.apparentBytes += apparentBytes
    sums.diskBytes += diskBytes
  }
}
