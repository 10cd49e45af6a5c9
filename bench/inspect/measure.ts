// Runs the commands that look at trees, and their peers, in turns.

import { join } from 'node:path'
import { makeMappedTree } from '../mapped-tree.js'
import type { Progress } from '../measure.js'
import { type MeasuredProgramRow, measuredRow } from '../programs/rows.js'
import { type Run, runProgram } from '../programs/run-program.js'
import { type InspectRow, inspectRows } from './rows.js'

export interface MeasuredInspection {
  readonly entries: number
  readonly rounds: number
  readonly rows: readonly MeasuredProgramRow[]
}

/** Measures every row on a new tree under `scratch`. */
export async function measureInspection(
  scratch: string,
  entries: number,
  rounds: number,
  say: Progress,
): Promise<MeasuredInspection> {
  const tree = join(scratch, 'inspected')
  say(`making a tree of ${entries} entries`)
  makeMappedTree(tree, entries)
  const file = join(tree, 'group-0', 'directory-0', 'file-1.dat')
  const rows: MeasuredProgramRow[] = []
  for (const row of inspectRows) {
    say(`${row.title} beside ${row.peerTitle}`)
    rows.push(await compare(row, tree, file, rounds))
  }
  return { entries, rounds, rows }
}

async function compare(row: InspectRow, tree: string, file: string, rounds: number): Promise<MeasuredProgramRow> {
  const ours: Run[] = []
  const peer: Run[] = []
  const runs = [
    { argv: row.ours(tree, file), into: ours },
    { argv: row.peer(tree, file), into: peer },
  ]
  // Once for each, uncounted: what is read from the disk is in memory afterwards.
  for (const { argv } of runs) await runProgram(argv)
  for (let round = 0; round < rounds * (row.repeat ?? 1); round++) {
    for (const { argv, into } of round % 2 === 0 ? runs : runs.toReversed()) into.push(await runProgram(argv))
  }
  return measuredRow(row, ours, peer)
}
