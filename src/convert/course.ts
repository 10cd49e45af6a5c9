// What the ways to carry out a conversion have in common: counting what was done, and when to stop.

import { ErrnoError } from '../errors.js'
import {
  type ChangeKind,
  changeKinds,
  type ConversionObserver,
  type Failed,
  noChanges,
  NOT_COMPARED,
  type Outcome,
} from './plan.js'
import type { PortionOutcome } from './portion.js'
import type { ScanFailure } from './scan-part.js'

export class Course {
  private readonly changes: Record<ChangeKind, number> = { ...noChanges }
  private readonly failed: Failed[] = []
  private changed = 0
  private done = 0
  private fatal: ErrnoError | undefined

  /** `total` entries are to be done. */
  constructor(
    private readonly observer: ConversionObserver,
    private readonly total: number,
  ) {}

  /** Why it is to end before its time; undefined while it may go on. */
  get interruption(): Outcome['interruption'] {
    if (this.fatal !== undefined) return this.fatal
    return this.observer.isStopped?.() === true ? 'stopped' : undefined
  }

  get hasFailed(): boolean {
    return this.failed.length > 0
  }

  /** Takes account of what was done; false when no more is to be begun. */
  readonly add = ({ done, changed, changes, failed, logged, fatal }: PortionOutcome): boolean => {
    this.done += done
    this.changed += changed
    for (const kind of changeKinds) this.changes[kind] += changes[kind] ?? 0
    for (const failure of failed) this.failed.push(failedOf(failure))
    if (fatal !== undefined) this.fatal ??= failedOf(fatal).error
    if (logged.length > 0) this.observer.logged?.(logged)
    this.observer.progressed?.(this.done, this.total)
    return this.interruption === undefined
  }

  /** The same for what is done before the entries themselves: only what goes wrong counts. */
  readonly addUncounted = (outcome: PortionOutcome): boolean =>
    this.add({ ...outcome, done: 0, changed: 0, changes: {} })

  /** Notes what ended the whole. */
  end(cause: ErrnoError): void {
    this.fatal ??= cause
  }

  outcome(rest: Pick<Outcome, 'isFinished' | 'unchanged'>): Outcome {
    const { changed, changes, failed, interruption } = this
    return { changed, changes, failed, interruption, ...NOT_COMPARED, ...rest }
  }
}

const failedOf = ({ path, errno, op }: ScanFailure): Failed => ({ path, error: new ErrnoError(errno, { op }) })
