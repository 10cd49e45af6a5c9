// Which rows of a usage are shown, and in which order. Pure.

import { printable, type Sums, type Usage, type UsageRow } from '../../src/index.js'

export const sortings = ['usage', 'entries', 'name'] as const

export interface Arrangement {
  /** The largest first; names in their order. */
  readonly sort: (typeof sortings)[number]
  /** How many rows at most; all if undefined. */
  readonly limit: number | undefined
  /** Usage is in inodes, not bytes. */
  readonly isOfInodes: boolean
}

export interface ArrangedUsage extends Usage {
  /** What the rows come to that were left out; undefined where none was. */
  readonly others: { readonly count: number; readonly sums: Sums } | undefined
}

export function arranged(usage: Usage, { sort, limit, isOfInodes }: Arrangement): ArrangedUsage {
  const order = sort === 'name' ? byName : sort === 'entries' || isOfInodes ? byEntries : byDisk
  const rows = [...usage.rows].sort((a, b) => order(a, b) || byName(a, b))
  const left = limit === undefined ? [] : rows.splice(limit)
  const others = left.length === 0 ? undefined : { count: left.length, sums: left.reduce<Sums>(sumOf, NOTHING) }
  return { ...usage, rows, others }
}

/** What a row is called: an owner by its name, if it has one. */
export const labelOf = ({ key, name }: UsageRow): string => printable(name ?? String(key))

const byDisk = (a: Sums, b: Sums): number => b.diskBytes - a.diskBytes
const byEntries = (a: Sums, b: Sums): number => b.entries - a.entries

/** Owners without a name come first, by number. */
function byName(a: UsageRow, b: UsageRow): number {
  if (isNumbered(a) && isNumbered(b)) return Number(a.key) - Number(b.key)
  if (isNumbered(a) !== isNumbered(b)) return isNumbered(a) ? -1 : 1
  return labelOf(a) < labelOf(b) ? -1 : 1
}

const isNumbered = ({ key, name }: UsageRow): boolean => typeof key === 'number' && name === undefined

const NOTHING: Sums = { entries: 0, apparentBytes: 0, diskBytes: 0 }

const sumOf = (sum: Sums, each: Sums): Sums => ({
  entries: sum.entries + each.entries,
  apparentBytes: sum.apparentBytes + each.apparentBytes,
  diskBytes: sum.diskBytes + each.diskBytes,
})
