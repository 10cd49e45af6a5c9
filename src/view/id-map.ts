// Which id stands for which: ranges of the guest's ids that are ranges of other ids where they are stored.

import { ErrnoError, UsageError } from '../errors.js'
import { NO_ID } from '../ids.js'

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
    if (this.isIdentity) return id
    const range = this.ranges.find(({ host, count }) => id >= host && id - host < count)
    return range === undefined ? OVERFLOW_ID : id - range.host + range.guest
  }
}

/** Reads `GUEST:HOST:COUNT`s as the user writes them after `flag`; refuses what is malformed or says two things of an id. */
export function parseIdRanges(flag: string, texts: readonly string[]): IdRange[] {
  const ranges = texts.map((text) => parseRange(flag, text))
  for (const side of ['guest', 'host'] as const) {
    const sorted = ranges.map((range, index) => ({ range, text: texts[index]! }))
    sorted.sort((a, b) => a.range[side] - b.range[side])
    sorted.forEach(({ range, text }, index) => {
      const next = sorted[index + 1]
      if (next === undefined || range[side] + range.count <= next.range[side]) return
      throw new UsageError(
        `Cannot use ${flag} ${text} with ${flag} ${next.text}: both have ${side} id ${next.range[side]}`,
      )
    })
  }
  return ranges
}

function parseRange(flag: string, text: string): IdRange {
  const [, guest = Number.NaN, host = Number.NaN, count = Number.NaN] = (
    /^(\d{1,10}):(\d{1,10}):(\d{1,10})$/.exec(text) ?? []
  ).map(Number)
  if (!(count > 0)) {
    throw new UsageError(`Cannot use ${flag} ${text}: not GUEST:HOST:COUNT (write ${flag} 0:100000:65536)`)
  }
  if (guest + count > NO_ID || host + count > NO_ID) {
    throw new UsageError(`Cannot use ${flag} ${text}: ids go up to ${NO_ID - 1}`)
  }
  return { guest, host, count }
}

/** Reads a single id that the user wrote after `flag`. */
export function parseId(flag: string, text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (id < NO_ID) return id
  throw new UsageError(`Cannot use ${flag} ${text}: not an id from 0 to ${NO_ID - 1}`)
}
