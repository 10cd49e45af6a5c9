// The units in which tables show sizes: those of GNU's -h, -H, -k, -m and -B SIZE, rounded up as GNU does. Pure.

import { printable, UsageError } from '../../src/index.js'
import { humanSize } from './size-text.js'

/** A unit that is chosen for each size by itself, or one for all. */
export type SizeUnit =
  | { readonly kind: 'human'; readonly base: 1024 | 1000 }
  | {
      readonly kind: 'blocks'
      /** How many bytes a block has. */
      readonly bytes: number
      /** What stands behind each number. */
      readonly suffix: string
    }

export const BINARY: SizeUnit = { kind: 'human', base: 1024 }
export const DECIMAL: SizeUnit = { kind: 'human', base: 1000 }
export const KIBIBYTES: SizeUnit = { kind: 'blocks', bytes: 1024, suffix: '' }
export const MEBIBYTES: SizeUnit = { kind: 'blocks', bytes: 1024 ** 2, suffix: '' }

const WORDS: Readonly<Record<string, SizeUnit>> = { 'human-readable': BINARY, si: DECIMAL }
const LETTERS = 'KMGTPEZY'

/** Reads GNU's SIZE: a number, a unit, or both. A unit by itself is shown behind the numbers, as GNU does. */
export function parseSizeUnit(text: string): SizeUnit {
  const word = WORDS[text]
  if (word !== undefined) return word
  const [, digits = '', letter = '', binaryOrDecimal = ''] =
    /^(\d*)([KMGTPEZY]?)((?<=[A-Z])(?:iB|B))?$/i.exec(text) ?? []
  const base = binaryOrDecimal === 'B' ? 1000 : 1024
  const count = digits === '' ? 1 : Number(digits)
  if (digits + letter === '' || count === 0) {
    throw new UsageError(
      `Cannot use "${printable(text)}" as a size of blocks: it is a number, a unit, or both (4096, M, 512K, 10MB)`,
    )
  }
  const exponent = letter === '' ? 0 : LETTERS.indexOf(letter.toUpperCase()) + 1
  const shown = exponent === 1 && base === 1000 ? 'k' : letter.toUpperCase()
  return { kind: 'blocks', bytes: count * base ** exponent, suffix: digits === '' ? shown + binaryOrDecimal : '' }
}

/** A size, such as "1.5M" or "1536". */
export const sizeIn = (unit: SizeUnit, bytes: number): string =>
  unit.kind === 'human' ? humanSize(bytes, unit.base) : `${Math.ceil(bytes / unit.bytes)}${unit.suffix}`

/** A number of things that are no bytes: blocks are no unit for them. */
export const countIn = (unit: SizeUnit, count: number): string =>
  unit.kind === 'human' ? humanSize(count, unit.base) : String(count)

/** What df(1) writes above a column of sizes: "1K-blocks", "1MB-blocks", "512B-blocks". */
export function blocksHeading({ bytes, suffix }: Extract<SizeUnit, { kind: 'blocks' }>): string {
  const base = powersIn(bytes, 1024) > powersIn(bytes, 1000) ? 1024 : 1000
  const size = humanSize(bytes, base).replace('.0', '')
  const end = base === 1000 ? 'B' : suffix.endsWith('iB') ? 'iB' : ''
  return `${size}${end}-blocks`
}

/** How often a base divides a number. */
function powersIn(number: number, base: number): number {
  let powers = 0
  for (let rest = number; rest % base === 0; rest /= base) powers += 1
  return powers
}
