// Runs every measurement in its order. Servers are started for a part and ended with it; none outlives a failure.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { compare, type Contestant } from './compare.js'
import { prepare } from './fixture.js'
import { allowedProcessors, confine } from './kernel.js'
import { drive } from './load.js'
import { watchOthers } from './machine.js'
import { measureMemory } from './memory.js'
import { getattrLanes } from './metadata-workloads.js'
import { quantile } from './ratio.js'
import { describe, type GeneratorLimits, type MeasuredMemory, type MeasuredRow } from './report.js'
import { rows } from './rows.js'
import { type Model, type Server, startResponder } from './servers.js'
import { microseconds, perSecond } from './workload.js'

/** How the servers of a run are started, each on a tree of its own under `scratch`. */
export interface Lineup {
  readonly scratch: string
  startOurs(name: string, tree: string, model: Model): Promise<Server>
  /** Absent where no peer is installed. */
  startPeer?(name: string, tree: string): Promise<Server>
}

/** Called before each part, for whoever waits. */
export type Progress = (part: string) => void

/** Creates the tree NAME and hands it to `start`. */
function onNewTree(
  scratch: string,
  name: string,
  start: (name: string, tree: string) => Promise<Server>,
): Promise<Server> {
  const tree = join(scratch, `${name}.tree`)
  mkdirSync(tree)
  return start(name, tree)
}

const enter = (server: Server): Contestant => ({
  server,
  fixture: server.blaming(() => prepare(server.attach())),
})

/** The rows, and how many processors other programs kept busy meanwhile. */
interface MeasuredRows {
  readonly rows: readonly MeasuredRow[]
  readonly othersBusy: number
}

/** Measures every row, all servers alive side by side and only one of them busy at a time. */
export async function measureRows(
  { scratch, ...lineup }: Lineup,
  rounds: number,
  say: Progress,
): Promise<MeasuredRows> {
  await using passthrough = await onNewTree(scratch, 'passthrough', (...on) => lineup.startOurs(...on, 'passthrough'))
  await using mapped = await onNewTree(scratch, 'mapped', (...on) => lineup.startOurs(...on, 'mapped-xattr'))
  await using peer = lineup.startPeer && (await onNewTree(scratch, 'peer', lineup.startPeer))
  const ours: Record<Model, Contestant> = { passthrough: enter(passthrough), 'mapped-xattr': enter(mapped) }
  const theirs = peer && enter(peer)
  const others = watchOthers([passthrough, mapped, ...(peer ? [peer] : [])].map(({ pid }) => pid))
  const measured: MeasuredRow[] = []
  for (const row of rows) {
    say(describe(row))
    measured.push({ row, ...compare(row, ours[row.model], theirs, rounds) })
  }
  return { rows: measured, othersBusy: others() }
}

/** Measures memory after `files` creations, a new server for each figure. Ours keeps ownership in xattrs, its main job. */
export async function measureMemories(lineup: Lineup, files: number, say: Progress): Promise<MeasuredMemory[]> {
  const { scratch, startOurs, startPeer } = lineup
  const measured: MeasuredMemory[] = []
  for (const isKeepingFids of [false, true]) {
    const name = isKeepingFids ? 'kept' : 'clunked'
    say(`memory after ${files} files, fids ${name}`)
    await using server = await onNewTree(scratch, `${name}-ours`, (...on) => startOurs(...on, 'mapped-xattr'))
    const ours = server.blaming(() => measureMemory(server, files, { isKeepingFids }))
    if (startPeer === undefined) {
      measured.push({ isKeepingFids, ours })
      continue
    }
    await using other = await onNewTree(scratch, `${name}-peer`, startPeer)
    const peer = other.blaming(() => measureMemory(other, files, { isKeepingFids }))
    measured.push({ isKeepingFids, ours, peer })
  }
  return measured
}

/** Measures what the generator carries when answering costs next to nothing. */
export async function measureGenerator(scratch: string): Promise<GeneratorLimits> {
  await using responder = await startResponder(scratch)
  using connection = responder.connect()
  const median = (inFlight: number, operations: number): number => {
    const lanes = getattrLanes(inFlight, [])
    drive(connection, lanes, operations)
    return quantile(
      Array.from({ length: 9 }, () => drive(connection, lanes, operations)),
      0.5,
    )
  }
  const crowded = perSecond(20_000, median(32, 20_000))
  const processors = allowedProcessors()
  for (const pid of [process.pid, responder.pid]) confine(pid, processors.slice(-1))
  const alone = microseconds(2_000, median(1, 2_000))
  confine(process.pid, processors)
  return { perSecond: crowded, microseconds: alone }
}
