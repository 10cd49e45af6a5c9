// `--verify`: whether a guest sees a tree after its conversion as it did before, entry by entry, but for what the plan said.
// What is seen before is written down before the first change, where a run that goes on finds it.

import type { HostDirectory } from '../host/host-directory.js'
import { SELF } from '../host/host-directory.js'
import { formOf } from '../ownership/security-models.js'
import type { ThreadPool } from '../pool/thread-pool.js'
import { walk } from '../walk/walk.js'
import { type ComparedPart, type ComparingOptions, ComparingVisitor } from './comparing-visitor.js'
import { isCompleted, rootTimes, type Workshop } from './converting-mark.js'
import { descriptorOf } from '../host/linux-host.js'
import { Fingerprint } from './fingerprint.js'
import { pathsIn } from './front-coded-paths.js'
import { type NotingOptions, NotingVisitor } from './noting-visitor.js'
import type { ConversionObserver, Difference, Outcome } from './plan.js'
import type { Scan } from './scan.js'
import type { ConversionSettings } from './settings.js'
import { ViewFile, type ViewPart, ViewWriter } from './view-file.js'
import { fingerprintPath, Flag, Word } from './view-record.js'
import { ViewTable } from './view-table.js'

export interface VerificationTask {
  /** The tree that is converted, or copied. */
  readonly root: HostDirectory
  readonly scan: Scan
  readonly settings: ConversionSettings
  readonly pool: ThreadPool
  readonly observer: ConversionObserver
}

/** What it comes to. */
export type Comparison = Pick<Outcome, 'differences' | 'compared' | 'whyNotCompared'>

const NOTING = new URL('./noting-visitor.js', import.meta.url).href
const COMPARING = new URL('./comparing-visitor.js', import.meta.url).href

export class Verification implements Disposable {
  /** Undefined until `note`, and where the tree was not looked at before the first change. */
  private before: ViewFile | undefined

  constructor(private readonly task: VerificationTask) {}

  /**
   * Notes what a guest sees, unless an earlier run has: in place, when everything is written down and before anything is
   * changed; of a tree that is copied, at any time.
   */
  async note(workshop: Workshop): Promise<void> {
    const { isCopy, isBack } = this.task.settings
    // The tree that is copied stays as it is. Otherwise it is too late once anything has been changed.
    if (isCopy || !(isBack || isCompleted(workshop))) await this.write(workshop)
    this.before = ViewFile.openIn(workshop.directory)
  }

  /** Compares with what a guest sees of `tree` now, once nothing marks it any more. */
  async compare(tree: HostDirectory): Promise<Comparison> {
    const { before } = this
    if (before === undefined) return { differences: undefined, compared: 0, whyNotCompared: NOT_NOTED }
    const table = ViewTable.of(before)
    this.markRefused(table)
    const options = this.comparingOptions(table)
    let compared = 0
    const differences: Difference[] = []
    const add = (part: ComparedPart): void => {
      compared += part.compared
      for (const difference of part.differences) differences.push(difference)
    }
    const alone = new ComparingVisitor(options)
    alone.visitRoot(tree, tree.stat(SELF)!)
    const found = alone.take()
    if (found !== undefined) add(found.result)
    const { pool } = this.task
    for await (const part of walk<ComparedPart>(tree, { module: COMPARING, options }, { pool })) {
      if (this.isStopped) return { differences: undefined, compared, whyNotCompared: 'it was stopped' }
      add(part)
    }
    for (const path of missingFrom(table, before)) differences.push({ path, what: 'it is gone' })
    return { differences, compared, whyNotCompared: undefined }
  }

  [Symbol.dispose](): void {
    this.before?.[Symbol.dispose]()
  }

  private async write(workshop: Workshop): Promise<void> {
    const { root, settings, scan, pool } = this.task
    const options: NotingOptions = { settings, linkLosses: new Set(scan.linkLosses) }
    using writer = new ViewWriter(workshop.directory)
    const alone = new NotingVisitor(options)
    // In place, the conversion's own directory has changed the root's times.
    alone.visitRoot(root, { ...root.stat(SELF)!, ...rootTimes(descriptorOf(root)) })
    const found = alone.take()
    if (found !== undefined) writer.add(found.result)
    for await (const part of walk<ViewPart>(root, { module: NOTING, options }, { pool })) {
      if (this.isStopped) return
      writer.add(part)
    }
    writer.finish()
  }

  /** What is left as it is stays in the source's form. */
  private markRefused(table: ViewTable): void {
    const { refused, forbidden } = this.task.scan
    const fingerprint = new Fingerprint()
    for (const { path } of [...refused, ...forbidden]) {
      const { low, high } = fingerprintPath(path, fingerprint)
      const row = table.find(low, high)
      if (row !== undefined) table.recordAt(row)[Word.mode]! |= Flag.isRefused
    }
  }

  private comparingOptions(table: ViewTable): ComparingOptions {
    const { from, to, ids, isBack, isCopy, rules, dev } = this.task.settings
    const [source, target] = isBack ? [to, from] : [from, to]
    const { refused, forbidden } = this.task.scan
    const drops = isCopy && formOf(source) === 'inode'
    const dropped = new Set(drops ? [...refused, ...forbidden].map(({ path }) => path) : [])
    const scope = { rules, dev: isCopy ? undefined : dev }
    return { before: table.shared, source, target, ids, isBack, isCopy, scope, dropped }
  }

  private get isStopped(): boolean {
    return this.task.observer.isStopped?.() === true
  }
}

const NOT_NOTED = 'the run that was interrupted did not look at it before it began'

/** The paths that were not come to again. */
function* missingFrom(table: ViewTable, before: ViewFile): Generator<string> {
  if (table.isAllSeen) return
  let row = 0
  for (const packed of before.paths()) {
    for (const path of pathsIn(packed)) {
      if (!table.isSeen(row)) yield path
      row += 1
    }
  }
}
