// Opening the directory to be exported: every reason for which it cannot be served is found before anything changes.

import { ErrnoError, UsageError } from '../errors.js'
import { LinuxDirectory, linuxHost } from '../host/linux-host.js'
import { detectModel } from '../ownership/detect.js'
import { type SecurityModel } from '../ownership/security-models.js'
import { type ModelOptions, openModel } from '../ownership/models.js'
import type { Model } from '../ownership/store.js'
import { interruption, unfinishedIn } from '../ownership/unfinished.js'
import { printable } from '../printable.js'
import { O_DIRECTORY, O_NOATIME, O_RDONLY } from '../sys/constants.js'
import type { Fd } from '../sys/fd.js'
import { tryFlock } from '../sys/lock.js'
import { openTree, reopen, reopenPath, requireProc } from '../sys/open.js'

/** A directory held open for serving. */
export interface Export {
  readonly tree: Fd
  readonly model: Model
}

const advice: Record<string, string> = {
  ENOENT: 'there is no such directory',
  ENOTDIR: 'name the exported directory, not a file',
  EACCES: "run as the tree's owner",
  ENOSYS: 'serving needs Linux on x86-64 or arm64',
}

/** What an open directory looks like, for one who did not say which model it has: `looks like MODEL (…)`. */
export function likenessOf(tree: Fd): string {
  using directory = new LinuxDirectory(reopen(tree, O_RDONLY | O_DIRECTORY | O_NOATIME))
  return detectModel(linuxHost, directory).sentence
}

/** Refuses a tree that is partly another model's. */
function refuseUnfinished(tree: Fd, path: string): void {
  using directory = new LinuxDirectory(reopenPath(tree))
  const unfinished = unfinishedIn(directory)
  if (unfinished !== undefined)
    throw new UsageError(`Cannot serve "${printable(path)}": ${interruption(unfinished, path)}`)
}

/**
 * Opens TREE, a path in Latin-1 bytes, under a security model and holds it (flock, shared), so that no conversion starts meanwhile. One
 * that was interrupted is refused, and by the model a tree that cannot keep what it stores. The caller closes `tree`.
 */
export function openExport(path: string, securityModel: SecurityModel, options: ModelOptions): Export {
  const refuse = (code: string, why: string): never => {
    throw new UsageError(`Cannot serve "${printable(path)}": ${code} (${why})`)
  }
  let tree: Fd
  try {
    requireProc()
    tree = openTree(path)
  } catch (cause) {
    if (!(cause instanceof ErrnoError)) throw cause
    if (cause.context['path'] === '/proc/self/fd')
      return refuse(cause.code, 'mount /proc: open objects are reached through it')
    return refuse(cause.code, advice[cause.code] ?? 'check the path')
  }
  try {
    const model = openModel(securityModel, options)
    const reason = model.store.refusalOf(tree)
    if (reason !== undefined) return refuse(reason.code, reason.advice)
    if (!tryFlock(tree, 'shared')) return refuse('EBUSY', 'a conversion holds this tree; wait for it, or resume it')
    refuseUnfinished(tree, path)
    return { tree, model }
  } catch (cause) {
    tree.close()
    throw cause
  }
}
