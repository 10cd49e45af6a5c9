// A walk in its order, as portions: what was found in those that were walked, and where the others are. It begins as one.

import { type Place, placeBelow, routeTo } from './place.js'
import { type Answer, type Stretch, type Task, WHOLE } from './task.js'

/** A stretch of a directory and what is below it. Once a task has walked it, what that left to others comes behind it. */
export interface Portion<Result> {
  /** The directory; undefined for the start. */
  readonly place: Place | undefined
  readonly stretch: Stretch
  /** How many entries it has, going by what was seen near it; Infinity where that says nothing. */
  readonly estimate: number
  state: 'waiting' | 'given' | 'walked'
  found: Answer<Result>['found']
  next: Portion<Result> | undefined
}

/** The task to walk a portion, for a thread whose trail ended at a place (undefined: at the start). */
export function taskFor({ place, stretch }: Portion<unknown>, trailEnd: Place | undefined): Task {
  return { ...routeTo(place, trailEnd), identity: place?.identity, ...stretch }
}

/** What a portion takes besides what was found in it. */
const PORTION_BYTES = 256

export class WalkOrder<Result> {
  /** Of what was found and not taken. */
  bytes = 0
  /** Entries visited so far. */
  visited = 0
  private first: Portion<Result> | undefined = {
    ...{ place: undefined, stretch: WHOLE, estimate: Infinity },
    ...{ state: 'waiting', found: undefined, next: undefined },
  }

  /** The portion for which everything else waits; undefined when all has been walked and taken. */
  get foremost(): Portion<Result> | undefined {
    while (this.first?.state === 'walked' && this.first.found === undefined) this.first = this.first.next
    return this.first
  }

  /** The next result; undefined where one must be waited for, and at the end. */
  take(): { readonly result: Result } | undefined {
    const found = this.foremost?.found
    if (found === undefined) return undefined
    this.bytes -= found.bytes + PORTION_BYTES
    this.first = this.first?.next
    return found
  }

  /** The portions that nobody has yet. */
  *waiting(): Generator<Portion<Result>> {
    for (let portion = this.first; portion !== undefined; portion = portion.next) {
      if (portion.state === 'waiting') yield portion
    }
  }

  /** Notes what became of a portion; returns the place where the task stopped. */
  walked(portion: Portion<Result>, { found, visited, steps, rests }: Answer<Result>): Place | undefined {
    portion.state = 'walked'
    portion.found = found
    this.visited += visited
    if (found !== undefined) this.bytes += found.bytes + PORTION_BYTES
    const places = [portion.place]
    for (const step of steps) places.push(placeBelow(places.at(-1), step))
    let last = portion
    for (const { from, count, steps: below, estimate } of rests) {
      const next = last.next
      last.next = { place: places[below], stretch: { from, count }, estimate, state: 'waiting', found: undefined, next }
      last = last.next
    }
    return places.at(-1)
  }
}
