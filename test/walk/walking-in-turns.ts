// A walk by several walkers in one thread, which take their turns as the test draws them: what threads may do, in every
// order that they might do it, and the same again for the same draws.

import { expect } from 'vitest'
import type { Host } from '../../src/host/host-directory.js'
import { linuxHost } from '../../src/host/linux-host.js'
import { type WalkLimits, walkLimits } from '../../src/walk/limits.js'
import type { Place } from '../../src/walk/place.js'
import { type Portion, taskFor, WalkOrder } from '../../src/walk/walk-order.js'
import type { Visitor } from '../../src/walk/visitor.js'
import { Walker } from '../../src/walk/walker.js'
import { linesOf, listing, type ListingOptions } from './listing.js'

export interface Turns extends ListingOptions {
  readonly walkers: number
  /** Linux's when absent. */
  readonly host?: Host
  readonly limits?: Partial<WalkLimits>
  /** Draws a number below `many`. */
  readonly draw: (many: number) => number
}

/** Each turn goes to the first walker and the first portion. */
export const inOrder = (): number => 0

interface ListingVisitor extends Visitor<Uint8Array> {
  /** Directories that were entered and not left. */
  readonly entered: number
  /** The most that there were. */
  readonly mostEntered: number
}

interface Hand {
  readonly walker: Walker<Uint8Array>
  readonly visitor: ListingVisitor
  trailEnd: Place | undefined
}

const { createVisitor } = (await import(listing().module)) as {
  createVisitor(options: ListingOptions): ListingVisitor
}

/** Lists everything below a directory. */
export function walkInTurns(
  path: string,
  { walkers, host = linuxHost, limits: changed, draw, ...options }: Turns,
): string[] {
  const limits = { ...walkLimits, ...changed }
  using start = host.openDirectory(Buffer.from(path).toString('latin1'))
  const hands = Array.from({ length: walkers }, (): Hand => {
    const visitor = createVisitor(options)
    return { visitor, walker: new Walker(start, visitor, limits), trailEnd: undefined }
  })
  const order = new WalkOrder<Uint8Array>()
  const found: Uint8Array[] = []
  for (let waiting = [...order.waiting()]; waiting.length > 0; waiting = [...order.waiting()]) {
    const first = draw(waiting.length)
    takeTurn(order, hands[draw(walkers)]!, waiting.slice(first, first + 1 + draw(limits.tasksAtOnce)))
    for (let next = order.take(); next !== undefined; next = order.take()) found.push(next.result)
  }
  for (const { walker, visitor } of hands) {
    walker[Symbol.dispose]()
    expect(visitor.entered).toBe(0)
    // The start besides.
    expect(visitor.mostEntered).toBeLessThanOrEqual(limits.openDirectories + 1)
  }
  return linesOf(found)
}

function takeTurn(order: WalkOrder<Uint8Array>, hand: Hand, portions: readonly Portion<Uint8Array>[]): void {
  const tasks = portions.map((portion, index) =>
    taskFor(portion, index === 0 ? hand.trailEnd : portions[index - 1]!.place),
  )
  hand.walker.work(tasks).forEach((answer, index) => {
    hand.trailEnd = order.walked(portions[index]!, answer)
  })
}
