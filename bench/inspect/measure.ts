// Runs programs to their end, in turns, and compares how long they took. What they print goes nowhere.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { meets, quantile } from '../compare.js'
import type { Progress } from '../measure.js'
import { type Argv, type InspectRow, inspectRows } from './rows.js'
import { makeTree } from './tree.js'

/** One row measured: times in milliseconds, memory in megabytes of 10^6 bytes. */
export interface MeasuredInspectRow {
  readonly row: InspectRow
  readonly ours: number
  readonly peer: number
  /** The median of the rounds' ratios, in the direction that the row's target is about. */
  readonly ratio: number
  readonly spread: readonly [number, number]
  readonly isMet: boolean
  /** The most that our process ever held, of all rounds. */
  readonly peak: number
}

export interface MeasuredInspection {
  readonly entries: number
  readonly rounds: number
  readonly rows: readonly MeasuredInspectRow[]
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
  makeTree(tree, entries)
  const file = join(tree, 'group-0', 'directory-0', 'file-1.dat')
  const rows: MeasuredInspectRow[] = []
  for (const row of inspectRows) {
    say(`${row.title} beside ${row.peerTitle}`)
    rows.push(await compare(row, tree, file, rounds))
  }
  return { entries, rounds, rows }
}

async function compare(row: InspectRow, tree: string, file: string, rounds: number): Promise<MeasuredInspectRow> {
  const ours: Run[] = []
  const peer: Run[] = []
  const runs = [
    { argv: row.ours(tree, file), into: ours },
    { argv: row.peer(tree, file), into: peer },
  ]
  // Once for each, uncounted: what is read from the disk is in memory afterwards.
  for (const { argv } of runs) await run(argv)
  for (let round = 0; round < rounds * (row.repeat ?? 1); round++) {
    for (const { argv, into } of round % 2 === 0 ? runs : runs.toReversed()) into.push(await run(argv))
  }
  const ratios = ours.map(({ milliseconds }, round) => {
    const theirs = peer[round]?.milliseconds ?? NaN
    return row.isSpeed ? theirs / milliseconds : milliseconds / theirs
  })
  const ratio = quantile(ratios, 0.5)
  const median = (figures: readonly Run[]): number =>
    quantile(
      figures.map(({ milliseconds }) => milliseconds),
      0.5,
    )
  return {
    row,
    ours: median(ours),
    peer: median(peer),
    ratio,
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    isMet: meets(ratio, row.target),
    peak: Math.max(...ours.map(({ peak }) => peak)),
  }
}

interface Run {
  readonly milliseconds: number
  readonly peak: number
}

/** Between two looks at how much memory a program has: VmHWM remembers the most, but ends with the process. */
const LOOK_EVERY_MS = 20

function run([program, ...args]: Argv): Promise<Run> {
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint()
    const child = spawn(program, args, { stdio: 'ignore' })
    let peak = 0
    const looking = setInterval(() => {
      peak = Math.max(peak, peakOf(child.pid))
    }, LOOK_EVERY_MS)
    child.on('error', (cause) => {
      clearInterval(looking)
      reject(new Error(`Cannot run ${program}: ${cause.message}`))
    })
    child.on('exit', (code, signal) => {
      const milliseconds = Number(process.hrtime.bigint() - began) / 1e6
      clearInterval(looking)
      if (code === 0) resolve({ milliseconds, peak })
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code ?? signal ?? 'nothing'}`))
    })
  })
}

/** VmHWM of proc(5) in megabytes; 0 for a process that has ended. */
function peakOf(pid: number | undefined): number {
  try {
    const [, kilobytes = 0] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return (Number(kilobytes) * 1024) / 1e6
  } catch {
    return 0
  }
}
