// Owned descriptors: closed once, by `using` or by their owner, and refused afterwards.

import { ErrnoError } from '../errors.js'
import { call } from './call.js'
import type { DescriptorLedger } from './ledger.js'

let ledger: DescriptorLedger | undefined

/** Lets this thread keep a ledger of its descriptors: at its beginning, before it opens any. */
export function keepLedger(kept: DescriptorLedger): void {
  ledger = kept
}

/** An open descriptor with one owner. */
export class Fd implements Disposable {
  private value: number

  /** Takes ownership of `value`. `isPathOnly` says that it was opened with O_PATH: no I/O, no fgetxattr. */
  constructor(
    value: number,
    readonly isPathOnly = false,
  ) {
    this.value = value
    ledger?.note(value)
  }

  /** The number, for a system call made at once; throws EBADF after `close`, so that a reused number is never hit. */
  get number(): number {
    if (this.value < 0) throw new ErrnoError('EBADF', { op: 'use a closed descriptor' })
    return this.value
  }

  get isOpen(): boolean {
    return this.value >= 0
  }

  /** Gives the descriptor to somebody else, who closes it from now on. */
  release(): number {
    const { number } = this
    this.value = -1
    ledger?.forget(number)
    return number
  }

  /** Closes the descriptor; doing so twice is harmless. Linux releases the number even when close(2) reports an error. */
  close(): void {
    if (this.value < 0) return
    const value = this.value
    this.value = -1
    // First: once it is closed the number may be another thread's.
    ledger?.forget(value)
    call('close', value)
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
