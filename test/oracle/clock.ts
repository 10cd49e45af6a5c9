// Times that a clock has set are equal to any other such time; all others must be equal to the nanosecond.

/**
 * The kernel stamps inodes with the time of its last tick, up to 10 ms ago (CONFIG_HZ=100), and two sides are never
 * asked at the same moment. Nobody in a test sets a time near the present, so what lies between the start and now was
 * set by the clock.
 */
const TICK_NS = 20_000_000n
const SECOND = 1_000_000_000n

export class Clock {
  private readonly start = BigInt(Date.now()) * 1_000_000n - TICK_NS

  /** `clock` for a time that was taken from it since this object was made, or else the time. */
  show(ns: bigint): string {
    const now = BigInt(Date.now() + 1) * 1_000_000n
    return ns >= this.start && ns <= now ? 'clock' : `${ns}`
  }

  /** The same for a time of which only the second is told. */
  showSecond(seconds: number): string {
    const isFromClock = seconds >= Number(this.start / SECOND) && seconds <= Date.now() / 1000
    return isFromClock ? 'clock' : `${seconds} s`
  }
}
