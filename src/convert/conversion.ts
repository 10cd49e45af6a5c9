// A conversion of a tree from one security model to another: opened, planned, carried out.

import { UsageError } from '../errors.js'
import { type HostDirectory, SELF } from '../host/host-directory.js'
import { descriptorOf, LinuxDirectory } from '../host/linux-host.js'
import { formOf, type SecurityModel } from '../ownership/security-models.js'
import { ThreadPool } from '../pool/thread-pool.js'
import { printable } from '../printable.js'
import { ownCredentials } from '../sys/credentials.js'
import { endWorkshop, rootTimes, type Workshop } from './converting-mark.js'
import { openHeld, refuseOpeners } from './held-tree.js'
import { bodyDefaults, hostLooks } from './host-looks.js'
import { differenceOf } from './identity.js'
import { convertInPlace } from './in-place.js'
import { InodeSet } from './inode-set.js'
import type { JournalHeader } from './journal.js'
import { copyTree } from './copy-tree.js'
import { NewTree } from './new-tree.js'
import { type ConversionObserver, noChanges, NOT_COMPARED, type Outcome, type Plan } from './plan.js'
import { PreviousRun } from './previous-run.js'
import { refuseScan, refuseTarget } from './refusals.js'
import type { ConversionRequest } from './request.js'
import { type Scan, scanTree } from './scan.js'
import { type Bodies, type ConversionSettings } from './settings.js'
import { guessSource, otherSource } from './source-model.js'
import { Verification } from './verification.js'

interface Scanned {
  readonly scan: Scan
  readonly settings: ConversionSettings
  readonly header: JournalHeader
}

export class Conversion implements AsyncDisposable {
  private readonly credentials = ownCredentials()
  private readonly pool: ThreadPool
  private scanned: Scanned | undefined

  private constructor(
    readonly request: ConversionRequest,
    private readonly root: HostDirectory,
    /** Undefined in place. */
    private readonly newTree: NewTree | undefined,
    /** Of the tree that is written to. */
    private readonly previous: PreviousRun,
  ) {
    this.pool = new ThreadPool(request.jobs)
  }

  /** Opens and holds the tree; throws a UsageError for whatever keeps it from being converted. Changes nothing. */
  static open(request: ConversionRequest): Conversion {
    const root = new LinuxDirectory(openHeld(request.tree))
    try {
      if (!request.ignoresOpeners) refuseOpeners(request.tree, root.descriptor)
      const newTree = request.output === undefined ? undefined : NewTree.at(request.output, root)
      const previous = newTree?.previous ?? PreviousRun.in(root.descriptor, request.tree)
      try {
        if (newTree !== undefined && request.intent === 'abort') throw nothingToAbort(request.tree, request.output!)
        previous.refuse(request.intent)
        return new Conversion(request, root, newTree, previous)
      } catch (cause) {
        ;(newTree ?? previous)[Symbol.dispose]()
        throw cause
      }
    } catch (cause) {
      root[Symbol.dispose]()
      throw cause
    }
  }

  /** Looks through the whole tree and changes nothing. Throws a UsageError where nothing can be done at all. */
  async plan(observer: ConversionObserver = {}): Promise<Plan> {
    const { request } = this
    if (this.isToBeTidied) return this.planToTidyUp()
    const scanned = await this.scan(observer)
    this.scanned = scanned
    const { scan, header } = scanned
    refuseScan(scan, header, request, this.previous)
    const { entries, changes, changed, unchanged, bytesToCopy, refused, forbidden, lost, failed } = scan
    return {
      ...{ from: header.from, to: header.to, isAbort: header.isAbort, isResumed: this.previous.isBegun },
      ...{ entries, changes, changed, unchanged, bytesToCopy, refused, forbidden, lost, failed },
    }
  }

  /** Carries the plan out. Throws for defects only. */
  async carryOut(_plan: Plan, observer: ConversionObserver = {}): Promise<Outcome> {
    const { scanned, root, previous, pool } = this
    if (this.isToBeTidied) return this.tidyUp()
    if (scanned === undefined) throw new TypeError('Cannot carry out what was not planned')
    const { scan, settings, header } = scanned
    const { journal } = previous
    const { verifies } = this.request
    const destination = this.newTree?.open()
    if (destination === undefined && scan.changed === 0 && !previous.hasMarks) {
      const differences = verifies ? [] : undefined
      return { ...NOTHING_DONE, unchanged: scan.unchanged, changes: scan.changes, differences }
    }
    using verification = verifies ? new Verification({ root, scan, settings, pool, observer }) : undefined
    const noted = async (workshop: Workshop): Promise<void> => await verification?.note(workshop)
    const task = { root, scan, settings, header, observer, journal, pool }
    const outcome = await (destination === undefined
      ? convertInPlace({ ...task, begun: noted })
      : copyTree({ ...task, destination, copied: noted }))
    if (verification === undefined || !outcome.isFinished) return outcome
    return { ...outcome, ...(await verification.compare(destination ?? root)) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]()
    ;(this.newTree ?? this.previous)[Symbol.dispose]()
    this.root[Symbol.dispose]()
  }

  /** Only marks are left of what is to be gone on with, or put back. */
  private get isToBeTidied(): boolean {
    const { intent } = this.request
    const { isBegun, header } = this.previous
    return (intent === 'abort' && !isBegun) || (intent === 'resume' && header === undefined)
  }

  /** An interrupted run had changed nothing yet, or everything. */
  private planToTidyUp(): Plan {
    const model = this.request.to ?? guessSource(this.root, this.request.tree, 'mapped-xattr')
    return {
      ...{ from: model, to: model, isAbort: this.request.intent === 'abort', isResumed: true },
      ...{ entries: 0, changes: noChanges, changed: 0, unchanged: 0, bytesToCopy: 0 },
      ...{ refused: [], forbidden: [], lost: [], failed: [] },
    }
  }

  private tidyUp(): Outcome {
    const root = descriptorOf(this.newTree?.open() ?? this.root)
    endWorkshop(root, rootTimes(root))
    return { ...NOTHING_DONE, unchanged: 0, changes: noChanges }
  }

  /** Looks for what the tree is converted from, where nobody has said it. */
  private async scan(observer: ConversionObserver): Promise<Scanned> {
    const { request, previous, root } = this
    const known = previous.journal?.header ?? (request.intent === 'resume' ? previous.header : undefined)
    if (known !== undefined) return await this.scanAs(this.headerOfPrevious(known), observer)
    const to = request.to ?? 'passthrough'
    if (request.from !== undefined) return await this.scanAs(this.newHeader(request.from, to), observer)
    const guess = guessSource(root, request.tree, to)
    const first = await this.scanAs(this.newHeader(guess, to), observer)
    const other = otherSource(first.scan, guess, to, request.tree, this.newTree !== undefined)
    return other === undefined ? first : await this.scanAs(this.newHeader(other, to), observer)
  }

  private async scanAs(header: JournalHeader, observer: ConversionObserver): Promise<Scanned> {
    const { request, root, credentials, previous } = this
    refuseTarget(header, this.newTree?.place ?? root, request)
    const { journal } = previous
    const isCopy = this.newTree !== undefined
    const settings: ConversionSettings = {
      ...{ from: header.from, to: header.to, ids: header.ids, bodies: header.bodies, looks: header.looks },
      ...{ isCopy, isBack: header.isAbort, isResumed: !isCopy && (previous.isBegun || header.isAbort) },
      ...{ gate: request.gate, credentials, rules: request.rules, isLogged: request.isLogged },
      dev: isCopy && !request.isOneFileSystem ? undefined : root.stat(SELF)!.dev,
      exceptions: header.isAbort && journal !== undefined ? journal.looks : [],
      symlinks: journal?.symlinks ?? [],
      left: journal === undefined ? undefined : InodeSet.of(journal.left).shared,
    }
    const scan = await scanTree(root, settings, { pool: this.pool, looked: observer.looked })
    return { scan, settings, header }
  }

  private newHeader(from: SecurityModel, to: SecurityModel): JournalHeader {
    const { request, root } = this
    const bodies = bodiesFor(request, from, to)
    const source = this.newTree && root.realPath()
    return { from, to, bodies, source, ids: request.ids, isAbort: false, looks: hostLooks(root) }
  }

  /** What goes on is what was begun, or its way back. */
  private headerOfPrevious(known: JournalHeader): JournalHeader {
    const { request } = this
    if (request.intent === 'abort' && !known.isAbort) {
      return { ...known, from: known.to, to: known.from, bodies: known.looks, looks: known.bodies, isAbort: true }
    }
    if (request.intent === 'convert') {
      const { from, to } = known
      const wanted = this.newHeader(request.from ?? from, request.to ?? to)
      const difference = known.isAbort ? 'direction' : differenceOf(known, wanted)
      if (difference !== undefined) throw otherConversion(request.tree, known, difference)
    }
    return known
  }
}

const NOTHING_DONE: Omit<Outcome, 'unchanged' | 'changes'> = {
  ...{ changed: 0, failed: [], interruption: undefined, isFinished: true, ...NOT_COMPARED },
}

const nothingToAbort = (tree: string, output: string): UsageError =>
  new UsageError(`Cannot abort: "${printable(tree)}" is as it was (remove "${printable(output)}" instead)`)

function otherConversion(tree: string, { from, to, isAbort }: JournalHeader, difference: string): UsageError {
  const what = isAbort ? `the abort of a conversion from ${to} to ${from}` : `a conversion from ${from} to ${to}`
  const how = isAbort
    ? 'go on with --abort'
    : `it had another ${difference}; go on with --resume, or put it back with --abort`
  return new UsageError(`Cannot convert "${printable(tree)}": ${what} was interrupted there (${how})`)
}

/** What comes into the host's care gets a looks of its own; what was in it stays as it is unless it is said. */
function bodiesFor(request: ConversionRequest, from: SecurityModel, to: SecurityModel): Bodies {
  const { owner, caller, fmode, dmode } = request
  if (formOf(to) === 'inode') return { uid: undefined, gid: undefined, fmode: undefined, dmode: undefined }
  const isNew = formOf(from) === 'inode' || request.output !== undefined
  const whose = owner ?? (isNew ? caller : undefined)
  return {
    ...{ uid: whose?.uid, gid: whose?.gid },
    fmode: fmode ?? (isNew ? bodyDefaults.fmode : undefined),
    dmode: dmode ?? (isNew ? bodyDefaults.dmode : undefined),
  }
}
