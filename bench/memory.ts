// How much memory a server holds after it has created many files: once with every fid clunked, and once with a fid kept for
// each file, as the Linux client's dentry cache keeps them. Each is a server started for this and nothing else.

import { readFileSync } from 'node:fs'
import { createLane, FILE_GID, keepStep } from './create-lane.js'
import { lanesOf } from './lane.js'
import { drive } from './load.js'
import type { Server } from './servers.js'

const IN_FLIGHT = 32

/** Megabytes (10^6 bytes). */
export interface Memory {
  readonly resident: number
  /** The most that was ever resident. */
  readonly peak: number
  /** Seconds that the creating took. */
  readonly seconds: number
}

/** Creates `count` files through `server` and reads its memory while the fids, if kept, are alive. */
export function measureMemory(server: Server, count: number, { isKeepingFids }: { isKeepingFids: boolean }): Memory {
  const client = server.attach()
  using connection = client.connection
  client.mkdir(client.root, 'many')
  const dfid = client.walk(client.root, 'many')
  const firstKept = 1_000_000
  const lanes = lanesOf(IN_FLIGHT, (n) => {
    const [clone, create, clunk] = createLane(n, dfid, client.newFid())
    return isKeepingFids ? [clone, create, keepStep(n, dfid, firstKept), clunk] : [clone, create, clunk]
  })
  const seconds = drive(connection, lanes, count)
  const memory = { ...residentMemory(server.pid), seconds }
  const survivors = isKeepingFids
    ? [0, count >> 1, count - 1].map((n) => firstKept + n)
    : [client.walk(dfid, `f${String(count - 1).padStart(7, '0')}`)]
  for (const fid of survivors) {
    const { gid } = client.getattr(fid)
    if (gid !== FILE_GID) throw new Error(`Cannot accept group ${gid} of a created file: ${FILE_GID} was given`)
  }
  return memory
}

/** VmRSS and VmHWM of proc(5), which counts in units of 1,024 bytes. */
function residentMemory(pid: number): { resident: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const megabytes = (key: string): number =>
    (Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024) / 1e6
  return { resident: megabytes('VmRSS'), peak: megabytes('VmHWM') }
}
