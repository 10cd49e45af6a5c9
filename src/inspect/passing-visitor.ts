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
  failed(path: string, error: ErrnoError): void
  take(): Found<Result> | undefined
}

export class PassingVisitor<Result> implements Visitor<Result, Surroundings> {
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

  enter(directory: HostDirectory): Surroundings {
    return surroundingsIn(directory)
  }

  leave(surroundings: Surroundings): void {
    surroundings[Symbol.dispose]()
  }

  visit(directory: HostDirectory, name: Name, path: string, surroundings: Surroundings): HostStat | undefined {
    if (this.reader.reader.isReserved(name)) return undefined
    const object = this.reader.find(directory, name, surroundings)
    if (object === undefined) throw new ErrnoError('ENOENT', { op: 'look at an entry that was listed' })
    const isDirectory = (object.host.mode & S_IFMT) === S_IFDIR
    if (!this.selection.admits(path, isDirectory)) return undefined
    if (this.dev !== undefined && object.host.dev !== this.dev) return undefined
    if (this.selection.wants(path, isDirectory)) this.passage.pass(object, path, this.reader)
    return isDirectory ? object.host : undefined
  }

  failed(path: string, error: ErrnoError): void {
    this.passage.failed(path, error)
  }

  take(): Found<Result> | undefined {
    return this.passage.take()
  }
}
