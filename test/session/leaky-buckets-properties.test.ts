// What the buckets guarantee, whatever comes and when, in however many threads.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Admission, LeakyBuckets } from '../../src/session/leaky-buckets.js'
import { buckets, sharedBuckets, START } from './limited.js'

/** The levels that QEMU keeps (util/throttle.c), for requests that come one after the other. */
class Levels {
  private level = 0
  private burstLevel = 0

  constructor(
    private readonly average: number,
    private readonly max: number,
    private readonly length: number,
  ) {}

  leak(elapsed: number): void {
    this.level = Math.max(0, this.level - this.average * elapsed)
    this.burstLevel = Math.max(0, this.burstLevel - this.max * elapsed)
  }

  get wait(): number {
    const size = this.max === 0 ? this.average / 10 : this.max * this.length
    const main = (this.level - size) / this.average
    const burst = this.length > 1 ? (this.burstLevel - this.max / 10) / this.max : 0
    return Math.max(0, main, burst)
  }

  pour(units: number): void {
    this.level += units
    this.burstLevel += units
  }
}

const limit = fc
  .record({
    average: fc.integer({ min: 1, max: 1_000_000 }),
    factor: fc.option(fc.integer({ min: 1, max: 50 })),
    length: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ average, factor, length }) => {
    const max = factor === null ? 0 : average * factor
    return { average, max, length: max === 0 ? 1 : length }
  })
type AnyLimit = typeof limit extends fc.Arbitrary<infer T> ? T : never
const optionsOf = ({ average, max, length }: AnyLimit): Record<string, number> => ({
  'bps-total': average,
  'bps-total-max': max,
  'bps-total-max-length': length,
})

it('requests that come one after the other wait as long as the levels say that QEMU keeps', () => {
  const request = fc.record({ pause: fc.double({ min: 0, max: 1, noNaN: true }), percent: fc.nat({ max: 300 }) })
  fc.assert(
    fc.property(limit, fc.array(request, { minLength: 1, maxLength: 60 }), (chosen, requests) => {
      const limited = buckets(optionsOf(chosen))
      const levels = new Levels(chosen.average, chosen.max, chosen.length)
      let now = START
      for (const { pause, percent } of requests) {
        now += BigInt(Math.round(pause * 1e9))
        levels.leak(Math.round(pause * 1e9) / 1e9)
        const bytes = Math.ceil((chosen.average * percent) / 100)
        const { waitNs } = limited.admit('read', bytes, now)
        // A nanosecond of rounding for each request, and what a double's levels cannot hold.
        expect(Math.abs(waitNs - levels.wait * 1e9)).toBeLessThan(200)
        now += BigInt(waitNs)
        levels.leak(waitNs / 1e9)
        levels.pour(bytes)
      }
    }),
  )
})

/** What passed when, in nanoseconds: in the order of time, and of what passed at the same time, of arrival. */
type Passed = { readonly at: number; readonly bytes: number }[]

const traffic = fc.array(
  fc.record({ gap: fc.integer({ min: 0, max: 400_000_000 }), percent: fc.integer({ min: 0, max: 200 }) }),
  { minLength: 1, maxLength: 80 },
)

type AnyTraffic = typeof traffic extends fc.Arbitrary<infer T> ? T : never

function pass(limited: readonly LeakyBuckets[], average: number, requests: AnyTraffic): Passed {
  let now = START
  const passed = requests.map(({ gap, percent }, index) => {
    now += BigInt(gap)
    const bytes = Math.ceil((average * percent) / 100)
    const { waitNs } = limited[index % limited.length]!.admit(index % 3 === 0 ? 'write' : 'read', bytes, now)
    return { at: Number(now - START) + waitNs, bytes }
  })
  return passed.sort((a, b) => a.at - b.at)
}

/** The most that any window of time saw beyond what leaks in it at `rate`; the last request of a window is let in whole. */
function excess(passed: Passed, rate: number): number {
  let most = 0
  passed.forEach((first, from) => {
    let sum = 0
    for (const { at, bytes } of passed.slice(from)) {
      most = Math.max(most, sum - (rate * (at - first.at)) / 1e9)
      sum += bytes
    }
  })
  return most
}

describe('whatever comes, and when', () => {
  it('no window of time sees more than the average, and a bucket, in two threads together', () => {
    fc.assert(
      fc.property(limit, traffic, (chosen, requests) => {
        const passed = pass(sharedBuckets(optionsOf(chosen), 2), chosen.average, requests)
        const bucket = chosen.max === 0 ? chosen.average / 10 : chosen.max * chosen.length
        expect(excess(passed, chosen.average)).toBeLessThanOrEqual(bucket + chosen.average * 1e-6)
        if (chosen.length > 1) {
          expect(excess(passed, chosen.max)).toBeLessThanOrEqual(chosen.max / 10 + chosen.max * 1e-6)
        }
      }),
    )
  })

  it('what waits passes in the order in which it came', () => {
    fc.assert(
      fc.property(limit, traffic, (chosen, requests) => {
        const threads = sharedBuckets(optionsOf(chosen), 3)
        let now = START
        let last = START
        requests.forEach(({ gap, percent }, index) => {
          now += BigInt(gap)
          const { waitNs } = threads[index % 3]!.admit('read', Math.ceil((chosen.average * percent) / 100), now)
          expect(now + BigInt(waitNs) >= last).toBe(true)
          last = now + BigInt(waitNs)
        })
      }),
    )
  })

  it('with what is given back, never more passes in all than the limits allow', () => {
    fc.assert(
      fc.property(limit, traffic, fc.array(fc.nat({ max: 9 })), (chosen, requests, choices) => {
        const limited = buckets(optionsOf(chosen))
        const bucket = chosen.max === 0 ? chosen.average / 10 : chosen.max * chosen.length
        let now = START
        const passing: { at: number; bytes: number; admission: Admission }[] = []
        requests.forEach(({ gap, percent }, index) => {
          now += BigInt(gap)
          const bytes = Math.ceil((chosen.average * percent) / 100)
          const admission = limited.admit('read', bytes, now)
          passing.push({ at: Number(now - START) + admission.waitNs, bytes, admission })
          const abandoned = passing[passing.length - 1 - (choices[index] ?? 0)]
          if (abandoned === undefined || abandoned.at <= Number(now - START)) return
          limited.giveBack(abandoned.admission, now)
          passing.splice(passing.indexOf(abandoned), 1)
        })
        for (const { at } of passing) {
          // The last that was admitted is let in whole.
          const before = passing.filter((other) => other.at <= at).slice(0, -1)
          const sum = before.reduce((total, { bytes }) => total + bytes, 0)
          expect(sum).toBeLessThanOrEqual((chosen.average * at) / 1e9 + bucket + chosen.average * 1e-6)
        }
      }),
    )
  })
})
