// Compares how a guest sees the entries of a converted tree with how it saw them before.

import type { ErrnoError } from '../errors.js'
import type { PassedObject } from '../ownership/evidence.js'
import { formOf, type SecurityModel } from '../ownership/security-models.js'
import type { Found } from '../walk/visitor.js'
import { Fingerprint } from './fingerprint.js'
import { GuestViewer, viewTerms } from './guest-viewer.js'
import type { Difference } from './plan.js'
import type { IdRanges } from './request.js'
import { idsUndone, sameIds } from './settings.js'
import { differenceIn, fingerprintPath, Flag, RECORD_WORDS, Word } from './view-record.js'
import { type SharedView, ViewTable } from './view-table.js'
import { type ViewScope, ViewVisitor } from './view-visitor.js'

export interface ComparingOptions {
  readonly before: SharedView
  /** Those of the conversion that was begun first: an abort has it in the source's form again. */
  readonly source: SecurityModel
  readonly target: SecurityModel
  readonly ids: IdRanges
  readonly isBack: boolean
  readonly isCopy: boolean
  readonly scope: Pick<ViewScope, 'rules' | 'dev'>
  /** Paths that have no place in the new tree. */
  readonly dropped: ReadonlySet<string>
}

/** What a stretch of the walk comes to. */
export interface ComparedPart {
  readonly compared: number
  readonly differences: readonly Difference[]
}

/** See VisitorModule. */
export function createVisitor(options: unknown): ComparingVisitor {
  return new ComparingVisitor(options as ComparingOptions)
}

/** About what a difference takes. */
const DIFFERENCE_BYTES = 128

export class ComparingVisitor extends ViewVisitor<ComparedPart> {
  private readonly before: ViewTable
  private readonly dropped: ReadonlySet<string>
  private readonly isBack: boolean
  private readonly asSource: GuestViewer
  /** What was in the target's form before has the target's ids. */
  private readonly asLeft: GuestViewer
  private readonly asConverted: GuestViewer
  private readonly fingerprint = new Fingerprint()
  private readonly record = new Uint32Array(RECORD_WORDS)
  private compared = 0
  private differences: Difference[] = []

  constructor({ before, source, target, ids, isBack, isCopy, scope, dropped }: ComparingOptions) {
    super({ ...scope, hidesMetadata: formOf(source) === 'sidecar' || formOf(target) === 'sidecar' })
    const terms = viewTerms(source, target, { isCopy, givesTimesBack: true })
    this.before = new ViewTable(before)
    this.dropped = dropped
    this.isBack = isBack
    this.asSource = new GuestViewer(source, terms, sameIds)
    this.asLeft = new GuestViewer(target, terms, sameIds)
    this.asConverted = new GuestViewer(target, terms, idsUndone({ from: source, to: target, ids, isBack: false }))
  }

  get held(): number {
    return this.compared + this.differences.length * DIFFERENCE_BYTES
  }

  failed(path: string, { code }: ErrnoError): void {
    this.differences.push({ path: path === '' ? '.' : path, what: `it cannot be looked at (${code})` })
  }

  take(): Found<ComparedPart> | undefined {
    const { held: bytes, compared, differences } = this
    if (bytes === 0) return undefined
    this.compared = 0
    this.differences = []
    return { result: { compared, differences }, bytes }
  }

  protected look(object: PassedObject, path: string): void {
    if (this.dropped.has(path)) return
    const { low, high } = fingerprintPath(path, this.fingerprint)
    const row = this.before.find(low, high)
    if (row === undefined) {
      this.differences.push({ path, what: 'it was not there' })
      return
    }
    this.before.markSeen(row)
    this.compared += 1
    const noted = this.before.recordAt(row)
    this.viewerFor(noted[Word.mode]!).view(object, path, this.record)
    const what = differenceIn(noted, this.record)
    if (what !== undefined) this.differences.push({ path, what })
  }

  private viewerFor(flags: number): GuestViewer {
    if ((flags & Flag.isLeft) !== 0) return this.asLeft
    return ((flags & Flag.isRefused) !== 0) === this.isBack ? this.asConverted : this.asSource
  }
}
