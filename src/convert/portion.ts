// What one thread is given at once: names in directories, and how to come there. Plain data.

import type { Name } from '../name.js'
import type { Identity } from '../walk/task.js'
import type { ChangeKind, LoggedChange } from './plan.js'
import type { ScanFailure } from './scan-part.js'

/** Names in one directory. Where that is, is told from the run before; for the first of a portion, from the root. */
export interface Run extends Identity {
  readonly shared: number
  readonly down: readonly Name[]
  /** Each with a slash behind it. */
  readonly names: string
  /** The directory of the new tree where they go, under the same names; undefined in place. */
  readonly destination: Identity | undefined
}
export type Portion = readonly Run[]

/** What became of a portion. Plain data. */
export interface PortionOutcome {
  /** Names that were come to. */
  readonly done: number
  readonly changed: number
  readonly changes: Partial<Record<ChangeKind, number>>
  readonly failed: readonly ScanFailure[]
  readonly logged: readonly LoggedChange[]
  /** What must end the whole run: the disk is full or failing, or may not be written to. */
  readonly fatal: ScanFailure | undefined
}

export const namesOf = ({ names }: Pick<Run, 'names'>): Name[] => names.split('/').slice(0, -1) as Name[]
