// Throttling options: what they come to, and every refusal.

import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import {
  isThrottled,
  isThrottlingName,
  type Throttling,
  throttlingOfFlags,
  throttlingOptions,
} from '../../src/session/throttling.js'

/** Gives flags by their names without `throttling.`. */
const read = (flags: Record<string, string>): Throttling =>
  throttlingOfFlags(Object.fromEntries(Object.entries(flags).map(([name, text]) => [`throttling.${name}`, text])))

describe('the options', () => {
  it('are the nineteen that QEMU has', () => {
    const rates = ['bps-total', 'bps-read', 'bps-write', 'iops-total', 'iops-read', 'iops-write']
    const names = rates.flatMap((rate) => [rate, `${rate}-max`, `${rate}-max-length`]).concat('iops-size')
    expect(throttlingOptions.map(({ name }) => name)).toEqual(names.map((name) => `throttling.${name}`))
    expect(throttlingOptions.every(({ meaning }) => /^[A-Z].*\.$/.test(meaning))).toBe(true)
  })

  it('are known by their whole names', () => {
    expect(isThrottlingName('throttling.bps-read-max-length')).toBe(true)
    for (const other of ['bps-read', 'throttling.bps', 'throttling.iops-size-max', '']) {
      expect(isThrottlingName(other)).toBe(false)
    }
  })
})

describe('a configuration', () => {
  it('that limits nothing', () => {
    expect(read({})).toStrictEqual({ limits: {} })
    expect(read({ 'bps-total': '0', 'bps-total-max': '0', 'bps-total-max-length': '1' })).toStrictEqual({ limits: {} })
    expect(isThrottled(read({}))).toBe(false)
  })

  it('with a limit of each kind', () => {
    const flags = { 'bps-total': '100', 'iops-read': '5', 'iops-read-max': '7', 'iops-write': '6', 'iops-size': '4096' }
    expect(read(flags)).toStrictEqual({
      limits: {
        'bps-total': { average: 100, burstSeconds: 1 },
        'iops-read': { average: 5, max: 7, burstSeconds: 1 },
        'iops-write': { average: 6, burstSeconds: 1 },
      },
      iopsSize: 4096,
    })
    expect(isThrottled(read(flags))).toBe(true)
  })

  it('at every bound', () => {
    const most = String(10 ** 15)
    expect(read({ 'bps-read': most, 'bps-read-max': most }).limits).toStrictEqual({
      'bps-read': { average: 1e15, max: 1e15, burstSeconds: 1 },
    })
    expect(read({ 'bps-read': '1', 'bps-read-max': '1', 'bps-read-max-length': most }).limits).toStrictEqual({
      'bps-read': { average: 1, max: 1, burstSeconds: 1e15 },
    })
    expect(read({ 'iops-total': '1', 'iops-size': '99999999999999999999' })).toMatchObject({ iopsSize: 1e20 })
  })

  it('can be cloned', () => {
    const throttling = read({ 'bps-total': '100', 'bps-total-max': '200', 'bps-total-max-length': '3' })
    expect(structuredClone(throttling)).toStrictEqual(throttling)
  })

  it('is made of the flags of throttling alone', () => {
    expect(throttlingOfFlags({ msize: 'x', json: true, 'throttling.bps-read': undefined })).toStrictEqual({
      limits: {},
    })
  })
})

describe('a refusal', () => {
  const range = 'not a number from 0 to 1000000000000000'
  const cases: readonly (readonly [flags: Record<string, string>, line: string])[] = [
    [{ 'bps-total': '1k' }, 'bps-total 1k: not a decimal number'],
    [{ 'bps-total': '' }, 'bps-total : not a decimal number'],
    [{ 'bps-total': '-1' }, 'bps-total -1: not a decimal number'],
    [{ 'bps-total': '0x10' }, 'bps-total 0x10: not a decimal number'],
    [{ 'bps-total': '1000000000000001' }, `bps-total 1000000000000001: ${range}`],
    [{ 'iops-read': '5', 'iops-read-max': '1000000000000001' }, `iops-read-max 1000000000000001: ${range}`],
    [{ 'bps-read-max': '5' }, 'bps-read-max 5: bursts of what is not limited (add --throttling.bps-read)'],
    [{ 'bps-read': '5', 'bps-read-max': '4' }, 'bps-read-max 4: lower than throttling.bps-read, which is 5'],
    [
      { 'iops-write-max-length': '0' },
      'iops-write-max-length 0: a burst lasts a second at least (leave it out, or use 1 or more)',
    ],
    [
      { 'bps-write': '5', 'bps-write-max-length': '2' },
      'bps-write-max-length 2: no rate of bursts is given (add --throttling.bps-write-max)',
    ],
    [
      { 'bps-write': '5', 'bps-write-max': '500000000000000', 'bps-write-max-length': '3' },
      'bps-write-max-length 3: too long for throttling.bps-write-max (at most 2 at that rate)',
    ],
    [{ 'iops-size': '512' }, 'iops-size 512: no number of requests is limited (add --throttling.iops-total)'],
    [
      { 'bps-total': '5', 'iops-size': '512' },
      'iops-size 512: no number of requests is limited (add --throttling.iops-total)',
    ],
  ]
  it.each(cases)('of %j', (flags, line) => {
    expect(() => read(flags)).toThrow(new UsageError(`Cannot use --throttling.${line}`))
  })

  it.each(['bps', 'iops'])('of a total of %s beside its parts', (unit) => {
    for (const part of ['read', 'write']) {
      expect(() => read({ [`${unit}-total`]: '5', [`${unit}-${part}`]: '5' })).toThrow(
        new UsageError(
          `Cannot use --throttling.${unit}-total 5: throttling.${unit}-${part} is given, too (limit the total, or reads and writes)`,
        ),
      )
      expect(() => read({ [`${unit}-total`]: '5', [`${unit}-total-max`]: '6', [`${unit}-${part}-max`]: '7' })).toThrow(
        `--throttling.${unit}-total-max 6: throttling.${unit}-${part}-max is given, too`,
      )
    }
  })

  it('never comes of limits on different things', () => {
    expect(Object.keys(read({ 'bps-total': '1', 'iops-read': '1', 'iops-write': '1' }).limits)).toHaveLength(3)
    expect(Object.keys(read({ 'bps-read': '1', 'bps-write': '1', 'iops-total': '1' }).limits)).toHaveLength(3)
  })
})
