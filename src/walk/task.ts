// The pieces into which a walk is divided. They are plain data: tasks go to threads, answers come back.

import { BEGINNING, type Position } from '../host/host-directory.js'
import type { Name } from '../name.js'

/** Which directory it is, whatever it is called by now. */
export interface Identity {
  readonly dev: number
  readonly ino: bigint
}

/** A stretch of a directory's listing. */
export interface Stretch {
  readonly from: Position
  /** How many names belong to it; Infinity: all that follow. */
  readonly count: number
}

/** All of it. */
export const WHOLE: Stretch = { from: BEGINNING, count: Infinity }

/**
 * Visit a stretch of a directory, and everything below it. Where that directory is, is told from where the thread's trail
 * ended last (the start, for its first task): so a task five thousand levels deep is as short as any other.
 */
export interface Task extends Stretch {
  /** Levels of the trail that lead there too. */
  readonly shared: number
  /** Names that lead on from there. */
  readonly names: readonly Name[]
  /** Undefined for the start. */
  readonly identity: Identity | undefined
}

/** One step down. */
export interface Step extends Identity {
  readonly name: Name
}

/** A stretch that is left to others. */
export interface Rest extends Stretch {
  /** In which directory: this many of the answer's steps lead there from the task's. */
  readonly steps: number
  /** How many entries there are in it and below, going by what was seen so far. */
  readonly estimate: number
}

/** What became of a task: its entries up to somewhere, and then what is left of it, in the order of the walk. */
export interface Answer<Result> {
  readonly found: { readonly result: Result; readonly bytes: number } | undefined
  /** How many entries it visited. */
  readonly visited: number
  /** Where it stopped, from its own directory down: the thread's trail ends there. */
  readonly steps: readonly Step[]
  readonly rests: readonly Rest[]
}
