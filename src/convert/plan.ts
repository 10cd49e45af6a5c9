// What a conversion is going to do, and what became of it. Plain data; paths are bytes (Latin-1), relative to the tree, the
// root's being '.'.

import type { ErrnoError } from '../errors.js'
import type { SecurityModel } from '../ownership/security-models.js'

/** The kinds of change, in the order in which they are listed. One entry may need several. */
export const changeKinds = ['owner', 'mode', 'symlink', 'device', 'fifo', 'socket', 'acl', 'hard-link', 'copy'] as const
export type ChangeKind = (typeof changeKinds)[number]
export type ChangeCounts = Readonly<Record<ChangeKind, number>>
export const noChanges = Object.fromEntries(changeKinds.map((kind) => [kind, 0])) as ChangeCounts

/** An entry that is left as it is, and why: without a full stop. */
export interface Refused {
  readonly path: string
  readonly reason: string
}

/** What the target cannot hold of an entry. */
export interface Lost {
  readonly path: string
  readonly what: string
}

/** An entry that could not be looked at or changed. */
export interface Failed {
  readonly path: string
  readonly error: ErrnoError
}

export interface Plan {
  readonly from: SecurityModel
  readonly to: SecurityModel
  /** An interrupted conversion is gone on with. */
  readonly isResumed: boolean
  /** An interrupted conversion is put back: from and to are those of the way back. */
  readonly isAbort: boolean
  /** Everything in the tree that was looked at, its root included. */
  readonly entries: number
  readonly changes: ChangeCounts
  /** Entries that are to be changed, and those that are in the target's form. */
  readonly changed: number
  readonly unchanged: number
  /** File contents that go into a new tree, holes left out. */
  readonly bytesToCopy: number
  /** Left as they are, for the guest's claims are not believed without a flag, or the target has no place for them. */
  readonly refused: readonly Refused[]
  /** What the caller has not the privilege for. */
  readonly forbidden: readonly Refused[]
  readonly lost: readonly Lost[]
  readonly failed: readonly Failed[]
}

/** One change that was made, for a log. */
export interface LoggedChange {
  readonly path: string
  readonly changes: readonly ChangeKind[]
  /** What the object is for the target's guest. */
  readonly uid: number
  readonly gid: number
  readonly mode: number
  readonly rdev: { readonly major: number; readonly minor: number }
}

/** An entry that a guest sees otherwise than before, and in what. */
export interface Difference {
  readonly path: string
  readonly what: string
}

export interface Outcome {
  readonly changed: number
  readonly unchanged: number
  readonly changes: ChangeCounts
  readonly failed: readonly Failed[]
  /** What a comparison of the guest's view before and after found; undefined where none was asked for. */
  readonly differences: readonly Difference[] | undefined
  /** Entries that were compared. */
  readonly compared: number
  /** Why there was no comparison although one was asked for: without a full stop. */
  readonly whyNotCompared: string | undefined
  /** Why it stopped before its end, to be resumed or aborted: a disk that is full or failing, or a signal. */
  readonly interruption: ErrnoError | 'stopped' | undefined
  /** False while the tree is still marked as under conversion. */
  readonly isFinished: boolean
}

/** The members of an outcome that say so. */
export const NOT_COMPARED = { differences: undefined, compared: 0, whyNotCompared: undefined }

/** What a conversion tells while it is under way, and asks. */
export interface ConversionObserver {
  /** Entries looked at, before it is known how many there are. */
  looked?(entries: number): void
  /** Entries done of all that are to be. */
  progressed?(done: number, total: number): void
  logged?(changes: readonly LoggedChange[]): void
  /** True once it is to stop at the next safe place. */
  readonly isStopped?: () => boolean
}
