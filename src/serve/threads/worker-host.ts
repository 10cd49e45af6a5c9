// Each connection in a thread of its own: a slow disk, a crash or a runaway client is one guest's business. Starting a
// thread takes some ten milliseconds, so one is kept ready.

import { Worker } from 'node:worker_threads'
import { errorLine } from '../../errors.js'
import type { Fd } from '../../sys/fd.js'
import { DescriptorLedger } from '../../sys/ledger.js'
import { type ConnectionEvents, type ConnectionHost, nameOf, type RunningConnection } from '../connection-host.js'
import type { ConnectionSettings } from '../connection-settings.js'
import type { Log } from '../log.js'
import type { MetricTables } from '../observation/metrics-tables.js'
import type { FromWorker, ToWorker, WorkerData } from './worker-messages.js'

export interface WorkerHostOptions {
  /** The exported directory, which stays the caller's. */
  readonly tree: Fd
  readonly settings: ConnectionSettings
  /** Descriptors that all connections together may hold. */
  readonly descriptors: number
  readonly log: Log
  /** Where connections are counted, if they are. */
  readonly tables?: MetricTables | undefined
  /** True where every message is to be shown on stderr. */
  readonly isTraced?: boolean
  /** What one thread's objects may take, in MiB: beyond it that thread ends, and no other. */
  readonly heapMaxMiB?: number
  /** The thread's program. */
  readonly entry?: URL
}

const HEAP_MAX_MIB = 1024
/** A connection can work with so few descriptors. */
const DESCRIPTORS_LEAST = 64

export class WorkerHost implements ConnectionHost {
  private readonly serving = new Set<ConnectionThread>()
  private spare: ConnectionThread | undefined
  private isClosed = false

  constructor(private readonly options: WorkerHostOptions) {}

  prepare(): void {
    this.keepSpare()
  }

  start(socket: Fd, number: number, { onClosed }: ConnectionEvents): RunningConnection {
    const thread = this.spare ?? this.make()
    this.spare = undefined
    this.serving.add(thread)
    thread.serve(socket, number, () => {
      this.serving.delete(thread)
      this.shareDescriptors()
      onClosed()
    })
    this.shareDescriptors()
    // Not before this one is on its way.
    setImmediate(() => this.keepSpare())
    return thread
  }

  async close(): Promise<void> {
    this.isClosed = true
    await this.spare?.terminate()
  }

  private keepSpare(): void {
    if (this.isClosed || this.spare !== undefined) return
    const spare = this.make()
    this.spare = spare
    // A thread that cannot be started is no reason to end; the next connection will try, and say why it cannot.
    spare.whenEnded(() => {
      if (this.spare === spare) this.spare = undefined
    })
  }

  private make(): ConnectionThread {
    return new ConnectionThread(this.options)
  }

  private shareDescriptors(): void {
    const share = Math.floor(this.options.descriptors / Math.max(1, this.serving.size))
    for (const thread of this.serving) thread.tell({ kind: 'descriptors', most: Math.max(DESCRIPTORS_LEAST, share) })
  }
}

/** One thread: ready, then serving its one connection, then over. */
class ConnectionThread implements RunningConnection {
  private readonly worker: Worker
  private readonly ledger = new DescriptorLedger()
  private readonly endings: (() => void)[] = []
  private name = 'a connection to come'

  constructor({
    tree,
    settings,
    log,
    tables,
    isTraced = false,
    heapMaxMiB = HEAP_MAX_MIB,
    entry = new URL('./worker.js', import.meta.url),
  }: WorkerHostOptions) {
    const table = tables?.open()
    if (table !== undefined) this.whenEnded(() => tables?.retire(table))
    const workerData: WorkerData = {
      settings,
      tree: tree.number,
      ledger: this.ledger.shared,
      metrics: table?.shared,
      isTraced,
    }
    this.worker = new Worker(entry, { workerData, resourceLimits: { maxOldGenerationSizeMb: heapMaxMiB } })
    this.worker.on('message', ({ level, line }: FromWorker) => log(level, `${this.name}: ${line}`))
    this.worker.on('error', (cause) =>
      log(
        'error',
        `${this.name}: defect: ${cause instanceof Error ? (cause.stack ?? errorLine(cause)) : String(cause)}`,
      ),
    )
    this.worker.on('exit', () => this.ended())
    // A thread that waits for a connection does not keep the process.
    this.worker.unref()
  }

  serve(socket: Fd, number: number, onClosed: () => void): void {
    this.name = nameOf(number)
    this.whenEnded(onClosed)
    this.worker.ref()
    const descriptor = socket.release()
    // From here on the thread's end closes it, even if it ends before it hears of it.
    this.ledger.note(descriptor)
    this.tell({ kind: 'serve', socket: descriptor, number })
  }

  tell(message: ToWorker): void {
    this.worker.postMessage(message)
  }

  whenEnded(action: () => void): void {
    this.endings.push(action)
  }

  end(): void {
    this.tell({ kind: 'end' })
  }

  destroy(): void {
    void this.terminate()
  }

  async terminate(): Promise<void> {
    await this.worker.terminate()
  }

  private ended(): void {
    // A thread that crashed has closed nothing of the tree: its files, and the locks with them.
    this.ledger.closeAll()
    for (const action of this.endings.splice(0)) action()
  }
}
