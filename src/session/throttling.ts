// What an export's I/O is limited to: QEMU's throttling options (reference §4), by name and by value. The limits
// themselves are enforced in leaky-buckets.ts.

import { UsageError } from '../errors.js'

const rates = {
  'bps-total': 'bytes a second, read and written',
  'bps-read': 'bytes read a second',
  'bps-write': 'bytes written a second',
  'iops-total': 'requests a second, reads and writes',
  'iops-read': 'reads a second',
  'iops-write': 'writes a second',
} as const

/** One thing that can be limited, as QEMU names it. */
export type Rate = keyof typeof rates
/** An option's whole name, in an option string and, behind two dashes, as a flag. */
export type ThrottlingName = `throttling.${Rate | `${Rate}-max` | `${Rate}-max-length` | 'iops-size'}`

/** The rates, in the order in which QEMU's manual has them. */
export const throttledRates = Object.keys(rates) as Rate[]

/** Every option, with its meaning for a help text. */
export const throttlingOptions: readonly { readonly name: ThrottlingName; readonly meaning: string }[] = [
  ...throttledRates.flatMap(
    (rate) =>
      [
        { name: `throttling.${rate}`, meaning: `Most ${rates[rate]}.` },
        { name: `throttling.${rate}-max`, meaning: `Most ${rates[rate]}, in a burst.` },
        { name: `throttling.${rate}-max-length`, meaning: `How long a burst at ${rate}-max may last, in seconds.` },
      ] as const,
  ),
  { name: 'throttling.iops-size', meaning: 'Bytes from which on a request counts as several, in proportion.' },
]

const names: ReadonlySet<string> = new Set(throttlingOptions.map(({ name }) => name))

export const isThrottlingName = (text: string): text is ThrottlingName => names.has(text)

/** A limit on one rate. */
export interface Limit {
  /** Units (bytes or requests) a second, at least 1. */
  readonly average: number
  /** Units a second in a burst, not less than the average; absent: a tenth of a second of the average may burst. */
  readonly max?: number
  /** How long a burst may last, in seconds, at least 1; more than 1 only with `max`. */
  readonly burstSeconds: number
}

/** A valid configuration. It can be cloned into a worker. */
export interface Throttling {
  readonly limits: Readonly<Partial<Record<Rate, Limit>>>
  /** Bytes; absent: each request counts once, whatever its size. */
  readonly iopsSize?: number
}

/** False where nothing is limited. */
export const isThrottled = ({ limits }: Throttling): boolean => Object.keys(limits).length > 0

/** QEMU's THROTTLE_VALUE_MAX (include/qemu/throttle.h). */
const VALUE_MAX = 10n ** 15n
const EXCLUSIVE = [
  ['bps-total', 'bps-read'],
  ['bps-total', 'bps-write'],
  ['iops-total', 'iops-read'],
  ['iops-total', 'iops-write'],
] as const

/** How a refusal speaks of the options, which are flags or part of a string. */
export interface Phrasing {
  /** The option and its value, as the user wrote them, and where. */
  readonly given: (name: ThrottlingName) => string
  /** What stands before a name where the user is told to add it. */
  readonly prefix: '' | '--'
}

/** Makes a configuration of the values given; 0 means no limit. Throws a UsageError for what QEMU refuses (7.2). */
export function throttlingOf(values: ReadonlyMap<ThrottlingName, bigint>, phrasing: Phrasing): Throttling {
  const { given, prefix } = phrasing
  const refuse = (name: ThrottlingName, why: string): never => {
    throw new UsageError(`Cannot use ${given(name)}: ${why}`)
  }
  refuseTotalsBesideParts(values, refuse)
  const limits: Partial<Record<Rate, Limit>> = {}
  for (const rate of throttledRates) {
    const limit = limitOf(rate, values, refuse, prefix)
    if (limit !== undefined) limits[rate] = limit
  }
  const iopsSize = values.get('throttling.iops-size') ?? 0n
  if (iopsSize === 0n) return { limits }
  if (!throttledRates.some((rate) => rate.startsWith('iops-') && limits[rate] !== undefined)) {
    refuse('throttling.iops-size', `no number of requests is limited (add ${prefix}throttling.iops-total)`)
  }
  return { limits, iopsSize: Number(iopsSize) }
}

/**
 * Reads the options that were given as flags: decimal numbers, by name. Names that are not of throttling are left
 * alone. Throws a UsageError for what is no number and for what `throttlingOf` refuses.
 */
export function throttlingOfFlags(flags: Readonly<Record<string, unknown>>): Throttling {
  const texts = new Map<ThrottlingName, string>()
  for (const { name } of throttlingOptions) {
    const text = flags[name]
    if (typeof text === 'string') texts.set(name, text)
  }
  const given = (name: ThrottlingName): string => `--${name} ${texts.get(name)}`
  const values = new Map<ThrottlingName, bigint>()
  for (const [name, text] of texts) {
    if (!/^\d{1,20}$/.test(text)) throw new UsageError(`Cannot use ${given(name)}: not a decimal number`)
    values.set(name, BigInt(text))
  }
  return throttlingOf(values, { given, prefix: '--' })
}

type Refuse = (name: ThrottlingName, why: string) => never

function refuseTotalsBesideParts(values: ReadonlyMap<ThrottlingName, bigint>, refuse: Refuse): void {
  const isSet = (name: ThrottlingName): boolean => (values.get(name) ?? 0n) !== 0n
  for (const [total, part] of EXCLUSIVE) {
    for (const suffix of ['', '-max'] as const) {
      if (!isSet(`throttling.${total}${suffix}`) || !isSet(`throttling.${part}${suffix}`)) continue
      refuse(
        `throttling.${total}${suffix}`,
        `throttling.${part}${suffix} is given, too (limit the total, or reads and writes)`,
      )
    }
  }
}

function limitOf(
  rate: Rate,
  values: ReadonlyMap<ThrottlingName, bigint>,
  refuse: Refuse,
  prefix: string,
): Limit | undefined {
  const base = `throttling.${rate}` as const
  const average = values.get(base) ?? 0n
  const max = values.get(`${base}-max`) ?? 0n
  const seconds = values.get(`${base}-max-length`) ?? 1n
  if (average > VALUE_MAX) refuse(base, `not a number from 0 to ${VALUE_MAX}`)
  if (max > VALUE_MAX) refuse(`${base}-max`, `not a number from 0 to ${VALUE_MAX}`)
  if (max !== 0n && average === 0n) refuse(`${base}-max`, `bursts of what is not limited (add ${prefix}${base})`)
  if (max !== 0n && max < average) refuse(`${base}-max`, `lower than ${base}, which is ${average}`)
  if (seconds === 0n) refuse(`${base}-max-length`, 'a burst lasts a second at least (leave it out, or use 1 or more)')
  if (seconds > 1n && max === 0n) refuse(`${base}-max-length`, `no rate of bursts is given (add ${prefix}${base}-max)`)
  if (max !== 0n && seconds > VALUE_MAX / max) {
    refuse(`${base}-max-length`, `too long for ${base}-max (at most ${VALUE_MAX / max} at that rate)`)
  }
  if (average === 0n) return undefined
  const limit = { average: Number(average), burstSeconds: Number(seconds) }
  return max === 0n ? limit : { ...limit, max: Number(max) }
}
