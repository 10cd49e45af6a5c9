// The syntax of QEMU's option strings (QemuOpts), `local,path=/srv,,a,readonly=on`: elements, booleans and numbers,
// as QEMU 7.2 takes them. What the options mean is in qemu-options.ts.

/** One element of an option string. */
export interface Element {
  readonly key: string
  readonly value: string
  /** As it stands in the string. */
  readonly text: string
  /** True for a name without `=`. */
  readonly isBare: boolean
}

/**
 * Splits an option string. A first element without `=` is the value of `impliedKey`; another one stands for `on`, or
 * with `no` before its name for `off`. `,,` is a comma in a value (not in a name); a comma at the end is nothing. Any
 * text can be split.
 */
export function splitOptions(text: string, impliedKey: string): Element[] {
  const elements: Element[] = []
  let rest = text
  while (rest !== '') {
    const [name = ''] = /^[^=,]*/.exec(rest) ?? []
    const isPair = rest[name.length] === '='
    if (!isPair && elements.length > 0) {
      elements.push(bare(name))
      rest = rest.slice(name.length + 1)
      continue
    }
    const from = isPair ? name.length + 1 : 0
    const [raw = ''] = /^(?:[^,]|,,)*/.exec(rest.slice(from)) ?? []
    const end = from + raw.length
    const value = raw.replaceAll(',,', ',')
    elements.push({ key: isPair ? name : impliedKey, value, text: rest.slice(0, end), isBare: !isPair })
    rest = rest.slice(end + 1)
  }
  return elements
}

const bare = (name: string): Element =>
  name.startsWith('no')
    ? { key: name.slice('no'.length), value: 'off', text: name, isBare: true }
    : { key: name, value: 'on', text: name, isBare: true }

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['on', 'yes', 'true', 'y'].map((word) => [word, true] as const),
  ...['off', 'no', 'false', 'n'].map((word) => [word, false] as const),
])

/** A boolean; undefined for what is none. Capitals and digits are none. */
export const parseBoolean = (text: string): boolean | undefined => booleans.get(text)

const U64 = 2n ** 64n

/**
 * An unsigned 64-bit number as strtoull(3) with base 0 has it: blanks and a sign before it, 0x for hexadecimal, a
 * leading 0 for octal; a negative one counts down from 2^64. Undefined for what is none, or has anything behind it, or
 * does not fit.
 */
export function parseNumber(text: string): bigint | undefined {
  const [, sign, hex, octal, decimal] = /^[ \t\n\v\f\r]*([+-]?)(?:0x([\da-f]+)|(0[0-7]*)|([1-9]\d*))$/i.exec(text) ?? []
  const digits = hex !== undefined ? `0x${hex}` : octal !== undefined ? `0o${octal}` : decimal
  if (digits === undefined) return undefined
  const magnitude = BigInt(digits)
  if (magnitude >= U64) return undefined
  return sign === '-' ? BigInt.asUintN(64, -magnitude) : magnitude
}
