// What became of some entries: counted, and what went wrong named.

import { Errno, ErrnoError } from '../errors.js'
import type { Change } from './decision.js'
import type { ChangeKind, LoggedChange } from './plan.js'
import type { PortionOutcome } from './portion.js'
import type { ScanFailure } from './scan-part.js'

/** With these the next entry would fare no better. */
const FATAL: ReadonlySet<number> = new Set([Errno.ENOSPC, Errno.EDQUOT, Errno.EROFS, Errno.EIO, Errno.ENOMEM])

export class Tally implements PortionOutcome {
  done = 0
  changed = 0
  readonly changes: Partial<Record<ChangeKind, number>> = {}
  readonly failed: ScanFailure[] = []
  readonly logged: LoggedChange[] = []
  fatal: ScanFailure | undefined

  constructor(private readonly isLogged: boolean) {}

  count(path: () => string, { changes, stat }: Change): void {
    this.changed += 1
    for (const change of changes) this.changes[change] = (this.changes[change] ?? 0) + 1
    if (this.isLogged) this.logged.push({ path: path(), changes, ...stat })
  }

  /** Runs what concerns one entry. What fails is noted; a defect is thrown. */
  attempt(path: () => string, action: () => void): void {
    this.done += 1
    try {
      action()
    } catch (cause) {
      if (!(cause instanceof ErrnoError)) throw cause
      const failure = { path: path(), errno: cause.errno, op: cause.context.op }
      if (FATAL.has(cause.errno)) this.fatal ??= failure
      else this.failed.push(failure)
    }
  }

  /** Without what is this object's own: to be sent to another thread. */
  get outcome(): PortionOutcome {
    const { done, changed, changes, failed, logged, fatal } = this
    return { done, changed, changes, failed, logged, fatal }
  }
}
