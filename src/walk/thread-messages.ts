// What the calling thread and the threads of a walk tell each other: a thread says that it is ready; then it is sent lists
// of tasks, and sends lists of answers, one for each task that it came to.

import type { WalkLimits } from './limits.js'
import type { Answer, Task } from './task.js'
import type { VisitorSource } from './visitor.js'

/** Given to a thread when it is made. */
export interface ThreadData {
  /** A path by which it opens the start. */
  readonly start: string
  readonly visitor: VisitorSource
  readonly limits: WalkLimits
  /** Memory of the ledger in which it keeps its descriptors. */
  readonly ledger: SharedArrayBuffer
}

export type ToThread = readonly Task[]

export type FromThread<Result> = typeof READY | readonly Answer<Result>[]

/** Everything is loaded. */
export const READY = 'ready'
