// Sizes as people read them, by the rule of GNU's -h: rounded up, so that nothing looks smaller than it is. Pure.

const LETTERS = 'KMGTPEZY'

/**
 * `bytes` in the largest unit of which there is at least one: "1023", "1.0K", "9.8M", "11G". There is one decimal below
 * ten. `base` is 1024, or 1000 whose first unit is written "k".
 */
export function humanSize(bytes: number, base: 1024 | 1000): string {
  let unit = 1
  let exponent = 0
  while (bytes >= unit * base && exponent < LETTERS.length) {
    unit *= base
    exponent++
  }
  if (exponent === 0) return String(bytes)

  // A remainder is exact where a quotient is not.
  const rest = bytes % unit
  const whole = (bytes - rest) / unit
  const tenths = whole * 10 + Math.ceil((rest * 10) / unit)
  if (tenths < 100) return `${(tenths / 10).toFixed(1)}${letter(exponent, base)}`
  const rounded = rest > 0 ? whole + 1 : whole
  return rounded === base && exponent < LETTERS.length
    ? `1.0${letter(exponent + 1, base)}`
    : `${rounded}${letter(exponent, base)}`
}

const letter = (exponent: number, base: 1024 | 1000): string =>
  base === 1000 && exponent === 1 ? 'k' : LETTERS.charAt(exponent - 1)
