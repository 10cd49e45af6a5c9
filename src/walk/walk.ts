// Walking through a tree in parallel: everything below a directory, in find(1)'s order, whatever number of threads it is.

import { availableParallelism } from 'node:os'
import type { HostDirectory } from '../host/host-directory.js'
import { Crew } from './crew.js'
import { type WalkLimits, walkLimits } from './limits.js'
import { loadVisitor, type VisitorSource } from './visitor.js'
import { taskFor, WalkOrder } from './walk-order.js'
import { Walker } from './walker.js'

export interface WalkOptions {
  /** How many threads there may be besides the calling one; as many as the machine runs at once when absent. */
  readonly jobs?: number
  /** Told now and then how many entries were visited so far. */
  readonly progress?: ((visited: number) => void) | undefined
  /** Those that are to be other than usual. */
  readonly limits?: Partial<WalkLimits>
}

/**
 * Gives what visitors find below a directory, which is to stay open until the end and is itself only entered. The order is
 * that of the tree: an entry, then what is below it, then the next in the host's order. Ending the generator early ends
 * its threads. Throws what a visitor throws, and where a thread cannot go on.
 */
export async function* walk<Result>(
  start: HostDirectory,
  visitor: VisitorSource,
  { jobs = availableParallelism(), progress, limits: changed }: WalkOptions = {},
): AsyncGenerator<Result, void, void> {
  const limits = { ...walkLimits, ...changed }
  const order = new WalkOrder<Result>()
  await walkAlone(order, start, visitor, limits)
  await using crew = new Crew({ order, start: start.sharedPath(), visitor, jobs, limits })
  while (order.foremost !== undefined) {
    crew.work()
    progress?.(order.visited)
    const found = order.take()
    if (found === undefined) await crew.answer()
    else yield found.result
  }
}

/** Threads take longer to start than a small tree to be walked. */
async function walkAlone<Result>(
  order: WalkOrder<Result>,
  start: HostDirectory,
  visitor: VisitorSource,
  limits: WalkLimits,
): Promise<void> {
  const alone = { ...limits, entriesAtOnce: limits.entriesAlone }
  using walker = new Walker(start, await loadVisitor<Result>(visitor), alone)
  const whole = order.foremost!
  const [answer] = walker.work([taskFor(whole, undefined)])
  order.walked(whole, answer!)
}
