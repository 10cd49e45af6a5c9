// A working directory of a thread's own, for calls that take a path and have no form that takes a directory: a single
// name is then looked up in a directory that is held open, as the calls with a descriptor do it.

import { ErrnoError } from '../errors.js'
import { isSupportedHost } from './abi.js'
import { call, checked } from './call.js'
import type { Fd } from './fd.js'
import { openTree } from './open.js'

/** include/uapi/linux/sched.h: the thread shares working directory, root and umask with nobody any more. */
const CLONE_FS = 0x200

let isUnshared = false
const unshared = (): boolean => (isUnshared ||= call('unshare', CLONE_FS) === 0)

let isOwn = false
/** The descriptor of the directory that `enterDirectory` has made the working directory, for as long as it is open. */
let entered: number | undefined

/**
 * Takes this thread out of the process's shared working directory: to be called in a thread that uses no relative path.
 * False where the host refuses it, as sandboxes may.
 */
export function takeWorkingDirectory(): boolean {
  isOwn ||= unshared()
  return isOwn
}

let mayRoam = false

/**
 * Lets the main thread leave its working directory while it works. It is for programs: what a process's other threads do
 * with relative paths (node:fs, asynchronously) does not follow a process.chdir any more.
 */
export function allowRoaming(): void {
  mayRoam = isSupportedHost
}

/** Does something in a thread that has a working directory of its own for that long, if it may have one, and then returns. */
export function roaming<T>(work: () => T): T {
  if (isOwn || !mayRoam || !unshared()) return work()
  using home = whereWeAre()
  if (home === undefined) return work()
  isOwn = true
  try {
    return work()
  } finally {
    isOwn = false
    entered = undefined
    checked(call('fchdir', home.number), { op: 'return to the working directory' })
  }
}

/** Undefined where one could not return to: the user may be in a directory that is closed to him. */
function whereWeAre(): Fd | undefined {
  try {
    return openTree('.', true)
  } catch (cause) {
    if (!(cause instanceof ErrnoError)) throw cause
    return undefined
  }
}

/** True when `enterDirectory` concerns nobody else. */
export const hasOwnWorkingDirectory = (): boolean => isOwn

/** Makes an open directory (O_PATH will do) this thread's working directory. Whoever closes it calls `leaveDirectory` before. */
export function enterDirectory(directory: Fd): void {
  if (!isOwn) throw new TypeError('Cannot change a working directory that other threads share')
  const { number } = directory
  if (entered === number) return
  checked(call('fchdir', number), { op: 'enter a directory' })
  entered = number
}

/** The number of a directory that is about to be closed may soon be another's. */
export function leaveDirectory(directory: Fd): void {
  if (directory.isOpen && directory.number === entered) entered = undefined
}
