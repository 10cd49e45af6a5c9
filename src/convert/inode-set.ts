// Inodes of one file system by number, in memory that threads share. It is filled once.

const SLOTS_LEAST = 16
/** 2^64 divided by the golden ratio: neighbours among the numbers come far apart (Knuth, volume 3, 6.4). */
const SCATTER = 0x9e37_79b9_7f4a_7c15n

/** Open addressing with linear probing, at most half full; there are 2^n slots. No inode has the number 0. */
export class InodeSet {
  private readonly slots: BigUint64Array

  /** Another thread's set, or an empty one. */
  constructor(readonly shared: SharedArrayBuffer | undefined) {
    this.slots = new BigUint64Array(shared ?? new SharedArrayBuffer(0))
  }

  static of(inodes: readonly bigint[]): InodeSet {
    let slots = SLOTS_LEAST
    while (slots < 2 * inodes.length) slots *= 2
    const set = new InodeSet(new SharedArrayBuffer(slots * BigUint64Array.BYTES_PER_ELEMENT))
    for (const ino of inodes) set.slots[set.slotOf(ino)] = ino
    return set
  }

  has(ino: bigint): boolean {
    return this.slots.length > 0 && this.slots[this.slotOf(ino)] === ino
  }

  /** The slot that has the inode, or the empty one where it belongs. */
  private slotOf(ino: bigint): number {
    const last = this.slots.length - 1
    let slot = Number(BigInt.asUintN(64, ino * SCATTER) >> 40n) & last
    while (this.slots[slot] !== 0n && this.slots[slot] !== ino) slot = (slot + 1) & last
    return slot
  }
}
