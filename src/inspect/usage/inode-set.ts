// Which inodes have been met. A tree may have many millions of hard links (backups do), and a Set of bigints takes six
// times as much and ends at 2^24: so it is a table of numbers for each device, eight bytes a slot.

import type { Inode } from './links.js'

const SLOTS_AT_FIRST = 1024
/** 2^32 divided by the golden ratio: neighbours among the inode numbers come far apart (Knuth, volume 3, 6.4). */
const SCATTER = 0x9e37_79b1

export class InodeSet {
  private readonly tables = new Map<number, InodeTable>()

  /** Notes an inode; false where it was known already. */
  add({ dev, high, low }: Inode): boolean {
    let table = this.tables.get(dev)
    if (table === undefined) this.tables.set(dev, (table = new InodeTable()))
    return table.add(high, low)
  }
}

/** Open addressing with linear probing, at most half full; there are 2^n slots. Numbers are in halves; a slot of zeros is empty. */
class InodeTable {
  private highs = new Uint32Array(SLOTS_AT_FIRST)
  private lows = new Uint32Array(SLOTS_AT_FIRST)
  private count = 0
  private hasZero = false

  add(high: number, low: number): boolean {
    if (high === 0 && low === 0) {
      const isNew = !this.hasZero
      this.hasZero = true
      return isNew
    }
    if (!this.put(high, low)) return false
    this.count += 1
    if (this.count * 2 > this.lows.length) this.grow()
    return true
  }

  /** False where it is there. */
  private put(high: number, low: number): boolean {
    const { highs, lows } = this
    const last = lows.length - 1
    let slot = Math.imul(high ^ low, SCATTER) >>> Math.clz32(last)
    while (highs[slot] !== 0 || lows[slot] !== 0) {
      if (highs[slot] === high && lows[slot] === low) return false
      slot = (slot + 1) & last
    }
    highs[slot] = high
    lows[slot] = low
    return true
  }

  private grow(): void {
    const { highs, lows } = this
    this.highs = new Uint32Array(highs.length * 2)
    this.lows = new Uint32Array(lows.length * 2)
    lows.forEach((low, slot) => {
      const high = highs[slot]!
      if (high !== 0 || low !== 0) this.put(high, low)
    })
  }
}
