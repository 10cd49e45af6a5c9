// Some threads, of which the calling one is the first. The others are started when there is something for them, and do one
// job after another: each takes as long to start, and to become fast, as thousands of entries to be looked at.

import { availableParallelism } from 'node:os'
import { HiredThread, type ThreadLimits } from './hired-thread.js'

const LIMITS: ThreadLimits = { heapMiB: 512, youngMiB: 6 }

export class ThreadPool implements AsyncDisposable {
  private readonly hired: HiredThread[] = []
  private readonly limits: ThreadLimits

  /** As many as the machine runs at once, unless somebody says otherwise. */
  constructor(
    readonly count = availableParallelism(),
    limits: Partial<ThreadLimits> = {},
  ) {
    this.limits = { ...LIMITS, ...limits }
  }

  /** How many there may be besides the calling one. */
  get others(): number {
    return this.count - 1
  }

  /** One of the others, from 0 on; it is started now if it has not been. */
  other(index: number): HiredThread {
    while (this.hired.length <= index) this.hired.push(new HiredThread(this.limits))
    return this.hired[index]!
  }

  /** Has all of them end their jobs. */
  rest(): void {
    for (const thread of this.hired) thread.begin(undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.hired.splice(0).map((thread) => thread[Symbol.asyncDispose]()))
  }
}
