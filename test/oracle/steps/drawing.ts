// How values are drawn.

import fc from 'fast-check'

/** Any of these bits together. */
export const bits = (...values: number[]): fc.Arbitrary<number> =>
  fc.subarray(values).map((some) => some.reduce((all, bit) => all | bit, 0))

/** How often something is drawn, beside others. */
export type Weighted<T> = readonly [weight: number, arbitrary: fc.Arbitrary<T>]

export const weighted = <T>(...choices: readonly Weighted<T>[]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })))

export const oneOf = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
