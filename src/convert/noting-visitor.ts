// Notes how a guest sees the entries of a tree before it is converted.

import type { PassedObject } from '../ownership/evidence.js'
import type { Found } from '../walk/visitor.js'
import { Consideration } from './consideration.js'
import { PathList } from './front-coded-paths.js'
import { GuestViewer, viewTerms } from './guest-viewer.js'
import { type ConversionSettings, formsOf, sameIds } from './settings.js'
import type { ViewPart } from './view-file.js'
import { Flag, RECORD_BYTES, RECORD_WORDS, Word } from './view-record.js'
import { ViewVisitor } from './view-visitor.js'

export interface NotingOptions {
  readonly settings: ConversionSettings
  /** Paths of names of objects that cannot all keep what is their own: `Scan.linkLosses`. */
  readonly linkLosses: ReadonlySet<string>
}

/** See VisitorModule. */
export function createVisitor(options: unknown): NotingVisitor {
  return new NotingVisitor(options as NotingOptions)
}

const ROWS_LEAST = 256

export class NotingVisitor extends ViewVisitor<ViewPart> {
  private readonly consideration: Consideration
  private readonly asSource: GuestViewer
  private readonly asTarget: GuestViewer
  private readonly linkLosses: ReadonlySet<string>
  /** What is refused has no place in the new tree. */
  private readonly dropsRefused: boolean
  private records = new Uint32Array(ROWS_LEAST * RECORD_WORDS)
  private rows = 0
  private paths = new PathList()

  constructor({ settings, linkLosses }: NotingOptions) {
    const { rules, dev, from, to, isCopy } = settings
    const forms = formsOf(settings)
    super({ rules, dev, hidesMetadata: forms.from === 'sidecar' || forms.to === 'sidecar' })
    const terms = viewTerms(from, to, { isCopy, givesTimesBack: !isCopy })
    this.consideration = new Consideration(settings)
    this.asSource = new GuestViewer(from, terms, sameIds)
    this.asTarget = new GuestViewer(to, terms, sameIds)
    this.linkLosses = linkLosses
    this.dropsRefused = isCopy && forms.from === 'inode'
  }

  get held(): number {
    return this.rows * RECORD_BYTES + this.paths.length
  }

  /** What could not be looked at for the plan cannot be now: it has been told. */
  failed(): void {}

  take(): Found<ViewPart> | undefined {
    const { held: bytes, records, rows, paths } = this
    if (rows === 0) return undefined
    const part = { records: records.slice(0, rows * RECORD_WORDS), paths: paths.packed }
    this.rows = 0
    this.paths = new PathList()
    return { result: part, bytes, transfer: [part.records.buffer, part.paths.buffer] }
  }

  protected look(object: PassedObject, path: string): void {
    const { kind } = this.consideration.of(object).decision
    if (kind === 'refuse' && this.dropsRefused) return
    const record = this.nextRecord()
    const viewer = kind === 'leave' ? this.asTarget : this.asSource
    viewer.view(object, path, record)
    if (kind === 'leave') record[Word.mode]! |= Flag.isLeft
    if (this.linkLosses.has(path)) record[Word.mode]! |= Flag.losesLinks
    this.paths.add(path)
    this.rows += 1
  }

  private nextRecord(): Uint32Array {
    const at = this.rows * RECORD_WORDS
    if (at === this.records.length) {
      const larger = new Uint32Array(2 * this.records.length)
      larger.set(this.records)
      this.records = larger
    }
    return this.records.subarray(at, at + RECORD_WORDS)
  }
}
