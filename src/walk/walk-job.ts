// A walk as another thread's job: see src/pool.

import { thisHost } from '../host/this-host.js'
import type { Job } from '../pool/job.js'
import type { WalkLimits } from './limits.js'
import type { Answer, Task } from './task.js'
import { loadVisitor, type VisitorSource } from './visitor.js'
import { Walker } from './walker.js'

export interface WalkJobOptions {
  /** A path by which the thread opens the start. */
  readonly start: string
  readonly visitor: VisitorSource
  readonly limits: WalkLimits
}

/** See JobModule. */
export async function createJob(options: unknown): Promise<Job<readonly Task[], readonly Answer<unknown>[]>> {
  const { start, visitor, limits } = options as WalkJobOptions
  const directory = thisHost.openDirectory(start)
  const walker = new Walker(directory, await loadVisitor(visitor), limits)
  return {
    work: (tasks) => walker.work(tasks),
    takeTransfer: () => walker.takeTransfer(),
    [Symbol.dispose]: () => {
      walker[Symbol.dispose]()
      directory[Symbol.dispose]()
    },
  }
}
