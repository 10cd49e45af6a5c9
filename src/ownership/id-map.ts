// Which id stands for which: ranges of the guest's ids that are ranges of other ids where they are stored.

import { ErrnoError } from '../errors.js'

/** `count` ids from `guest` on are kept as those from `host` on. */
export interface IdRange {
  readonly guest: number
  readonly host: number
  readonly count: number
}

/** Shown for an id that no range has (the kernel's overflowuid). */
export const OVERFLOW_ID = 65_534

/** Ids in both directions. Without any range every id stands for itself. */
export class IdMap {
  constructor(private readonly ranges: readonly IdRange[]) {}

  get isIdentity(): boolean {
    return this.ranges.length === 0
  }

  /** What is stored for a guest's id; EOVERFLOW where no range has it. */
  toHost(id: number): number {
    if (this.isIdentity) return id
    const range = this.ranges.find(({ guest, count }) => id >= guest && id - guest < count)
    if (range === undefined) throw new ErrnoError('EOVERFLOW', { op: 'map an id of the guest', id })
    return id - range.guest + range.host
  }

  /** What a guest is shown for a stored id: OVERFLOW_ID where no range has it. */
  toGuest(id: number): number {
    return this.guestIdOf(id) ?? OVERFLOW_ID
  }

  /** The same for an id that is to be kept, where none may stand for others: EOVERFLOW where no range has it. */
  toGuestStrictly(id: number): number {
    const guest = this.guestIdOf(id)
    if (guest === undefined) throw new ErrnoError('EOVERFLOW', { op: 'map a stored id', id })
    return guest
  }

  private guestIdOf(id: number): number | undefined {
    if (this.isIdentity) return id
    const range = this.ranges.find(({ host, count }) => id >= host && id - host < count)
    return range === undefined ? undefined : id - range.host + range.guest
  }
}
