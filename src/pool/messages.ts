// What the calling thread and the others tell each other. A thread says that it is ready; then it is told to begin a job,
// and sent pieces of its work. It answers each message, in their order.

import type { JobSource } from './job.js'

/** Given to a thread when it is made. */
export interface ThreadData {
  /** Memory of the ledger in which it keeps its descriptors. */
  readonly ledger: SharedArrayBuffer
}

/** `begin` ends what the thread had begun before; undefined: nothing more for now. */
export type ToThread = { readonly begin: JobSource | undefined } | { readonly work: unknown }

export type FromThread = typeof READY | { readonly answer: unknown }

/** Everything that all jobs need is loaded. */
export const READY = 'ready'
