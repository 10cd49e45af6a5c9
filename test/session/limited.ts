// Buckets over simulated time: the clock of these tests is a number, and nothing waits.

import { LeakyBuckets, shareThrottling } from '../../src/session/leaky-buckets.js'
import { throttlingOfFlags } from '../../src/session/throttling.js'

/** A second. */
export const S = 1_000_000_000n
export const START = 77n * S

/** Buckets of `threads` threads, for the options given by their names without `throttling.`. */
export function sharedBuckets(options: Record<string, number>, threads: number): readonly LeakyBuckets[] {
  const flags = new Map(Object.entries(options).map(([name, value]) => [`throttling.${name}`, String(value)]))
  const shared = shareThrottling(throttlingOfFlags(Object.fromEntries(flags)))
  // What a worker gets in its workerData is a clone; the memory in it is the same.
  return Array.from({ length: threads }, () => new LeakyBuckets(structuredClone(shared)))
}

/** The same in one thread. */
export const buckets = (options: Record<string, number>): LeakyBuckets => sharedBuckets(options, 1)[0]!
