// The threads of a walk. Each is given portions first to last, and works on them until it has visited enough at once; so
// all are busy near the walk's front, and little waits for what comes before it.

import { Worker } from 'node:worker_threads'
import { DescriptorLedger } from '../sys/ledger.js'
import type { WalkLimits } from './limits.js'
import type { Place } from './place.js'
import type { Answer } from './task.js'
import { type FromThread, READY, type ThreadData, type ToThread } from './thread-messages.js'
import type { VisitorSource } from './visitor.js'
import { type Portion, taskFor, type WalkOrder } from './walk-order.js'

export interface CrewOptions<Result> {
  readonly order: WalkOrder<Result>
  /** A path by which each thread opens the start. */
  readonly start: string
  readonly visitor: VisitorSource
  /** How many threads there may be. They are started when there is something for them. */
  readonly jobs: number
  readonly limits: WalkLimits
}

/** A thread may be given so small a part of a thread's share of what waits, so that the last ones end together. */
const SHARES_PER_THREAD = 4

export class Crew<Result> implements AsyncDisposable {
  private readonly threads: CrewThread<Result>[] = []
  private failure: { readonly cause: unknown } | undefined
  private tell: (() => void) | undefined

  constructor(private readonly options: CrewOptions<Result>) {}

  /** Gives out what may be given out. */
  work(): void {
    for (;;) {
      const idle = this.threads.find((thread) => thread.isIdle)
      if (idle === undefined && this.threads.length >= this.options.jobs) return
      const portions = this.nextPortions()
      if (portions.length === 0) return
      const thread = idle ?? this.start()
      thread.give(portions)
    }
  }

  /** Waits until a thread has answered; throws what ended one. */
  async answer(): Promise<void> {
    if (this.failure === undefined) await new Promise<void>((resolve) => (this.tell = resolve))
    if (this.failure !== undefined) throw this.failure.cause
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread[Symbol.asyncDispose]()))
  }

  /**
   * The first that nobody has: as many as make a thread's work or, where there are enough for all, more of those that may
   * turn out to be small. While too much waits, only what it all waits for.
   */
  private nextPortions(): Portion<Result>[] {
    const { order, jobs, limits } = this.options
    if (order.bytes > limits.bytesWaiting) {
      const { foremost } = order
      return foremost?.state === 'waiting' ? [foremost] : []
    }
    const waiting = [...order.waiting()]
    const share = waiting.length / (SHARES_PER_THREAD * jobs)
    let [many, entries] = [0, 0]
    while (many < waiting.length && many < limits.tasksAtOnce && (entries < limits.entriesAtOnce || many < share)) {
      entries += waiting[many]!.estimate
      many += 1
    }
    return waiting.slice(0, many)
  }

  private start(): CrewThread<Result> {
    const onAnswer = (): void => {
      this.work()
      this.tell?.()
    }
    const onFailure = (cause: unknown): void => {
      this.failure ??= { cause }
      this.tell?.()
    }
    const thread = new CrewThread(this.options, onAnswer, onFailure)
    this.threads.push(thread)
    return thread
  }
}

class CrewThread<Result> implements AsyncDisposable {
  private readonly worker: Worker
  /** Once it is loaded, or has ended. */
  private readonly loaded: Promise<void>
  private readonly ledger = new DescriptorLedger()
  private given: readonly Portion<Result>[] = []
  /** From there its next task is told. */
  private trailEnd: Place | undefined
  private isOver = false

  constructor(
    private readonly options: CrewOptions<Result>,
    onAnswer: () => void,
    onFailure: (cause: unknown) => void,
  ) {
    const { start, visitor, limits } = options
    const workerData: ThreadData = { start, visitor, limits, ledger: this.ledger.shared }
    this.worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: limits.heapMiB, maxYoungGenerationSizeMb: limits.youngMiB },
    })
    this.worker.on('message', (message: FromThread<Result>) => {
      if (message === READY) return
      this.answered(message)
      onAnswer()
    })
    this.worker.on('error', onFailure)
    this.worker.on('messageerror', onFailure)
    this.worker.on('exit', (code) => {
      // A thread that is ended, or crashed, has closed nothing.
      this.ledger.closeAll()
      if (!this.isOver) onFailure(new Error(`A thread of the walk ended by itself, with code ${code}`))
    })
    this.loaded = new Promise((resolve) => {
      this.worker.once('message', () => resolve())
      this.worker.once('exit', () => resolve())
    })
  }

  get isIdle(): boolean {
    return this.given.length === 0
  }

  give(portions: readonly Portion<Result>[]): void {
    let from = this.trailEnd
    const tasks: ToThread = portions.map((portion) => {
      const task = taskFor(portion, from)
      from = portion.place
      return task
    })
    for (const portion of portions) portion.state = 'given'
    this.given = portions
    this.worker.postMessage(tasks)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isOver = true
    // Node leaves a module's file open where a thread is ended while it reads it.
    await this.loaded
    await this.worker.terminate()
  }

  private answered(answers: readonly Answer<Result>[]): void {
    this.given.forEach((portion, index) => {
      const answer = answers[index]
      if (answer === undefined) portion.state = 'waiting'
      else this.trailEnd = this.options.order.walked(portion, answer)
    })
    this.given = []
  }
}
