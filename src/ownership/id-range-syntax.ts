// Ranges of ids as users write them: our own way, and those of fuidshift and virtiofsd.

import { UsageError } from '../errors.js'
import { NO_ID } from '../ids.js'
import type { IdRange } from './id-map.js'

/** What is said of user ids, and of group ids. */
export interface UsersAndGroups<T> {
  readonly uids: T
  readonly gids: T
}

type Kind = keyof UsersAndGroups<unknown>

/** How each kind is asked for: by a flag, and by fuidshift's letter. */
const KINDS: Readonly<Record<Kind, { readonly flag: string; readonly letter: string; readonly words: string }>> = {
  uids: { flag: '--map-uid', letter: 'u', words: 'user ids' },
  gids: { flag: '--map-gid', letter: 'g', words: 'group ids' },
}
const kinds = Object.keys(KINDS) as Kind[]

/** A range as it was written. */
interface Written {
  readonly range: IdRange
  /** What it is a range of. */
  readonly of: readonly Kind[]
  /** The flag and its value. */
  readonly text: string
}

/**
 * Reads what stands behind --map-uid and --map-gid: `GUEST:HOST:COUNT`, fuidshift's `b:0:100000:65536` (`u:`, `g:`; `b:`
 * is said of both, whichever flag it stands behind), or virtiofsd's `map:0:100000:65536`. Refuses what is malformed, and
 * what says two things of an id; the same range may be there twice.
 */
export function parseIdRanges(texts: UsersAndGroups<readonly string[]>): UsersAndGroups<IdRange[]> {
  const written = kinds.flatMap((kind) => texts[kind].map((text) => parseRange(kind, text)))
  return { uids: rangesOf('uids', written), gids: rangesOf('gids', written) }
}

function rangesOf(kind: Kind, all: readonly Written[]): IdRange[] {
  const written: Written[] = []
  for (const each of all) {
    if (each.of.includes(kind) && !written.some(({ range }) => isSame(range, each.range))) written.push(each)
  }
  for (const side of ['guest', 'host'] as const) refuseOverlap(side, written)
  return written.map(({ range }) => range)
}

const isSame = (a: IdRange, b: IdRange): boolean => a.guest === b.guest && a.host === b.host && a.count === b.count

function refuseOverlap(side: 'guest' | 'host', written: readonly Written[]): void {
  const sorted = [...written].sort((a, b) => a.range[side] - b.range[side])
  sorted.forEach(({ range, text }, index) => {
    const next = sorted[index + 1]
    if (next === undefined || range[side] + range.count <= next.range[side]) return
    throw new UsageError(`Cannot use ${text} with ${next.text}: both have ${side} id ${next.range[side]}`)
  })
}

function parseRange(kind: Kind, value: string): Written {
  const { flag } = KINDS[kind]
  const text = `${flag} ${value}`
  const [, spelling = '', ...digits] = /^(?:(b|u|g|map):)?(\d{1,10}):(\d{1,10}):(\d{1,10})$/.exec(value) ?? []
  const [guest = Number.NaN, host = Number.NaN, count = Number.NaN] = digits.map(Number)
  if (!(count > 0)) {
    throw new UsageError(`Cannot use ${text}: not GUEST:HOST:COUNT (write ${flag} 0:100000:65536)`)
  }
  const other = kinds.find((each) => each !== kind && KINDS[each].letter === spelling)
  if (other !== undefined) {
    throw new UsageError(
      `Cannot use ${text}: ${spelling}: is for ${KINDS[other].words} (write ${KINDS[other].flag} ${value})`,
    )
  }
  if (guest + count > NO_ID || host + count > NO_ID) {
    throw new UsageError(`Cannot use ${text}: ids go up to ${NO_ID - 1}`)
  }
  return { range: { guest, host, count }, of: spelling === 'b' ? kinds : [kind], text }
}

/** Reads a single id that the user wrote after `flag`. */
export function parseId(flag: string, text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (id < NO_ID) return id
  throw new UsageError(`Cannot use ${flag} ${text}: not an id from 0 to ${NO_ID - 1}`)
}
