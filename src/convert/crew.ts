// Has portions worked on: by the calling thread while there are few, by several threads otherwise. The order does not matter,
// since no portion concerns what another one does.

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { HostDirectory } from '../host/host-directory.js'
import type { Fd } from '../sys/fd.js'
import { DescriptorLedger } from '../sys/ledger.js'
import { pathOfHandle } from '../sys/open.js'
import { actOf, type Task } from './acts.js'
import { type FromThread, READY, type ThreadData, type ToThread } from './crew-messages.js'
import { EntryWorker } from './entry-worker.js'
import type { Portion, PortionOutcome } from './portion.js'
import type { ConversionSettings } from './settings.js'
import { Staging } from './staging.js'

/** Threads take longer to start than these many portions to be worked on. */
const PORTIONS_ALONE = 2

/** What a thread's objects may take, and before they are looked through for the first time, in MiB. */
const HEAP_MIB = 256
const YOUNG_MIB = 6

export interface CrewOptions {
  readonly root: HostDirectory
  /** The root of a new tree. */
  readonly destination?: HostDirectory
  readonly staging: Fd
  readonly settings: ConversionSettings
  readonly jobs: number | undefined
}

/** Told of each portion; false: no further ones are to be begun. */
export type Told = (outcome: PortionOutcome) => boolean

/** Works on all portions, or until `told` says that it is enough; everything begun is finished then. */
export async function workOff(
  task: Task,
  portions: Iterable<Portion>,
  { root, destination, staging, settings, jobs = availableParallelism() }: CrewOptions,
  told: Told,
): Promise<void> {
  const waiting = portions[Symbol.iterator]()
  {
    const act = actOf(task, settings, new Staging(staging, task))
    using alone = new EntryWorker(root, destination, act, settings.isLogged)
    for (let count = 0; jobs === 1 || count < PORTIONS_ALONE; count += 1) {
      const next = waiting.next()
      if (next.done === true || !told(alone.work(next.value))) return
      // Signals are heard between portions.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const threads = Array.from({ length: jobs }, (_, index) => {
    const data = {
      ...{ task, settings, owner: `${task}-${index}` },
      ...{ root: root.sharedPath(), destination: destination?.sharedPath(), staging: pathOfHandle(staging) },
    }
    return new CrewThread(data)
  })
  try {
    await Promise.all(
      threads.map(async (thread) => {
        for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
          if (!told(await thread.work(next.value))) waiting.return?.()
        }
      }),
    )
  } finally {
    await Promise.all(threads.map((thread) => thread.end()))
  }
}

class CrewThread {
  private readonly worker: Worker
  private readonly ready: Promise<void>
  private readonly ledger = new DescriptorLedger()
  private answer: ((outcome: PortionOutcome) => void) | undefined
  private fail: ((cause: unknown) => void) | undefined
  private failure: { readonly cause: unknown } | undefined

  constructor(data: Omit<ThreadData, 'ledger'>) {
    this.worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: { ...data, ledger: this.ledger.shared } satisfies ThreadData,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: YOUNG_MIB },
    })
    this.ready = new Promise((resolve) => {
      this.worker.on('message', (message: FromThread) => (message === READY ? resolve() : this.answer?.(message)))
      this.worker.on('exit', () => {
        // A thread that is ended, or crashed, has closed nothing.
        this.ledger.closeAll()
        this.failed(new Error('A thread of the conversion ended by itself'))
        resolve()
      })
    })
    this.worker.on('error', (cause) => this.failed(cause))
    this.worker.on('messageerror', (cause) => this.failed(cause))
  }

  /** Throws what ended the thread. */
  async work(message: ToThread): Promise<PortionOutcome> {
    await this.ready
    if (this.failure !== undefined) throw this.failure.cause
    return await new Promise((resolve, reject) => {
      this.answer = resolve
      this.fail = reject
      this.worker.postMessage(message)
    })
  }

  async end(): Promise<void> {
    // Node leaves a module's file open where a thread is ended while it reads it.
    await this.ready
    await this.worker.terminate()
  }

  private failed(cause: unknown): void {
    this.failure ??= { cause }
    this.fail?.(cause)
  }
}
