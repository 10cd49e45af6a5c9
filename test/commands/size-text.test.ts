// Sizes for people are those of GNU's -h.

import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { humanSize } from '../../commands/render/size-text.js'
import { seed } from '../support/seed.js'

const numfmt = (sizes: readonly number[], unit: 'iec' | 'si'): string[] =>
  execFileSync('numfmt', [`--to=${unit}`, '--round=up'], { input: sizes.join('\n'), encoding: 'utf8' })
    .trimEnd()
    .split('\n')
    // GNU ls, df and du write the first unit of 1000 with a small letter.
    .map((text) => (unit === 'si' ? text.replace('K', 'k') : text))

/** Where the number of digits, the decimal or the unit changes, in every unit that a number can reach. */
const turns = (base: number): number[] =>
  [0, 1, 2, 3, 4]
    .map((exponent) => base ** exponent)
    .flatMap((unit) => [1, 1.1, 9.9, 10, 99, 100, base - 1, base].map((factor) => Math.floor(unit * factor)))
    .flatMap((size) => [size - 1, size, size + 1])

describe.each([
  ['iec', 1024],
  ['si', 1000],
] as const)('%s', (unit, base) => {
  it('around every turn', () => {
    const sizes = turns(base)
    expect(sizes.map((size) => humanSize(size, base))).toEqual(numfmt(sizes, unit))
  })

  it('of any size', () => {
    const size = fc.oneof(
      fc.maxSafeNat(),
      fc.tuple(fc.maxSafeNat(), fc.nat(52)).map(([n, bits]) => Math.floor(n / 2 ** bits)),
    )
    const sizes = fc.sample(size, { seed, numRuns: 3000 })
    expect(sizes.map((each) => humanSize(each, base))).toEqual(numfmt(sizes, unit))
  })
})
