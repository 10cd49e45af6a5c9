// Goes by the entries of an export, wherever the walk has come to: finds each as the guest has it and hands on those that
// are wanted.

import { ErrnoError } from '../errors.js'
import type { HostDirectory } from '../host/host-directory.js'
import { thisHost } from '../host/this-host.js'
import type { Name } from '../name.js'
import type { PassedObject } from '../ownership/evidence.js'
import { type Surroundings, surroundingsIn } from '../ownership/surroundings.js'
import { S_IFDIR, S_IFMT } from '../sys/constants.js'
import type { HostStat } from '../sys/stat.js'
import type { Found, Visitor } from '../walk/visitor.js'
import { EntryReader, type ExportFacts } from './entry.js'
import type { Naming } from './naming.js'
import { Selection, type SelectionRules } from './selection.js'

/** What a thread has to know of the export, and of what is wanted of it. Plain data. */
export interface PassingSettings {
  readonly facts: ExportFacts
  readonly naming: Naming
  readonly rules: SelectionRules
  /** The file system to stay on, as in HostStat; every one where absent. */
  readonly dev: number | undefined
}

/** What becomes of the entries. Paths are relative to where the walk started. */
export interface Passage<Result> {
  /** See Visitor. */
  readonly held: number
  pass(object: PassedObject, path: string, reader: EntryReader): void
  /**
   * Something goes by that the security model keeps for itself, or that is in there, and that no guest sees. Absent where
   * it is to be left out: it is not entered then.
   */
  passReserved?(host: HostStat): void
  failed(path: string, error: ErrnoError): void
  take(): Found<Result> | undefined
}

/** The surroundings of a directory's entries; undefined where all of them are the security model's. */
type Context = Surroundings | undefined

export class PassingVisitor<Result> implements Visitor<Result, Context> {
  private readonly reader: EntryReader
  private readonly selection: Selection
  private readonly dev: number | undefined

  constructor(
    settings: PassingSettings,
    private readonly passage: Passage<Result>,
  ) {
    this.reader = new EntryReader(thisHost, settings.facts, settings.naming)
    this.selection = new Selection(settings.rules)
    this.dev = settings.dev
  }

  get held(): number {
    return this.passage.held
  }

  enter(directory: HostDirectory, path: string): Context {
    return this.isInReserved(path) ? undefined : surroundingsIn(directory)
  }

  leave(surroundings: Context): void {
    surroundings?.[Symbol.dispose]()
  }

  visit(directory: HostDirectory, name: Name, path: string, surroundings: Context): HostStat | undefined {
    if (surroundings === undefined || this.reader.reader.isReserved(name)) return this.visitReserved(directory, name)
    const object = this.reader.find(directory, name, surroundings)
    if (object === undefined) throw vanished()
    const isDirectory = isDirectoryMode(object.host.mode)
    if (!this.selection.admits(path, isDirectory)) return undefined
    if (this.isElsewhere(object.host)) return undefined
    if (this.selection.wants(path, isDirectory)) this.passage.pass(object, path, this.reader)
    return isDirectory ? object.host : undefined
  }

  failed(path: string, error: ErrnoError): void {
    this.passage.failed(path, error)
  }

  take(): Found<Result> | undefined {
    return this.passage.take()
  }

  private isElsewhere({ dev }: HostStat): boolean {
    return this.dev !== undefined && dev !== this.dev
  }

  private isInReserved(path: string): boolean {
    return (
      this.passage.passReserved !== undefined && path.split('/').some((name) => this.reader.reader.isReserved(name))
    )
  }

  private visitReserved(directory: HostDirectory, name: Name): HostStat | undefined {
    if (this.passage.passReserved === undefined) return undefined
    const host = directory.stat(name)
    if (host === undefined) throw vanished()
    if (this.isElsewhere(host)) return undefined
    this.passage.passReserved(host)
    return isDirectoryMode(host.mode) ? host : undefined
  }
}

const isDirectoryMode = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR

const vanished = (): ErrnoError => new ErrnoError('ENOENT', { op: 'look at an entry that was listed' })
