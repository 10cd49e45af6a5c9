// Limits on an export's I/O, shared by all its connections, in whatever threads they live: QEMU's leaky buckets
// (reference §4, throttling), in shared memory.
//
// A bucket that leaks at a constant rate needs one number: the moment at which it will be empty. Its level at any time
// is rate × (that moment − now), what pours in puts the moment off, and what may be in it before a request must wait
// is a length of time. So each bucket is one 64-bit word that is changed by compare-and-exchange, and there is no lock:
// a thread that dies half-way leaves at most a reservation behind, which leaks away like any other.
//
// A request is accounted when it arrives, not when its wait is over. That is its place in the queue: who comes later
// finds the bucket fuller, and waits longer, in whichever thread. And since the moment does not depend on when a timer
// fires, a late timer costs no throughput.

import { type Limit, type Rate, throttledRates, type Throttling } from './throttling.js'

export type Direction = 'read' | 'write'

/** What threads share, given to each of them in its workerData. */
export interface SharedThrottling {
  readonly throttling: Throttling
  readonly memory: SharedArrayBuffer
}

/** What has been delayed since the beginning, in all threads. */
export interface Delays {
  readonly requests: number
  /** The waits that were imposed, also on requests that were given back. */
  readonly nanoseconds: number
}

const NS_PER_S = 1e9
const NS_PER_MS = 1e6
/** Beyond this setTimeout does not wait at all. */
const TIMER_MAX_MS = 2 ** 31 - 1
/** What may come at once of a limit without a rate of bursts, and of a burst's rate. */
const TENTH_NS = 100_000_000n
/** No bucket is filled beyond this (146 years), so that no moment leaves its word. */
const HORIZON_NS = 2 ** 62
const DELAYED_REQUESTS = 0
const DELAYED_NS = 1
const FIRST_BUCKET = 2
/** Each rate has two: what it leaks on average, and what it leaks in a burst. */
const WORDS = FIRST_BUCKET + 2 * throttledRates.length

/** Makes the shared part of a configuration's buckets, which are empty. */
export const shareThrottling = (throttling: Throttling): SharedThrottling => ({
  throttling,
  memory: new SharedArrayBuffer(WORDS * BigInt64Array.BYTES_PER_ELEMENT),
})

const earlier = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const later = (a: bigint, b: bigint): bigint => (a > b ? a : b)

interface Bucket {
  /** Its place in the shared memory. */
  readonly word: number
  readonly unit: 'bytes' | 'requests'
  readonly nsPerUnit: number
  /** How far away the moment of emptiness may be when a request comes that need not wait. */
  readonly toleranceNs: bigint
  /** Part of a nanosecond that this thread has not accounted yet: at a high rate a request costs few of them. */
  carry: number
}

interface Reservation {
  readonly word: number
  readonly costNs: bigint
  /** The moment at which the last of it will have leaked. */
  readonly end: bigint
}

/** Leave for one request. */
export class Admission {
  /** Reserves nothing and waits for nothing. */
  static readonly atOnce = new Admission(0, [])

  constructor(
    /** How long the request must wait before its I/O may be done, in nanoseconds; 0 for not at all. */
    readonly waitNs: number,
    private reservations: readonly Reservation[],
  ) {}

  /** The wait for setTimeout: whole milliseconds, not fewer, as far as a timer goes (24 days). */
  get waitMs(): number {
    return Math.min(Math.ceil(this.waitNs / NS_PER_MS), TIMER_MAX_MS)
  }

  /** What was reserved, for the one who asks first. */
  takeReservations(): readonly Reservation[] {
    const taken = this.reservations
    this.reservations = []
    return taken
  }
}

/** One thread's access to the buckets. Nothing here blocks. */
export class LeakyBuckets {
  private readonly words: BigInt64Array
  private readonly buckets: Readonly<Record<Direction, readonly Bucket[]>>
  private readonly iopsSize: number

  constructor({ throttling, memory }: SharedThrottling) {
    this.words = new BigInt64Array(memory)
    this.iopsSize = throttling.iopsSize ?? Number.POSITIVE_INFINITY
    const of = (rates: readonly Rate[]): Bucket[] => rates.flatMap((rate) => bucketsOf(rate, throttling.limits[rate]))
    const total = of(['bps-total', 'iops-total'])
    this.buckets = {
      read: [...total, ...of(['bps-read', 'iops-read'])],
      write: [...total, ...of(['bps-write', 'iops-write'])],
    }
  }

  /**
   * Accounts a request for `bytes` bytes and says how long it must wait: until every bucket that it concerns holds no
   * more than it may, without this request (as in QEMU, one request of any size may follow). `now` is in nanoseconds,
   * of a clock that all threads share and that never goes back: process.hrtime.bigint().
   */
  admit(direction: Direction, bytes: number, now: bigint): Admission {
    const buckets = this.buckets[direction]
    if (buckets.length === 0) return Admission.atOnce
    const requests = bytes > this.iopsSize ? bytes / this.iopsSize : 1
    const reservations: Reservation[] = []
    let wait = 0n
    for (const bucket of buckets) {
      const reservation = this.reserve(bucket, bucket.unit === 'bytes' ? bytes : requests, now)
      const start = reservation.end - reservation.costNs
      wait = later(wait, start - now - bucket.toleranceNs)
      reservations.push(reservation)
    }
    if (wait > 0n) {
      Atomics.add(this.words, DELAYED_REQUESTS, 1n)
      Atomics.add(this.words, DELAYED_NS, wait)
    }
    return new Admission(Number(wait), reservations)
  }

  /**
   * Takes back what a request reserved that was abandoned while it waited (Tflush, the end of its connection); for one
   * whose I/O has begun it must not be called. What has leaked already stays leaked, and a second call does nothing.
   *
   * Requests that wait already keep their time; those that come later find the place free. So a window of time may see
   * more than the limit, by at most what was waiting then; counted from the beginning, never more passes than the
   * limits allow. (The same holds for one limit where a request has waited for another.)
   */
  giveBack(admission: Admission, now: bigint): void {
    for (const { word, costNs, end } of admission.takeReservations()) {
      const left = earlier(end - now, costNs)
      if (left > 0n) Atomics.sub(this.words, word, left)
    }
  }

  /** Totals for an operator; each only grows. */
  get delays(): Delays {
    return {
      requests: Number(Atomics.load(this.words, DELAYED_REQUESTS)),
      nanoseconds: Number(Atomics.load(this.words, DELAYED_NS)),
    }
  }

  /** Pours `units` into a bucket. */
  private reserve(bucket: Bucket, units: number, now: bigint): Reservation {
    const exact = units * bucket.nsPerUnit + bucket.carry
    const whole = Math.floor(exact)
    bucket.carry = exact - whole
    const cost = BigInt(Math.min(whole, HORIZON_NS))
    const latest = now + BigInt(HORIZON_NS)
    for (;;) {
      const was = Atomics.load(this.words, bucket.word)
      const start = later(was, now)
      const end = earlier(start + cost, later(start, latest))
      if (Atomics.compareExchange(this.words, bucket.word, was, end) === was) {
        return { word: bucket.word, costNs: end - start, end }
      }
    }
  }
}

/** The buckets of one limit: one for the average, and one for the burst's rate where a burst has a length. */
function bucketsOf(rate: Rate, limit: Limit | undefined): Bucket[] {
  if (limit === undefined) return []
  const { average, max, burstSeconds } = limit
  const word = FIRST_BUCKET + 2 * throttledRates.indexOf(rate)
  const unit = rate.startsWith('bps-') ? 'bytes' : 'requests'
  const main = { word, unit, nsPerUnit: NS_PER_S / average, carry: 0 } as const
  if (max === undefined) return [{ ...main, toleranceNs: TENTH_NS }]
  const whole = { ...main, toleranceNs: BigInt(Math.floor((max * burstSeconds * NS_PER_S) / average)) }
  // As in QEMU, a burst of one second may come all at once.
  if (burstSeconds === 1) return [whole]
  return [whole, { ...main, word: word + 1, nsPerUnit: NS_PER_S / max, toleranceNs: TENTH_NS }]
}
