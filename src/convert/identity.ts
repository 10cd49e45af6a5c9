// Whether two runs are runs of the same conversion.

import { isDeepStrictEqual } from 'node:util'
import type { Identity } from './journal.js'

/** Both come from what was asked for, one of them through JSON, which leaves out what is undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** The first member in which they differ, as a user calls it; undefined where they are the same. */
export function differenceOf(one: Identity, other: Identity): string | undefined {
  return MEMBERS.find(([member]) => !isDeepStrictEqual(plain(one[member] ?? null), plain(other[member] ?? null)))?.[1]
}

const MEMBERS: readonly (readonly [member: keyof Identity, name: string])[] = [
  ['from', '--from'],
  ['to', '--to'],
  ['source', 'TREE'],
  ['ids', '--map-uid or --map-gid'],
  ['bodies', '--owner, --fmode or --dmode'],
]
