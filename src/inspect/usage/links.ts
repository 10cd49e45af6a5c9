// Entries that have other names, too. A tree may have millions of them, so they go from thread to thread as numbers, and
// not as objects.

import type { HostStat } from '../../sys/stat.js'
import { type Key, type Sums, sumsOf } from './tally.js'

/** Which inode it is: HostStat's numbers, the upper and the lower half of `ino`. */
export interface Inode {
  readonly dev: number
  readonly high: number
  readonly low: number
}

/** One of several names of an inode. */
export interface Link extends Inode {
  readonly key: Key
  readonly sums: Sums
}

/** Plain data: for each link a row of numbers, of which the first is the place of its key in `keys`. */
export interface PackedLinks {
  readonly keys: readonly Key[]
  readonly numbers: Float64Array<ArrayBuffer>
}

/** Numbers a link: key, device, both halves of the inode number, apparent size, size on the disk. */
const ROW = 6

/** Collects links in their order. */
export class LinkList {
  private readonly places = new Map<Key, number>()
  private readonly numbers: number[] = []

  get bytes(): number {
    return this.numbers.length * Float64Array.BYTES_PER_ELEMENT
  }

  add(key: Key, host: HostStat): void {
    let place = this.places.get(key)
    if (place === undefined) this.places.set(key, (place = this.places.size))
    const { apparentBytes, diskBytes } = sumsOf(host)
    const [high, low] = [Number(host.ino >> 32n), Number(BigInt.asUintN(32, host.ino))]
    this.numbers.push(place, host.dev, high, low, apparentBytes, diskBytes)
  }

  pack(): PackedLinks {
    return { keys: [...this.places.keys()], numbers: Float64Array.from(this.numbers) }
  }
}

export function* linksIn({ keys, numbers }: PackedLinks): Generator<Link> {
  for (let at = 0; at < numbers.length; at += ROW) {
    const number = (column: number): number => numbers[at + column]!
    yield {
      key: keys[number(0)] ?? null,
      dev: number(1),
      high: number(2),
      low: number(3),
      sums: { entries: 1, apparentBytes: number(4), diskBytes: number(5) },
    }
  }
}
