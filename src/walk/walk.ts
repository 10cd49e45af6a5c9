// Walking through a tree in parallel: everything below a directory, in find(1)'s order, whatever number of threads it is.

import type { HostDirectory } from '../host/host-directory.js'
import { ThreadPool } from '../pool/thread-pool.js'
import { roaming } from '../sys/working-directory.js'
import { Crew } from './crew.js'
import { type WalkLimits, walkLimits } from './limits.js'
import { loadVisitor, type Visitor, type VisitorSource } from './visitor.js'
import { taskFor, WalkOrder } from './walk-order.js'
import { Walker } from './walker.js'

export interface WalkOptions {
  /** Those that are there already, which the caller ends; the walk has its own when absent. */
  readonly pool?: ThreadPool
  /** How many threads there may be of the walk's own, the calling one among them; as many as the machine runs at once when absent. */
  readonly jobs?: number | undefined
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
  source: VisitorSource,
  { pool: given, jobs, progress, limits: changed }: WalkOptions = {},
): AsyncGenerator<Result, void, void> {
  const limits = { ...walkLimits, ...changed }
  const order = new WalkOrder<Result>()
  const visitor = await loadVisitor<Result>(source)
  walkAlone(order, start, visitor, limits)
  await using own = given === undefined ? new ThreadPool(jobs) : undefined
  const pool = given ?? own!
  // What it finds in a short time: it listens to the others in between.
  using walker = new Walker(start, visitor, {
    ...limits,
    entriesAtOnce: Math.min(limits.entriesAtOnce, limits.entriesBetween),
  })
  using crew = new Crew({ order, start: start.sharedPath(), visitor: source, pool, walker, limits })
  while (order.foremost !== undefined) {
    crew.work()
    progress?.(order.visited)
    const found = order.take()
    if (found === undefined) await crew.answer()
    else yield found.result
  }
}

/** Threads take longer to start than a small tree to be walked. */
function walkAlone<Result>(
  order: WalkOrder<Result>,
  start: HostDirectory,
  visitor: Visitor<Result, unknown>,
  limits: WalkLimits,
): void {
  using walker = new Walker(start, visitor, { ...limits, entriesAtOnce: limits.entriesAlone })
  const whole = order.foremost!
  const [answer] = roaming(() => walker.work([taskFor(whole, undefined)]))
  order.walked(whole, answer!)
}
