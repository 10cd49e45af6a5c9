// Measures our server and the peer in turns, many short slices each, so that whatever else the machine does falls on both.

import type { Fixture } from './fixture.js'
import { allowedProcessors, confine } from './kernel.js'
import { meets, quantile, type Summary, summarise } from './ratio.js'
import type { Row } from './rows.js'
import type { Server } from './servers.js'

/** A server with the tree prepared in it. */
export interface Contestant {
  readonly server: Server
  readonly fixture: Fixture
}

/** One row measured. Without a peer there is no ratio. */
export interface Comparison extends Partial<Summary> {
  /** The median of our slices. */
  readonly ours: number
  readonly isMet?: boolean
}

/** Enough for a compiler at run time, on either side, to have seen what it needs. */
const WARMING_ROUNDS = 10

const processors = allowedProcessors()

/** Runs `rounds` rounds of one slice each, the order turned round every time, after a few uncounted ones. */
export function compare(row: Row, ours: Contestant, peer: Contestant | undefined, rounds: number): Comparison {
  const contestants = peer ? [ours, peer] : [ours]
  place(row.placement === 'one' ? processors.slice(-1) : processors, contestants)
  const runs = contestants.map(({ server, fixture }) => {
    const slice = server.blaming(() => row.workload.prepare(fixture))
    return { slice: () => server.blaming(slice), figures: new Array<number>() }
  })
  for (let round = 0; round < WARMING_ROUNDS; round++) for (const { slice } of runs) slice()
  for (let round = 0; round < rounds; round++) {
    for (const { slice, figures } of round % 2 === 0 ? runs : runs.toReversed()) figures.push(slice())
  }
  place(processors, contestants)
  const [mine = [], theirs] = runs.map(({ figures }) => figures)
  if (theirs === undefined) return { ours: quantile(mine, 0.5) }
  const summary = summarise(mine, theirs)
  return { ...summary, ...(row.target && { isMet: meets(summary.ratio, row.target) }) }
}

function place(on: readonly number[], contestants: readonly Contestant[]): void {
  for (const pid of [process.pid, ...contestants.map(({ server }) => server.pid)]) confine(pid, on)
}
