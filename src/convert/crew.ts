// Has portions worked on: by the calling thread while there are few, by others as well when there are more. The order does
// not matter, since no portion concerns what another one does.

import type { HostDirectory } from '../host/host-directory.js'
import type { HiredThread } from '../pool/hired-thread.js'
import type { ThreadPool } from '../pool/thread-pool.js'
import { turn } from '../pool/turn.js'
import type { Fd } from '../sys/fd.js'
import { pathOfHandle } from '../sys/open.js'
import { roaming } from '../sys/working-directory.js'
import { actOf, type Task } from './acts.js'
import type { EntryJobOptions } from './entry-job.js'
import { EntryWorker } from './entry-worker.js'
import type { Portion, PortionOutcome } from './portion.js'
import type { ConversionSettings } from './settings.js'
import { Staging } from './staging.js'

/** Another thread takes longer to be told what it is about than these many portions to be worked on. */
const PORTIONS_ALONE = 2

export interface CrewOptions {
  readonly root: HostDirectory
  /** The root of a new tree. */
  readonly destination?: HostDirectory
  readonly staging: Fd
  readonly settings: ConversionSettings
  readonly pool: ThreadPool
}

/** Told of each portion; false: no further ones are to be begun. */
export type Told = (outcome: PortionOutcome) => boolean

const JOB = new URL('./entry-job.js', import.meta.url).href

/** Works on all portions, or until `told` says that it is enough; everything begun is finished then. */
export async function workOff(
  task: Task,
  portions: Iterable<Portion>,
  { root, destination, staging, settings, pool }: CrewOptions,
  told: Told,
): Promise<void> {
  const waiting = new Waiting(portions, told)
  using alone = new EntryWorker(root, destination, actOf(task, settings, new Staging(staging, task)), settings.isLogged)
  const workAlone = async (most: number): Promise<void> => {
    for (let count = 0; count < most; count += 1) {
      const portion = waiting.next()
      if (portion === undefined) return
      waiting.hear(roaming(() => alone.work(portion)))
      await turn()
    }
  }
  await workAlone(PORTIONS_ALONE)
  if (waiting.isEmpty) return
  const others: Promise<void>[] = []
  for (let index = 0; index < pool.others && !waiting.isEmpty; index += 1) {
    const options: EntryJobOptions = {
      ...{ task, settings, owner: `${task}-${index}` },
      ...{ root: root.sharedPath(), destination: destination?.sharedPath(), staging: pathOfHandle(staging) },
    }
    const thread = pool.other(index)
    thread.begin({ module: JOB, options })
    others.push(keepBusy(thread, waiting))
  }
  // What one of them throws is a defect: the others finish what they have, and no more.
  const stopping = (work: Promise<void>): Promise<void> => work.finally(() => waiting.stop())
  const all = [workAlone(Infinity), ...others].map(stopping)
  await Promise.allSettled(all)
  pool.rest()
  await Promise.all(all)
}

/** A thread is given its next portion while it has one still: the calling thread may be at work itself when it is done. */
async function keepBusy(thread: HiredThread, waiting: Waiting): Promise<void> {
  let before: Promise<unknown> | undefined
  for (let portion = waiting.next(); portion !== undefined; portion = waiting.next()) {
    const answer = thread.work(portion)
    // Should the thread end, the one before says so.
    answer.catch(() => undefined)
    if (before !== undefined) waiting.hear((await before) as PortionOutcome)
    before = answer
  }
  if (before !== undefined) waiting.hear((await before) as PortionOutcome)
}

/** The portions that nobody has been given yet. */
class Waiting {
  private readonly portions: Iterator<Portion>
  private ahead: IteratorResult<Portion>

  constructor(
    portions: Iterable<Portion>,
    private readonly told: Told,
  ) {
    this.portions = portions[Symbol.iterator]()
    this.ahead = this.portions.next()
  }

  get isEmpty(): boolean {
    return this.ahead.done === true
  }

  next(): Portion | undefined {
    if (this.ahead.done === true) return undefined
    const { value } = this.ahead
    this.ahead = this.portions.next()
    return value
  }

  /** Passes on what became of one; after that there may be none left. */
  hear(outcome: PortionOutcome): void {
    if (!this.told(outcome)) this.stop()
  }

  stop(): void {
    this.ahead = { done: true, value: undefined }
  }
}
