// Opening and holding the trees of a conversion: every reason that lies in who else uses them is found here, before anything
// is looked at.

import { ErrnoError, UsageError } from '../errors.js'
import { printable } from '../printable.js'
import type { Fd } from '../sys/fd.js'
import { tryFlock } from '../sys/lock.js'
import { openTree, requireProc } from '../sys/open.js'
import { openersOf } from './openers.js'

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such directory',
  ENOTDIR: 'name the exported directory, not a file',
  EACCES: "run as the tree's owner",
  ENOSYS: 'converting needs Linux on x86-64 or arm64',
}

/** The line for a tree that cannot be converted. */
export const cannotConvert = (path: string, code: string, why: string): UsageError =>
  new UsageError(`Cannot convert "${printable(path)}": ${code} (${why})`)

/** Opens a directory by a path (Latin-1) and holds it against servers and other conversions until it is closed. */
export function openHeld(path: string): Fd {
  let tree: Fd
  try {
    requireProc()
    tree = openTree(path)
  } catch (cause) {
    if (!(cause instanceof ErrnoError)) throw cause
    if (cause.context['path'] === '/proc/self/fd')
      throw cannotConvert(path, cause.code, 'mount /proc: open objects are reached through it')
    throw cannotConvert(path, cause.code, ADVICE[cause.code] ?? 'check the path')
  }
  try {
    if (tryFlock(tree, 'exclusive')) return tree
    throw cannotConvert(path, 'EBUSY', 'virtfs serve or another conversion holds this tree; end it first')
  } catch (cause) {
    tree.close()
    throw cause
  }
}

/** Refuses a tree in which other processes have something open: what they write meanwhile may be lost. */
export function refuseOpeners(path: string, tree: Fd): void {
  const [first, ...others] = openersOf(tree)
  if (first === undefined) return
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  const who = `process ${first.pid} (${first.command})${more}`
  throw cannotConvert(path, 'EBUSY', `${who} has "${printable(first.path)}" open; end it, or use --force`)
}
