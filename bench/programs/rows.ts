// Rows that compare two programs, each run to its end.

import { meets, type Summary, summarise } from '../ratio.js'
import type { Target } from '../rows.js'
import type { Run } from './run-program.js'

export interface ProgramRow {
  readonly title: string
  readonly peerTitle: string
  /** On the ratio of times, theirs ÷ ours ("as fast") or ours ÷ theirs ("takes"). */
  readonly isSpeed: boolean
  readonly target: Target
}

/** One row measured: times in milliseconds, memory in megabytes of 10^6 bytes. */
export interface MeasuredProgramRow extends Summary {
  readonly row: ProgramRow
  readonly isMet: boolean
  /** The most that our process ever held, of all rounds. */
  readonly peak: number
}

/** The most megabytes (10^6 bytes) that a command may ever hold, however large the tree. */
export const PROGRAM_MEMORY_TARGET = 200

/** Sums up what was measured in turns. */
export function measuredRow(row: ProgramRow, ours: readonly Run[], peer: readonly Run[]): MeasuredProgramRow {
  const times = (runs: readonly Run[]): number[] => runs.map(({ milliseconds }) => milliseconds)
  const summary = summarise(times(ours), times(peer), row.isSpeed)
  return {
    row,
    ...summary,
    isMet: meets(summary.ratio, row.target),
    peak: Math.max(...ours.map(({ peak }) => peak)),
  }
}
