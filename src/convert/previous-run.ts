// What an interrupted run has left in a tree.

import { isErrno, UsageError } from '../errors.js'
import { CONVERT_DIRECTORY } from '../ownership/unfinished.js'
import { namesIn } from '../ownership/names-in.js'
import { printable } from '../printable.js'
import type { Fd } from '../sys/fd.js'
import { statxAt } from '../sys/stat.js'
import { findWorkshop, isCompleted, isMarked, markedHeader, type Workshop } from './converting-mark.js'
import { cannotConvert } from './held-tree.js'
import { type Journal, type JournalHeader, readJournal } from './journal.js'
import { isDirectory, permissionsOf } from './mode.js'
import type { Intent } from './request.js'

export class PreviousRun implements Disposable {
  private constructor(
    private readonly path: string,
    private readonly workshop: Workshop | undefined,
    /** Undefined where nothing was changed yet, or everything is done. */
    readonly journal: Journal | undefined,
    /** The tree is marked as under conversion. */
    readonly hasMarks: boolean,
    private readonly marked: JournalHeader | undefined,
  ) {}

  /** Looks for it in the root of the tree that is changed. Refuses what has the name and is not ours. */
  static in(root: Fd, path: string): PreviousRun {
    const found = statxAt(root, CONVERT_DIRECTORY)
    if (found !== undefined && !isOurs(found)) {
      throw cannotConvert(
        path,
        'EEXIST',
        `it has a "${CONVERT_DIRECTORY}" that is not of an interrupted conversion by this user`,
      )
    }
    const workshop = findWorkshop(root)
    try {
      const journal = workshop && readJournal(workshop.directory)
      return new PreviousRun(path, workshop, journal, found !== undefined || isMarked(root), markedHeader(root))
    } catch (cause) {
      workshop?.[Symbol.dispose]()
      if (!isErrno(cause, 'EPROTO')) throw cause
      const advice = 'its journal is damaged, or of another version of virtfs, which can go on with it'
      throw cannotConvert(path, 'EPROTO', advice)
    }
  }

  /** Of a tree that is not there yet. */
  static none(path: string): PreviousRun {
    return new PreviousRun(path, undefined, undefined, false, undefined)
  }

  /**
   * What can be gone on with. Without a journal that is a beginning before the first change, or an end after the last one,
   * and both are gone on with by looking at everything anew; an abort, which must know what not to touch, is not.
   */
  get header(): JournalHeader | undefined {
    return this.journal?.header ?? (this.marked?.isAbort === true ? undefined : this.marked)
  }

  /** True once anything may have been changed that shows through. */
  get isBegun(): boolean {
    return this.journal !== undefined && this.workshop !== undefined && isCompleted(this.workshop)
  }

  /** True while an object with several names may have been changed under some of them only. */
  get isAmidLinks(): boolean {
    return this.workshop !== undefined && [...namesIn(this.workshop.links)].length > 0
  }

  /** Refuses to go on with what was not begun. */
  refuse(intent: Intent): void {
    if (intent === 'convert' || this.hasMarks) return
    const what = intent === 'resume' ? 'resume' : 'abort'
    throw new UsageError(`Cannot ${what} a conversion of "${printable(this.path)}": none was interrupted there`)
  }

  [Symbol.dispose](): void {
    this.workshop?.[Symbol.dispose]()
  }
}

/** Nobody else may write in it. */
const isOurs = ({ mode, uid }: { readonly mode: number; readonly uid: number }): boolean =>
  isDirectory(mode) && uid === process.geteuid?.() && (permissionsOf(mode) & 0o077) === 0
