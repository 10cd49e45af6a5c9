// Has trees converted by our program and by its peers, in turns.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeMappedTree } from '../mapped-tree.js'
import type { Progress } from '../measure.js'
import { type MeasuredProgramRow, measuredRow } from '../programs/rows.js'
import { projectFile, type Run } from '../programs/run-program.js'
import { compileFloor } from './floor.js'
import { byShell, roundTrip } from './round-trip.js'
import {
  type Converter,
  floorRows,
  LARGE_ENTRIES,
  ourConverter,
  SHELL_ENTRIES,
  shellRow,
  type Way,
  ways,
} from './rows.js'

/** The most memory that our program ever held, in megabytes of 10^6 bytes. */
export interface LargeConversion {
  readonly entries: number
  readonly peak: Readonly<Record<Way, number>>
}

export interface MeasuredConversions {
  readonly entries: number
  readonly rounds: number
  readonly rows: readonly MeasuredProgramRow[]
}

interface Contestant {
  readonly converter: Converter
  readonly runs: Readonly<Record<Way, Run[]>>
}

const enter = (converter: Converter): Contestant => ({ converter, runs: { passthrough: [], 'mapped-xattr': [] } })

/** Measures every row on new trees under `scratch`; those beside the C program only where there is a compiler. */
export async function measureConversions(
  scratch: string,
  entries: number,
  rounds: number,
  say: Progress,
): Promise<MeasuredConversions> {
  const ours = enter(ourConverter)
  const floor = compileFloor(projectFile('bench/convert/floor.c'), scratch)
  if (floor === undefined)
    say('there is no cc ("apt-get install gcc libc6-dev" on Debian): no row beside the calls in C')
  const peer = floor && enter(floor)
  const contestants = peer ? [ours, peer] : [ours]
  say(`making a tree of ${entries} entries`)
  const tree = join(scratch, 'converted')
  makeMappedTree(tree, entries)
  // Once for each, uncounted, as the last round leaves it for the next.
  for (const { converter } of contestants) await roundTrip(tree, converter)
  const shell: Run[] = []
  for (let round = 0; round < rounds; round++) {
    say(`converting there and back, round ${round + 1} of ${rounds}`)
    for (const { converter, runs } of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const took = await roundTrip(tree, converter)
      for (const to of ways) runs[to].push(took[to])
    }
    shell.push(scaled(await byShell(scratch, SHELL_ENTRIES), entries / SHELL_ENTRIES))
  }
  rmSync(tree, { recursive: true })
  const besideFloor = peer ? ways.map((to) => measuredRow(floorRows[to], ours.runs[to], peer.runs[to])) : []
  return { entries, rounds, rows: [...besideFloor, measuredRow(shellRow, ours.runs.passthrough, shell)] }
}

const scaled = ({ milliseconds, peak }: Run, factor: number): Run => ({ milliseconds: milliseconds * factor, peak })

/** Converts a large tree there and back again, for the memory that takes. */
export async function measureLargeConversion(scratch: string, say: Progress): Promise<LargeConversion> {
  say(`memory of converting ${LARGE_ENTRIES} entries`)
  const tree = join(scratch, 'large')
  makeMappedTree(tree, LARGE_ENTRIES)
  const took = await roundTrip(tree, ourConverter)
  return {
    entries: LARGE_ENTRIES,
    peak: { passthrough: took.passthrough.peak, 'mapped-xattr': took['mapped-xattr'].peak },
  }
}
