// The rows of the report: which workload, on which of our security models, on which processors, against which target.

import { read, sequentialRead, sequentialWrite } from './data-workloads.js'
import { create, getattr, lookup, readdir } from './metadata-workloads.js'
import type { Model } from './servers.js'
import type { Workload } from './workload.js'

/**
 * Where a row runs. `any`: the scheduler places server and generator. `one`: every thread of both is confined to one
 * processor, where a lone request costs its work and its context switches. Left to the scheduler, it mostly costs what
 * waking a sleeping processor costs: on a virtual machine two to four times as much, and as chance has it for each server.
 */
export type Placement = 'any' | 'one'

/** A bound on the ratio ours ÷ peer's. */
export type Target = { readonly atLeast: number } | { readonly atMost: number }

export interface Row {
  readonly workload: Workload
  readonly inFlight: number
  readonly model: Model
  readonly placement: Placement
  readonly target?: Target
}

const passthrough = 'passthrough' as const
const mapped = 'mapped-xattr' as const
const noSlower = { atMost: 1.15 }
const alone = { inFlight: 1, model: passthrough, placement: 'one' } as const
const crowded = { inFlight: 32, placement: 'any' } as const

export const rows: readonly Row[] = [
  { workload: getattr(32), ...crowded, model: passthrough, target: { atLeast: 2 } },
  { workload: read(32), ...crowded, model: passthrough, target: { atLeast: 2 } },
  { workload: getattr(32), ...crowded, model: mapped, target: { atLeast: 1 } },
  { workload: getattr(1), ...alone, target: noSlower },
  { workload: read(1), ...alone, target: noSlower },
  { workload: lookup, ...alone },
  { workload: lookup, ...alone, model: mapped },
  { workload: create, ...alone },
  { workload: create, ...alone, model: mapped },
  { workload: sequentialRead, ...alone },
  { workload: sequentialWrite, ...alone },
  { workload: readdir, ...alone },
]

/** The most megabytes a server may ever have held after creating files. */
export const MEMORY_TARGET = 120
