// What the calling thread and the threads of a conversion tell each other: a thread says that it is ready; then it is sent
// one portion after another, and answers each.

import type { Task } from './acts.js'
import type { Portion, PortionOutcome } from './portion.js'
import type { ConversionSettings } from './settings.js'

/** Given to a thread when it is made. Directories are paths by which it opens them. */
export interface ThreadData {
  readonly task: Task
  /** The root of the tree, that of the new one if there is one, and the staging directory. */
  readonly root: string
  readonly destination: string | undefined
  readonly staging: string
  /** Tells its new objects from those of others. */
  readonly owner: string
  readonly settings: ConversionSettings
  /** Memory of the ledger in which it keeps its descriptors. */
  readonly ledger: SharedArrayBuffer
}

export const READY = 'ready'
export type ToThread = Portion
export type FromThread = typeof READY | PortionOutcome
