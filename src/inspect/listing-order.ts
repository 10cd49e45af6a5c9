// The orders in which ls(1) lists. Pure.

/** By name in the order of its bytes, youngest first, or largest first; what is equal in that, by name. */
export type ListingOrder = 'name' | 'time' | 'size'

/** What an object is put in its place by. */
export interface SortKey {
  /** In bytes. */
  readonly name: string
  readonly mtimeSec: number
  readonly mtimeNsec: number
  readonly size: number
}

const byName = (a: SortKey, b: SortKey): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

const COMPARISONS: Readonly<Record<ListingOrder, (a: SortKey, b: SortKey) => number>> = {
  name: byName,
  time: (a, b) => b.mtimeSec - a.mtimeSec || b.mtimeNsec - a.mtimeNsec || byName(a, b),
  size: (a, b) => b.size - a.size || byName(a, b),
}

/** Puts keys in order, in place; reversed, the whole order turns round. */
export function putInOrder<T extends SortKey>(keys: T[], order: ListingOrder, isReversed: boolean): T[] {
  keys.sort(COMPARISONS[order])
  return isReversed ? keys.reverse() : keys
}
