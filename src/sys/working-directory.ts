// A working directory of a thread's own, for calls that take a path and have no form that takes a directory: a single
// name is then looked up in a directory that is held open, as the calls with a descriptor do it.

import { call, checked } from './call.js'
import type { Fd } from './fd.js'

/** include/uapi/linux/sched.h: the thread shares working directory, root and umask with nobody any more. */
const CLONE_FS = 0x200

let isOwn = false

/**
 * Takes this thread out of the process's shared working directory: to be called in a thread that uses no relative path.
 * False where the host refuses it, as sandboxes may.
 */
export function takeWorkingDirectory(): boolean {
  isOwn ||= call('unshare', CLONE_FS) === 0
  return isOwn
}

/** True when `enterDirectory` concerns nobody else. */
export const hasOwnWorkingDirectory = (): boolean => isOwn

/** Makes an open directory (O_PATH will do) this thread's working directory. */
export function enterDirectory(directory: Fd): void {
  if (!isOwn) throw new TypeError('Cannot change a working directory that other threads share')
  checked(call('fchdir', directory.number), { op: 'enter a directory' })
}
