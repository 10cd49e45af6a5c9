// A thread besides the calling one, which does one job after another for as long as it is kept.

import { Worker } from 'node:worker_threads'
import { DescriptorLedger } from '../sys/ledger.js'
import type { JobSource } from './job.js'
import { type FromThread, READY, type ThreadData, type ToThread } from './messages.js'

/** What the objects of one thread may take. */
export interface ThreadLimits {
  /** In MiB: beyond it the thread ends. */
  readonly heapMiB: number
  /** In MiB, before they are looked through for the first time. */
  readonly youngMiB: number
}

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (cause: unknown) => void
}

export class HiredThread implements AsyncDisposable {
  private readonly worker: Worker
  /** Once it is loaded, or has ended. */
  private readonly loaded: Promise<void>
  private readonly ledger = new DescriptorLedger()
  /** Those who wait for an answer, first to last. */
  private readonly waiting: Waiting[] = []
  private failure: { readonly cause: unknown } | undefined
  /** Once its job is begun, or it has ended. */
  private begun = Promise.resolve()

  constructor({ heapMiB, youngMiB }: ThreadLimits) {
    this.worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: { ledger: this.ledger.shared } satisfies ThreadData,
      resourceLimits: { maxOldGenerationSizeMb: heapMiB, maxYoungGenerationSizeMb: youngMiB },
    })
    this.loaded = new Promise((resolve) => {
      this.worker.on('message', (message: FromThread) => {
        if (message === READY) resolve()
        else this.waiting.shift()?.resolve(message.answer)
      })
      this.worker.on('exit', (code) => {
        // A thread that is ended, or crashed, has closed nothing.
        this.ledger.closeAll()
        this.failed(new Error(`A thread ended by itself, with code ${code}`))
        resolve()
      })
    })
    this.worker.on('error', (cause) => this.failed(cause))
    this.worker.on('messageerror', (cause) => this.failed(cause))
  }

  /** Ends the job that it had, and begins another one, if that is one. */
  begin(source: JobSource | undefined): void {
    // Whoever has it work is told.
    this.begun = this.ask({ begin: source }).then(
      () => undefined,
      () => undefined,
    )
  }

  /** Has a piece of its job's work done, after those that it was given before; throws what ended the thread. */
  work(work: unknown): Promise<unknown> {
    return this.ask({ work })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Node leaves a module's file open where a thread is ended while it reads it.
    await this.loaded
    await this.begun
    await this.worker.terminate()
  }

  private async ask(message: ToThread): Promise<unknown> {
    if (this.failure !== undefined) throw this.failure.cause
    this.worker.postMessage(message)
    return await new Promise((resolve, reject) => this.waiting.push({ resolve, reject }))
  }

  private failed(cause: unknown): void {
    this.failure ??= { cause }
    for (const { reject } of this.waiting.splice(0)) reject(this.failure.cause)
  }
}
