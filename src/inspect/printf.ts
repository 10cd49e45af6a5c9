// What printf(3) does with flags, width and precision, for the conversions that GNU stat uses. Pure.

/** Between `%` and the letter of a sequence. */
export interface Spec {
  readonly flags: string
  readonly width: number
  /** Absent without a dot; `bare` for a dot without digits. */
  readonly precision: number | 'bare' | undefined
}

const digitsWanted = ({ precision }: Spec): number | undefined => (precision === 'bare' ? 0 : precision)

const pad = ({ flags, width }: Spec, text: string): string =>
  flags.includes('-') ? text.padEnd(width) : text.padStart(width)

/** A string: cut to the precision, padded to the width. */
export const text = (spec: Spec, value: string): string => pad(spec, value.slice(0, digitsWanted(spec)))

/** Zeros between `lead` (sign or prefix) and the digits, where the flags ask for them and nothing overrules them. */
function zeroFilled({ flags, width, precision }: Spec, lead: string, digits: string): string {
  const wantsZeros = flags.includes('0') && !flags.includes('-') && precision === undefined
  return lead + (wantsZeros ? digits.padStart(width - lead.length, '0') : digits)
}

function integer(spec: Spec, lead: string, magnitude: string): string {
  const wanted = digitsWanted(spec)
  const digits = wanted === 0 && magnitude === '0' ? '' : magnitude.padStart(wanted ?? 0, '0')
  return pad(spec, zeroFilled(spec, lead, digits))
}

const magnitudeOf = (value: number | bigint, base: number): string =>
  (value < 0 ? -BigInt(value) : BigInt(value)).toString(base)

const signOf = (flags: string, isNegative: boolean): string => {
  if (isNegative) return '-'
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
}

/** A quantity that GNU prints as a signed number, so that `+` and a blank count. */
export const signed = (spec: Spec, value: number | bigint): string =>
  integer(spec, signOf(spec.flags, value < 0), magnitudeOf(value, 10))

export const unsigned = (spec: Spec, value: number | bigint): string => integer(spec, '', magnitudeOf(value, 10))

/** `#` puts a 0 before it. */
export function octal(spec: Spec, value: number): string {
  const digits = integer({ ...spec, width: 0 }, '', magnitudeOf(value, 8))
  const lead = spec.flags.includes('#') && !digits.startsWith('0') ? '0' : ''
  return pad(spec, zeroFilled(spec, '', lead + digits))
}

/** `#` puts a 0x before it. */
export const hexadecimal = (spec: Spec, value: number | bigint): string =>
  integer(spec, spec.flags.includes('#') && BigInt(value) !== 0n ? '0x' : '', magnitudeOf(value, 16))

const NANOSECONDS = 9

/** Seconds since 1970, with as many decimals as the precision says (`bare`: all nine); towards the past, never rounded. */
export function seconds(spec: Spec, sec: number, nsec: number): string {
  const decimals = spec.precision === 'bare' ? NANOSECONDS : (spec.precision ?? 0)
  const total = BigInt(sec) * 10n ** 9n + BigInt(nsec)
  const unit = 10n ** BigInt(Math.max(0, NANOSECONDS - decimals))
  const floored = total >= 0n ? total / unit : -((-total + unit - 1n) / unit)
  const digits = magnitudeOf(floored, 10).padStart(Math.min(decimals, NANOSECONDS) + 1, '0')
  const whole = digits.slice(0, digits.length - Math.min(decimals, NANOSECONDS))
  const fraction = digits.slice(whole.length).padEnd(decimals, '0')
  const number = fraction === '' ? whole : `${whole}.${fraction}`
  const plain = { ...spec, precision: undefined }
  return pad(plain, zeroFilled(plain, signOf(spec.flags, floored < 0n), number))
}
