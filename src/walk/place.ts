// Directories below a walk's start, as the calling thread remembers them: by name, each once, however many tasks are in it.

import type { Name } from '../name.js'
import type { Identity, Step } from './task.js'

export interface Place {
  readonly name: Name
  readonly identity: Identity
  /** Undefined directly below the start. */
  readonly above: Place | undefined
  /** Levels below the start. */
  readonly level: number
}

/** The directory one step below; `above` is undefined for the start. */
export function placeBelow(above: Place | undefined, { name, dev, ino }: Step): Place {
  return { name, identity: { dev, ino }, above, level: (above?.level ?? 0) + 1 }
}

/** How one comes from one place to another: so many levels are on the way to both, and then names follow. */
export function routeTo(place: Place | undefined, from: Place | undefined): { shared: number; names: Name[] } {
  const names: Name[] = []
  let [here, there] = [place, from]
  while (here !== there) {
    if ((there?.level ?? 0) > (here?.level ?? 0)) {
      there = there?.above
      continue
    }
    if (here === undefined) break
    names.push(here.name)
    here = here.above
  }
  return { shared: here?.level ?? 0, names: names.reverse() }
}
