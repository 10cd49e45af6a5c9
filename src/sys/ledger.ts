// Which descriptors a thread has open, in memory that outlives it. Threads share descriptors, and one that crashes leaves
// its own open: whoever notices its end closes them by this list.

import { call } from './call.js'

/** Descriptors beyond this number are not kept: no process of ours has as many. */
const DESCRIPTORS_MAX = 1 << 20

export class DescriptorLedger {
  private readonly bits: Uint8Array

  /** `shared` is another thread's view of the same ledger. Untouched pages of it take no memory. */
  constructor(readonly shared = new SharedArrayBuffer(DESCRIPTORS_MAX / 8)) {
    this.bits = new Uint8Array(shared)
  }

  /** Two threads may note at once: so a descriptor is handed over, by noting it for the other. */
  note(descriptor: number): void {
    if (descriptor < DESCRIPTORS_MAX) Atomics.or(this.bits, descriptor >>> 3, 1 << (descriptor & 7))
  }

  forget(descriptor: number): void {
    if (descriptor < DESCRIPTORS_MAX) Atomics.and(this.bits, descriptor >>> 3, ~(1 << (descriptor & 7)))
  }

  /** Closes everything that is in it; returns how many. Only once the thread that kept it has ended. */
  closeAll(): number {
    let closed = 0
    this.bits.forEach((byte, index) => {
      if (byte === 0) return
      for (let bit = 0; bit < 8; bit += 1) {
        if ((byte & (1 << bit)) === 0) continue
        call('close', index * 8 + bit)
        closed += 1
      }
    })
    this.bits.fill(0)
    return closed
  }
}
