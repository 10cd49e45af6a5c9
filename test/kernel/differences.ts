// What two descriptions of a tree disagree on, in lines that a person can read.

import { isDeepStrictEqual } from 'node:util'

/** A description of one object: a path and anything else. */
export interface Described {
  readonly path: string
}

/** One side of a comparison. */
export interface Side<T extends Described> {
  readonly name: string
  readonly entries: readonly T[]
}

/** A difference that there must be, and why. */
export interface Tolerance<T extends Described> {
  readonly field: keyof T & string
  readonly of: (entry: T) => boolean
  readonly because: string
}

/** Long enough for every value but contents and attributes. */
const SHOWN_MOST = 300

/**
 * Returns one line for each member of each object that the sides disagree on, with both values, and one for each object
 * that only one side has. Both sides' entries come in the same order.
 */
export function differences<T extends Described>(
  a: Side<T>,
  b: Side<T>,
  tolerated: readonly Tolerance<T>[] = [],
): string[] {
  const [ofA, ofB] = [byPath(a), byPath(b)]
  return [...new Set([...ofA.keys(), ...ofB.keys()])].flatMap((path) => {
    const [inA, inB] = [ofA.get(path), ofB.get(path)]
    if (inA === undefined || inB === undefined)
      return [`${shown(path)}: only in ${inA === undefined ? b.name : a.name}`]
    return differingFields(inA, inB)
      .filter((field) => !tolerated.some((tolerance) => tolerance.field === field && tolerance.of(inA)))
      .map((field) => `${shown(path)} ${field}: ${a.name} ${shown(inA[field])}, ${b.name} ${shown(inB[field])}`)
  })
}

function byPath<T extends Described>({ name, entries }: Side<T>): Map<string, T> {
  const map = new Map(entries.map((entry) => [entry.path, entry]))
  if (map.size !== entries.length) throw new Error(`Cannot compare ${name}: a path is there twice`)
  return map
}

const differingFields = <T extends Described>(a: T, b: T): (keyof T & string)[] =>
  (Object.keys(a) as (keyof T & string)[]).filter((field) => !isDeepStrictEqual(a[field], b[field]))

function shown(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length <= SHOWN_MOST ? text : `${text.slice(0, SHOWN_MOST)}… (${text.length} characters)`
}
