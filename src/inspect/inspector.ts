// Looking at objects by their host paths: finds the export of each, opens it once, and reports.

import { ErrnoError, UsageError } from '../errors.js'
import { type Bounds, detectModel } from '../ownership/detect.js'
import { modelKeptAs, openModel, type SecurityModel } from '../ownership/models.js'
import type { Fd } from '../sys/fd.js'
import { openTree, requireProc } from '../sys/open.js'
import { DescriptorBudget } from '../view/descriptor-budget.js'
import type { Node } from '../view/node.js'
import { openView } from '../view/view.js'
import { type Entry, entryOf, type Inspected } from './entry.js'
import type { FileSystemEntry } from './file-system.js'
import { locate, locateBelow, realPathOf } from './locate.js'
import { printable } from '../printable.js'
import { walk } from './walk.js'

export interface InspectorOptions {
  /** Where the export starts, as a host path in bytes; found from each path when absent. */
  readonly root?: string | undefined
  /** Recognised by what is stored when absent. */
  readonly model?: SecurityModel | undefined
}

/** Handles are let go after each report; while one path is walked, one a component is open. */
const HANDLES = 256

export class Inspector implements Disposable {
  private readonly exports = new Map<string, Inspected>()
  private readonly root: string | undefined

  /** Refuses a root that is no directory, or that cannot be opened. */
  constructor(private readonly options: InspectorOptions) {
    requireProc()
    const { root } = options
    if (root === undefined) return
    try {
      using directory = openTree(root, true)
      this.root = realPathOf(directory)
    } catch (cause) {
      if (!(cause instanceof ErrnoError)) throw cause
      throw new UsageError(`Cannot open "${printable(root)}": ${cause.code} (--root takes the exported directory)`)
    }
  }

  /** Reports on what a host path (bytes) names, or with `follows` on what a symlink there leads to. */
  entry(path: string, follows: boolean): Entry {
    return this.at(path, follows, (inspected, node) => entryOf(inspected, node, path))
  }

  /** Reports on the file system that holds what the path names; symlinks are followed. */
  fileSystem(path: string): FileSystemEntry {
    return this.at(path, true, ({ view, root, model, isDetected }, node) => {
      return { path, root, model, isDetected, statfs: view.statfs(node) }
    })
  }

  [Symbol.dispose](): void {
    for (const { view } of this.exports.values()) view[Symbol.dispose]()
    this.exports.clear()
  }

  private at<T>(path: string, follows: boolean, report: (inspected: Inspected, node: Node) => T): T {
    const { root, components } = this.root === undefined ? locate(path) : locateBelow(path, this.root)
    const inspected = this.exportAt(root)
    const node = walkFrom(inspected, components, follows)
    try {
      return report(inspected, node)
    } finally {
      node.release()
    }
  }

  private exportAt(root: string): Inspected {
    const known = this.exports.get(root)
    if (known !== undefined) return known
    // The view works on a descriptor of its own.
    using directory = openTree(root, true)
    const model = this.options.model ?? modelOf(directory, root)
    const behaviour = openModel(model)
    const view = openView(directory, behaviour, new DescriptorBudget(HANDLES))
    const inspected = { view, behaviour, root, model, isDetected: this.options.model === undefined }
    this.exports.set(root, inspected)
    return inspected
  }
}

/** Whoever looks at one object should not wait for a survey. */
const GLANCE: Bounds = { objects: 250, perDirectory: 50, levels: 3 }

/** An empty tree fits any model: its root is what the host has. A mixed one is refused, for either guess may be wrong. */
function modelOf(directory: Fd, root: string): SecurityModel {
  const { model, sentence, objects } = detectModel(directory, GLANCE)
  if (model !== undefined) return model
  if (objects === 1) return modelKeptAs('inode')
  throw new UsageError(
    `Cannot tell the security model of "${printable(root)}": it ${sentence} (name it with --security-model)`,
  )
}

/** Walks; a refusal says in which export. */
function walkFrom({ view, root }: Inspected, components: readonly string[], follows: boolean): Node {
  try {
    return walk(view, components, follows)
  } catch (cause) {
    if (!(cause instanceof ErrnoError)) throw cause
    throw new ErrnoError(cause.errno, { ...cause.context, root })
  }
}
