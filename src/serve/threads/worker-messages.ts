// What the main thread and the thread of a connection tell each other.

import type { ConnectionSettings } from '../connection-settings.js'
import type { LogLevel } from '../log.js'

/** Given to a thread when it is made. */
export interface WorkerData {
  readonly settings: ConnectionSettings
  /** The exported directory's descriptor, which stays the main thread's. */
  readonly tree: number
  /** Memory of the ledger in which the thread keeps its descriptors. */
  readonly ledger: SharedArrayBuffer
  /** Memory of the table in which it counts, where somebody asks for metrics. */
  readonly metrics: SharedArrayBuffer | undefined
  /** True where every message is to be shown on stderr. */
  readonly isTraced: boolean
}

export type ToWorker =
  /** Serve this connected socket, which is in the thread's ledger already. */
  | { readonly kind: 'serve'; readonly socket: number; readonly number: number }
  /** Answer what has arrived and what is under way, then close. */
  | { readonly kind: 'end' }
  /** So many descriptors may be held. */
  | { readonly kind: 'descriptors'; readonly most: number }

/** A line for the operator. That a thread is over shows by its end. */
export interface FromWorker {
  readonly level: LogLevel
  readonly line: string
}
