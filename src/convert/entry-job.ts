// Work on the entries of portions as another thread's job: see src/pool.

import { LinuxDirectory } from '../host/linux-host.js'
import type { Job } from '../pool/job.js'
import { openTree } from '../sys/open.js'
import { actOf, type Task } from './acts.js'
import { EntryWorker } from './entry-worker.js'
import type { Portion, PortionOutcome } from './portion.js'
import type { ConversionSettings } from './settings.js'
import { Staging } from './staging.js'

/** Directories are paths by which the thread opens them. */
export interface EntryJobOptions {
  readonly task: Task
  /** The root of the tree, that of the new one if there is one, and the staging directory. */
  readonly root: string
  readonly destination: string | undefined
  readonly staging: string
  /** Tells its new objects from those of others. */
  readonly owner: string
  readonly settings: ConversionSettings
}

/** See JobModule. */
export function createJob(options: unknown): Job<Portion, PortionOutcome> {
  const { task, root, destination, staging, owner, settings } = options as EntryJobOptions
  const source = new LinuxDirectory(openTree(root))
  const target = destination === undefined ? undefined : new LinuxDirectory(openTree(destination))
  const made = openTree(staging)
  const worker = new EntryWorker(source, target, actOf(task, settings, new Staging(made, owner)), settings.isLogged)
  return {
    work: (portion) => worker.work(portion),
    [Symbol.dispose]: () => {
      worker[Symbol.dispose]()
      for (const each of [source, target, made]) each?.[Symbol.dispose]()
    },
  }
}
