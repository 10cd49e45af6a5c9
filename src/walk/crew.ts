// Who goes through a tree: the calling thread and others. Each is given portions first to last, and works on them until it
// has visited enough at once; so all are busy near the walk's front, and little waits for what comes before it.

import type { ThreadPool } from '../pool/thread-pool.js'
import { turn } from '../pool/turn.js'
import { roaming } from '../sys/working-directory.js'
import type { WalkLimits } from './limits.js'
import type { Place } from './place.js'
import type { Answer, Task } from './task.js'
import type { VisitorSource } from './visitor.js'
import type { WalkJobOptions } from './walk-job.js'
import { type Portion, taskFor, type WalkOrder } from './walk-order.js'
import type { Walker } from './walker.js'

export interface CrewOptions<Result> {
  readonly order: WalkOrder<Result>
  /** A path by which each thread opens the start. */
  readonly start: string
  readonly visitor: VisitorSource
  readonly pool: ThreadPool
  /** The calling thread's. */
  readonly walker: Walker<Result>
  readonly limits: WalkLimits
}

/** Somebody may be given so small a part of their share of what waits, so that the last ones end together. */
const SHARES_EACH = 4

const JOB = new URL('./walk-job.js', import.meta.url).href

export class Crew<Result> implements Disposable {
  private readonly members: Member<Result>[] = []
  private failure: { readonly cause: unknown } | undefined
  private tell: (() => void) | undefined
  private isOver = false

  constructor(private readonly options: CrewOptions<Result>) {}

  /** Gives out what may be given out. */
  work(): void {
    for (;;) {
      const idle = this.members.find((member) => member.isIdle)
      if (idle === undefined && this.members.length >= this.options.pool.count) return
      const portions = this.nextPortions()
      if (portions.length === 0) return
      void this.give(idle ?? this.join(), portions)
    }
  }

  /** Waits until somebody has answered; throws what ended one. */
  async answer(): Promise<void> {
    if (this.failure === undefined) await new Promise<void>((resolve) => (this.tell = resolve))
    if (this.failure !== undefined) throw this.failure.cause
  }

  [Symbol.dispose](): void {
    this.isOver = true
    this.options.pool.rest()
  }

  private async give(member: Member<Result>, portions: readonly Portion<Result>[]): Promise<void> {
    try {
      await member.walk(portions)
      if (!this.isOver) this.work()
    } catch (cause) {
      this.failure ??= { cause }
    }
    this.tell?.()
  }

  /**
   * The first that nobody has: as many as make one's work or, where there are enough for all, more of those that may
   * turn out to be small. While too much waits, only what it all waits for.
   */
  private nextPortions(): Portion<Result>[] {
    const { order, pool, limits } = this.options
    if (order.bytes > limits.bytesWaiting) {
      const { foremost } = order
      return foremost?.state === 'waiting' ? [foremost] : []
    }
    const waiting = [...order.waiting()]
    const share = waiting.length / (SHARES_EACH * pool.count)
    let [many, entries] = [0, 0]
    while (many < waiting.length && many < limits.tasksAtOnce && (entries < limits.entriesAtOnce || many < share)) {
      entries += waiting[many]!.estimate
      many += 1
    }
    return waiting.slice(0, many)
  }

  /** The calling thread comes first: it is there already. */
  private join(): Member<Result> {
    const { order } = this.options
    const member = new Member(order, this.members.length === 0 ? this.callingThread() : this.otherThread())
    this.members.push(member)
    return member
  }

  private callingThread(): Hand<Result> {
    const { walker } = this.options
    return async (tasks) => {
      await turn()
      return this.isOver ? [] : roaming(() => walker.work(tasks))
    }
  }

  private otherThread(): Hand<Result> {
    const { pool, start, visitor, limits } = this.options
    const thread = pool.other(this.members.length - 1)
    thread.begin({ module: JOB, options: { start, visitor, limits } satisfies WalkJobOptions })
    return async (tasks) => (await thread.work(tasks)) as readonly Answer<Result>[]
  }
}

/** Has tasks worked on; answers for those that were come to. */
type Hand<Result> = (tasks: readonly Task[]) => Promise<readonly Answer<Result>[]>

class Member<Result> {
  isIdle = true
  /** From there its next task is told. */
  private trailEnd: Place | undefined

  constructor(
    private readonly order: WalkOrder<Result>,
    private readonly hand: Hand<Result>,
  ) {}

  async walk(portions: readonly Portion<Result>[]): Promise<void> {
    let from = this.trailEnd
    const tasks = portions.map((portion) => {
      const task = taskFor(portion, from)
      from = portion.place
      return task
    })
    for (const portion of portions) portion.state = 'given'
    this.isIdle = false
    const answers = await this.hand(tasks)
    portions.forEach((portion, index) => {
      const answer = answers[index]
      if (answer === undefined) portion.state = 'waiting'
      else this.trailEnd = this.order.walked(portion, answer)
    })
    this.isIdle = true
  }
}
