// Limits over simulated time: when what comes may pass, and what is given back.

import { describe, expect, it } from 'vitest'
import { Admission, type Direction, type LeakyBuckets } from '../../src/session/leaky-buckets.js'
import { throttledRates } from '../../src/session/throttling.js'
import { buckets, S, START } from './limited.js'

const seconds = (admission: Admission): number => admission.waitNs / 1e9

/** Waits, in seconds, of requests that arrive all at once. */
const waits = (limited: LeakyBuckets, direction: Direction, sizes: readonly number[]): number[] =>
  sizes.map((bytes) => seconds(limited.admit(direction, bytes, START)))

describe('without a rate of bursts', () => {
  it('a tenth of a second may come at once, and what passes that border', () => {
    expect(waits(buckets({ 'bps-total': 1000 }), 'read', [60, 40, 1, 999])).toEqual([0, 0, 0, 0.001])
  })

  it('a request of any size may come first, and is paid for by the next', () => {
    expect(waits(buckets({ 'bps-total': 1000 }), 'write', [5000, 0])).toEqual([0, 4.9])
  })

  it('what has leaked may come again', () => {
    const limited = buckets({ 'bps-total': 1000 })
    limited.admit('read', 200, START)
    expect(limited.admit('read', 100, START + S / 10n).waitNs).toBe(0)
    expect(seconds(limited.admit('read', 100, START + S / 5n))).toBe(0)
    expect(seconds(limited.admit('read', 100, START + S / 5n))).toBe(0.1)
  })

  it('idle time is not saved up', () => {
    const limited = buckets({ 'iops-total': 10 })
    expect(waits(limited, 'read', [0, 0, 0])).toEqual([0, 0, 0.1])
    const later = START + 3600n * S
    const again = Array.from({ length: 3 }, () => seconds(limited.admit('read', 0, later)))
    expect(again).toEqual([0, 0, 0.1])
  })
})

describe('with a rate of bursts', () => {
  it('a second of it may come at once', () => {
    const limited = buckets({ 'bps-read': 100, 'bps-read-max': 1000 })
    expect(waits(limited, 'read', [400, 600, 1, 0])).toEqual([0, 0, 0, 0.01])
  })

  it('of some length, a tenth of a second may come at once, the burst at its rate, and then the average', () => {
    const limited = buckets({ 'bps-read': 100, 'bps-read-max': 1000, 'bps-read-max-length': 2 })
    const passing = waits(limited, 'read', Array<number>(41).fill(100))
    const rounded = passing.map((at) => Math.round(at * 1000) / 1000)
    expect(rounded.slice(0, 4)).toEqual([0, 0, 0.1, 0.2])
    // 2000 bytes fill the bucket, and at a tenth of the rate as much leaks meanwhile as lets two more through.
    expect(rounded.slice(18, 25)).toEqual([1.7, 1.8, 1.9, 2, 2.1, 3, 4])
    expect(rounded.at(-1)).toBe(20)
  })
})

describe('a limit concerns', () => {
  const isLimited = (option: string, direction: Direction): boolean =>
    waits(buckets({ [option]: 10 }), direction, [1000, 1000])[1]! > 0
  const concerned: Record<string, [boolean, boolean]> = {
    'bps-total': [true, true],
    'bps-read': [true, false],
    'bps-write': [false, true],
    'iops-total': [false, false],
    'iops-read': [false, false],
    'iops-write': [false, false],
  }
  it.each(throttledRates)('%s', (rate) => {
    expect([isLimited(rate, 'read'), isLimited(rate, 'write')]).toEqual(concerned[rate])
  })

  it('requests, whatever their size, for iops', () => {
    expect(waits(buckets({ 'iops-read': 10 }), 'read', [1e6, 0, 1e6, 0])).toEqual([0, 0, 0.1, 0.2])
    expect(waits(buckets({ 'iops-write': 10 }), 'read', [1e6, 0, 1e6, 0])).toEqual([0, 0, 0, 0])
  })

  it('requests in proportion to their size beyond iops-size', () => {
    const limited = buckets({ 'iops-total': 10, 'iops-size': 4096 })
    expect(waits(limited, 'write', [4096, 4097, 1024, 0])).toEqual([0, 0, 0.100024414, 0.200024414])
  })

  it('reads and writes together, in total', () => {
    const limited = buckets({ 'iops-total': 10 })
    expect(waits(limited, 'read', [0, 0])).toEqual([0, 0])
    expect(waits(limited, 'write', [0])).toEqual([0.1])
  })

  it('a request with all others: the longest wait counts', () => {
    const limited = buckets({ 'iops-total': 10, 'bps-write': 1000 })
    expect(waits(limited, 'write', [1100, 0])).toEqual([0, 1])
    expect(waits(limited, 'read', [1100])).toEqual([0.1])
  })

  it('nothing where there is none', () => {
    expect(buckets({}).admit('read', 1e9, START)).toBe(Admission.atOnce)
    const limited = buckets({ 'bps-read': 1 })
    expect(limited.admit('write', 1e9, START)).toBe(Admission.atOnce)
    limited.giveBack(Admission.atOnce, START)
    expect(limited.delays).toEqual({ requests: 0, nanoseconds: 0 })
  })
})

describe('the rate', () => {
  it.each(throttledRates)('%s: a backlog passes at the average, no slower', (rate) => {
    const direction = rate.endsWith('write') ? 'write' : 'read'
    const units = rate.startsWith('bps') ? 512 : 1
    const limited = buckets({ [rate]: 100, [`${rate}-max`]: 4000, [`${rate}-max-length`]: 2 })
    const passing = waits(limited, direction, Array<number>(10_001).fill(512))
    expect(passing.at(-1)).toBeCloseTo((10_000 * units - 8000) / 100, 5)
  })

  it('parts of a nanosecond are not lost: a rate far above one unit a nanosecond is kept', () => {
    const limited = buckets({ 'bps-total': 7_000_000_000 })
    for (let left = 700_000; left > 0; left -= 1) limited.admit('read', 1000, START)
    expect(seconds(limited.admit('read', 0, START))).toBeCloseTo(0, 8)
    limited.admit('read', 7_000_000_000, START)
    expect(seconds(limited.admit('read', 0, START))).toBeCloseTo(1, 8)
  })

  it('the slowest rate and the largest requests stay in their word', () => {
    const limited = buckets({ 'bps-total': 1, 'bps-read': 0, 'iops-total': 1 })
    for (let count = 0; count < 10; count += 1) limited.admit('write', 2 ** 40, START)
    const { waitNs, waitMs } = limited.admit('write', 2 ** 40, START)
    expect(waitNs).toBeGreaterThan(4e18)
    expect(waitMs).toBe(2 ** 31 - 1)
    expect(limited.admit('write', 1, START - S).waitNs).toBeGreaterThan(4e18)
  })

  it('a bucket of many years lets all pass', () => {
    const limited = buckets({ 'bps-total': 1, 'bps-total-max': 1e15 })
    expect(waits(limited, 'read', Array<number>(50).fill(2 ** 30)).every((wait) => wait === 0)).toBe(true)
  })
})

it('a wait for a timer is whole milliseconds, and never shorter', () => {
  expect([0, 1, 1e6, 1e6 + 1, 1e18].map((waitNs) => new Admission(waitNs, []).waitMs)).toEqual([
    0,
    1,
    1,
    2,
    2 ** 31 - 1,
  ])
})

describe('what is given back', () => {
  it('is there for the next, as if the request had never come', () => {
    const limited = buckets({ 'bps-total': 1000, 'iops-read': 1 })
    limited.admit('read', 1100, START)
    const waiting = limited.admit('read', 5000, START)
    expect(seconds(waiting)).toBe(1)
    limited.giveBack(waiting, START + S / 2n)
    expect(seconds(limited.admit('read', 1, START + S / 2n))).toBe(0.5)
  })

  it('is given back once', () => {
    const limited = buckets({ 'bps-total': 1000 })
    limited.admit('read', 2100, START)
    const waiting = limited.admit('read', 1000, START)
    limited.giveBack(waiting, START)
    limited.giveBack(waiting, START)
    expect(seconds(limited.admit('read', 0, START))).toBe(2)
  })

  it('is what has not leaked: another limit was waited for', () => {
    const limited = buckets({ 'bps-read': 1000, 'iops-total': 1 })
    limited.admit('read', 10_100, START)
    const waiting = limited.admit('read', 0, START)
    expect(seconds(waiting)).toBe(10)
    // Two requests have leaked by now, and a third has come.
    limited.admit('write', 0, START + 5n * S)
    limited.giveBack(waiting, START + 5n * S)
    expect(seconds(limited.admit('write', 0, START + 5n * S))).toBe(0.9)
  })
})

it('delays are counted, also of what was given back', () => {
  const limited = buckets({ 'bps-total': 1000 })
  limited.admit('read', 1100, START)
  expect(limited.delays).toEqual({ requests: 0, nanoseconds: 0 })
  limited.admit('read', 1000, START)
  limited.giveBack(limited.admit('write', 0, START), START)
  expect(limited.delays).toEqual({ requests: 2, nanoseconds: 3e9 })
})
