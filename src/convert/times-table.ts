// Times of many objects, in columns of numbers: a tree may have a million symlinks.

import type { ObjectTimes } from './journal.js'

const COLUMNS = 5
const ROWS_LEAST = 64

export class TimesTable implements Iterable<ObjectTimes> {
  private cells = new BigInt64Array(COLUMNS * ROWS_LEAST)
  private length = 0

  add({ ino, atimeSec, atimeNsec, mtimeSec, mtimeNsec }: ObjectTimes): void {
    if (this.length === this.cells.length) {
      const larger = new BigInt64Array(2 * this.cells.length)
      larger.set(this.cells)
      this.cells = larger
    }
    // Inode numbers are unsigned: they come out as they went in.
    const row = [ino, BigInt(atimeSec), BigInt(atimeNsec), BigInt(mtimeSec), BigInt(mtimeNsec)]
    this.cells.set(row, this.length)
    this.length += COLUMNS
  }

  *[Symbol.iterator](): Generator<ObjectTimes> {
    for (let at = 0; at < this.length; at += COLUMNS) {
      const [ino, ...times] = this.cells.subarray(at, at + COLUMNS)
      const [atimeSec, atimeNsec, mtimeSec, mtimeNsec] = times.map(Number)
      yield {
        ino: BigInt.asUintN(64, ino!),
        ...{ atimeSec: atimeSec!, atimeNsec: atimeNsec!, mtimeSec: mtimeSec!, mtimeNsec: mtimeNsec! },
      }
    }
  }
}
