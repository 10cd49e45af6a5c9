// Looking at objects by their host paths: finds the export of each, opens it once, and reports.

import { ErrnoError, isErrno, UsageError } from '../errors.js'
import { type Host, type HostDirectory, type NameOrSelf, SELF } from '../host/host-directory.js'
import { requireHost } from '../host/this-host.js'
import { detectModel, type Undecided } from '../ownership/detect.js'
import type { PassedObject } from '../ownership/evidence.js'
import type { SecurityModel } from '../ownership/security-models.js'
import { interruption, type Unfinished, unfinishedIn } from '../ownership/unfinished.js'
import { printable } from '../printable.js'
import { S_IFDIR, S_IFMT } from '../sys/constants.js'
import { walk } from '../walk/walk.js'
import { type Entry, EntryReader, type ExportFacts } from './entry.js'
import type { FileSystemEntry } from './file-system.js'
import { GuestPath } from './guest-path.js'
import { locate, locateBelow } from './locate.js'
import { type Naming, type NamingChoice, namingOfHost, NO_NAMES, readNaming } from './naming.js'
import type { PassingSettings } from './passing-visitor.js'
import { resolve } from './resolve.js'
import type { SelectionRules } from './selection.js'

export interface InspectorOptions {
  /** Where the export starts, as a host path in bytes; found from each path when absent. */
  readonly root?: string | undefined
  /** Recognised by what is stored when absent. */
  readonly model?: SecurityModel | undefined
  /** Whose names owners have; when absent, the tree's own where it has any, otherwise this host's. */
  readonly names?: NamingChoice | undefined
}

/** What a walk below a directory is for. */
export interface WalkPurpose {
  /** The file URL of the visitor's module; it is given `{ settings: PassingSettings, …options }`. */
  readonly visitor: string
  readonly options?: object
  readonly rules: SelectionRules
  /** Directories on other file systems are passed over, with all that is in them. */
  readonly isOneFileSystem: boolean
  /** How many threads; as many as there are processors if absent. */
  readonly jobs?: number | undefined
  /** Told now and then how many entries the walk has come by. */
  readonly progress?: ((visited: number) => void) | undefined
}

/** An export that is being looked at. */
export interface Inspected {
  readonly facts: ExportFacts
  readonly naming: Naming
  readonly reader: EntryReader
  readonly path: GuestPath
}

export class Inspector implements Disposable {
  private readonly exports = new Map<string, Inspected>()
  private readonly root: string | undefined

  /** Refuses a root that is no directory, or that cannot be opened. */
  constructor(
    private readonly options: InspectorOptions,
    private readonly host: Host = requireHost(),
  ) {
    const { root } = options
    if (root === undefined) return
    try {
      using directory = host.openDirectory(root)
      this.root = directory.realPath()
    } catch (cause) {
      if (!(cause instanceof ErrnoError)) throw cause
      throw new UsageError(`Cannot open "${printable(root)}": ${cause.code} (name the exported directory)`)
    }
  }

  /** Reports on what a host path (bytes) names, or with `follows` on what a symlink there leads to. */
  entry(path: string, follows: boolean): Entry {
    return this.at(path, follows, ({ reader }, object) => reader.entry(object, path))
  }

  /** Looks at an object in passing. What `look` is given is its own until it returns. */
  look<T>(path: string, look: (object: PassedObject, reader: EntryReader) => T): T {
    return this.at(path, false, ({ reader }, object) => look(object, reader))
  }

  /** Reports on the file system that holds what the path names; symlinks are followed. */
  fileSystem(path: string): FileSystemEntry {
    return this.at(path, true, ({ facts }, { directory }) => ({ ...facts, path, statfs: directory.statfs() }))
  }

  /** Walks through what is below a directory; see `walk`. Nothing is below anything else. */
  async *below<Result>(path: string, purpose: WalkPurpose): AsyncGenerator<Result> {
    const { start, settings } = this.at(path, false, ({ facts, naming }, { directory, name, host }) => ({
      start: (host.mode & S_IFMT) === S_IFDIR ? startAt(this.host, directory, name) : undefined,
      settings: {
        facts,
        naming,
        rules: purpose.rules,
        dev: purpose.isOneFileSystem ? host.dev : undefined,
      } satisfies PassingSettings,
    }))
    if (start === undefined) return
    using _ = start
    yield* walk<Result>(
      start,
      { module: purpose.visitor, options: { settings, ...purpose.options } },
      { progress: purpose.progress, jobs: purpose.jobs },
    )
  }

  /** The exports that were looked at so far, in the order in which they were met. */
  get trees(): readonly ExportFacts[] {
    return [...this.exports.values()].map(({ facts }) => facts)
  }

  /**
   * Finds what a host path (bytes) names, or with `follows` what a symlink there leads to, and reports on it. The object,
   * and where the export's path has come to, are good until the next call.
   */
  at<T>(path: string, follows: boolean, report: (inspected: Inspected, object: PassedObject) => T): T {
    const { host } = this
    const { root, components } = this.root === undefined ? locate(host, path) : locateBelow(host, path, this.root)
    const inspected = this.exportAt(root, components)
    inspected.path.toRoot()
    try {
      return report(inspected, resolve(inspected.path, components, follows, inspected.reader))
    } catch (cause) {
      if (!(cause instanceof ErrnoError)) throw cause
      throw new ErrnoError(cause.errno, { ...cause.context, root })
    }
  }

  [Symbol.dispose](): void {
    for (const { path } of this.exports.values()) path[Symbol.dispose]()
    this.exports.clear()
  }

  /** `way` is where the first who asks is going. */
  private exportAt(root: string, way: readonly string[]): Inspected {
    const known = this.exports.get(root)
    if (known !== undefined) return known
    const directory = this.host.openDirectory(root)
    let path: GuestPath | undefined
    try {
      const facts = this.factsOf(root, directory, way)
      path = new GuestPath(directory)
      const naming = this.namingOf(path, facts)
      const inspected = { facts, naming, path, reader: new EntryReader(this.host, facts, naming) }
      this.exports.set(root, inspected)
      return inspected
    } catch (cause) {
      path?.[Symbol.dispose]()
      directory[Symbol.dispose]()
      throw cause
    }
  }

  private factsOf(root: string, directory: HostDirectory, way: readonly string[]): ExportFacts {
    const { model } = this.options
    const unfinished = unfinishedIn(directory)
    if (model !== undefined) return { root, model, detection: undefined, unfinished }
    const detection = detectModel(this.host, directory, way)
    if (detection.model === undefined) throw undecided(root, detection, unfinished)
    return { root, model: detection.model, detection, unfinished }
  }

  private namingOf(path: GuestPath, facts: ExportFacts): Naming {
    const { names } = this.options
    if (names === 'none') return NO_NAMES
    if (names === 'host') return namingOfHost()
    const reader = new EntryReader(this.host, facts, NO_NAMES)
    const own = readNaming((components) => contentAt(path, components, reader))
    return names === undefined && own.users.size === 0 && own.groups.size === 0 ? namingOfHost() : own
  }
}

/** A descriptor of its own: the path that led there moves on. */
const startAt = (host: Host, directory: HostDirectory, name: NameOrSelf): HostDirectory =>
  name === SELF ? host.openDirectory(directory.sharedPath()) : directory.openDirectory(name)

/** A table of users is smaller, or nobody's to be read here. */
const TABLE_MAX = 1 << 20

/** The content of a guest's file; undefined where there is none to be read. */
function contentAt(path: GuestPath, components: readonly string[], reader: EntryReader): string | undefined {
  try {
    path.toRoot()
    const { directory, name, host } = resolve(path, components, true, reader)
    if (name === '.') return undefined
    return directory.content(name, Math.min(host.size, TABLE_MAX)).toString('latin1')
  } catch (cause) {
    if (cause instanceof ErrnoError && !isErrno(cause, 'EIO')) return undefined
    throw cause
  }
}

/** Why nothing is guessed where that may well be wrong. */
function undecided(root: string, { sentence }: Undecided, unfinished: Unfinished | undefined): UsageError {
  const cannot = `Cannot tell the security model of "${printable(root)}"`
  if (unfinished !== undefined) return new UsageError(`${cannot}: ${interruption(unfinished, root)}`)
  return new UsageError(`${cannot}: it ${sentence} (name it with --security-model)`)
}
