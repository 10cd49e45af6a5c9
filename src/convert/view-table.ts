// How a guest saw a tree before a conversion, in memory that threads share: each finds the entries that it comes to, and
// notes that they are there. About 50 bytes an entry.

import type { ViewFile } from './view-file.js'
import { RECORD_WORDS, Word } from './view-record.js'

/** What threads are given. */
export interface SharedView {
  readonly records: SharedArrayBuffer
  readonly slots: SharedArrayBuffer
  readonly seen: SharedArrayBuffer
}

const SLOTS_LEAST = 16
/** No row: rows are kept with one added, for memory begins as zeros. */
const EMPTY = 0

/** Open addressing with linear probing, at most half full; there are 2^n slots. */
export class ViewTable {
  private readonly records: Uint32Array
  private readonly slots: Uint32Array
  /** A byte a row: each is written by the one thread that comes to the entry. */
  private readonly seen: Uint8Array

  constructor(readonly shared: SharedView) {
    this.records = new Uint32Array(shared.records)
    this.slots = new Uint32Array(shared.slots)
    this.seen = new Uint8Array(shared.seen)
  }

  static of(file: ViewFile): ViewTable {
    const { entries } = file
    let slots = SLOTS_LEAST
    while (slots < 2 * entries) slots *= 2
    const words = Uint32Array.BYTES_PER_ELEMENT
    const table = new ViewTable({
      records: new SharedArrayBuffer(entries * RECORD_WORDS * words),
      slots: new SharedArrayBuffer(slots * words),
      seen: new SharedArrayBuffer(entries),
    })
    table.fill(file)
    return table
  }

  /** The row of the entry whose path has this fingerprint; undefined where there was none. */
  find(low: number, high: number): number | undefined {
    const kept = this.slots[this.slotOf(low, high)]!
    return kept === EMPTY ? undefined : kept - 1
  }

  recordAt(row: number): Uint32Array {
    return this.records.subarray(row * RECORD_WORDS, (row + 1) * RECORD_WORDS)
  }

  markSeen(row: number): void {
    this.seen[row] = 1
  }

  /** True once every entry has been seen. */
  get isAllSeen(): boolean {
    return !this.seen.includes(0)
  }

  isSeen(row: number): boolean {
    return this.seen[row] === 1
  }

  private fill(file: ViewFile): void {
    let row = 0
    for (const records of file.records()) {
      this.records.set(records, row * RECORD_WORDS)
      const end = row + records.length / RECORD_WORDS
      for (; row < end; row += 1) {
        const record = this.recordAt(row)
        this.slots[this.slotOf(record[Word.pathLow]!, record[Word.pathHigh]!)] = row + 1
      }
    }
  }

  /** The slot that has the path, or the empty one where it belongs. */
  private slotOf(low: number, high: number): number {
    const last = this.slots.length - 1
    for (let slot = low & last; ; slot = (slot + 1) & last) {
      const kept = this.slots[slot]!
      if (kept === EMPTY) return slot
      const at = (kept - 1) * RECORD_WORDS
      if (this.records[at + Word.pathLow] === low && this.records[at + Word.pathHigh] === high) return slot
    }
  }
}
