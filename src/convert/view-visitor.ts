// Comes by the entries of a tree that a conversion concerns, for whoever looks at each as a guest does.

import { ErrnoError } from '../errors.js'
import { type HostDirectory, SELF } from '../host/host-directory.js'
import { Selection, type SelectionRules } from '../inspect/selection.js'
import type { Name } from '../name.js'
import type { PassedObject } from '../ownership/evidence.js'
import { METADATA_DIRECTORY, ROOT_RECORD } from '../ownership/reserved-names.js'
import { type Surroundings, surroundingsIn } from '../ownership/surroundings.js'
import { CONVERT_DIRECTORY } from '../ownership/unfinished.js'
import type { HostStat } from '../sys/stat.js'
import type { Found, Visitor } from '../walk/visitor.js'
import { isDirectory } from './mode.js'

export interface ViewScope {
  readonly rules: SelectionRules
  /** The file system to stay on, as in HostStat; every one where absent. */
  readonly dev: number | undefined
  /** mapped-file's own data is nobody's entry: one of the models is that. */
  readonly hidesMetadata: boolean
}

/** The root's path, as plans call it. */
const ROOT_PATH = '.'

export abstract class ViewVisitor<Result> implements Visitor<Result, Surroundings> {
  private readonly selection: Selection

  constructor(private readonly scope: ViewScope) {
    this.selection = new Selection(scope.rules)
  }

  abstract readonly held: number
  abstract take(): Found<Result> | undefined
  abstract failed(path: string, error: ErrnoError): void
  /** Looks at an entry that the conversion concerns. */
  protected abstract look(object: PassedObject, path: string): void

  enter(directory: HostDirectory): Surroundings {
    return surroundingsIn(directory)
  }

  leave(surroundings: Surroundings): void {
    surroundings[Symbol.dispose]()
  }

  visit(directory: HostDirectory, name: Name, path: string, surroundings: Surroundings): HostStat | undefined {
    if (path === CONVERT_DIRECTORY || this.isHidden(name)) return undefined
    const host = directory.stat(name)
    if (host === undefined) throw new ErrnoError('ENOENT', { op: 'look at an entry that was listed' })
    const isEntered = isDirectory(host.mode)
    if (!this.selection.admits(path, isEntered)) return undefined
    if (this.scope.dev !== undefined && host.dev !== this.scope.dev) return undefined
    if (this.selection.wants(path, isEntered)) this.look({ directory, name, host, surroundings }, path)
    return isEntered ? host : undefined
  }

  /** The root is no entry of any directory. `host` is what it is to be taken for. */
  visitRoot(root: HostDirectory, host: HostStat): void {
    if (!this.selection.wants('', true)) return
    using surroundings = surroundingsIn(root)
    this.look({ directory: root, name: SELF, host, surroundings }, ROOT_PATH)
  }

  private isHidden(name: Name): boolean {
    return this.scope.hidesMetadata && (name === METADATA_DIRECTORY || name === ROOT_RECORD)
  }
}
