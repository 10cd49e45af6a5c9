// What a measurement is. A workload prepares itself once on each server and then runs in short slices, so that the servers
// can be measured in turns; a slice first checks what a server answers, not only that it answers fast.

import type { Fixture } from './fixture.js'

/** How a figure reads: work in a second (more is better), or microseconds an operation (less is better). */
export type Unit = '/s' | 'MB/s' | 'µs'

/** One slice on the server it was made for; returns the figure. */
export type Slice = () => number

export interface Workload {
  readonly title: string
  readonly unit: Unit
  prepare(fixture: Fixture): Slice
}

/** Operations in a second. */
export const perSecond = (operations: number, seconds: number): number => operations / seconds

/** Microseconds an operation took. */
export const microseconds = (operations: number, seconds: number): number => (seconds / operations) * 1e6

/** Refuses an answer that is not what was made. */
export function expect(what: string, actual: unknown, wanted: unknown): void {
  if (actual !== wanted) throw new Error(`Cannot accept ${what} ${String(actual)}: ${String(wanted)} was made`)
}
