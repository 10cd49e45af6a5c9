// Failures of node:fs and fs-xattr as ErrnoErrors. Their numbers are the host's and differ from Linux's, so what counts is
// the name.

import { constants } from 'node:os'
import { Errno, type ErrorContext, ErrnoError, type ErrnoName } from '../errors.js'

/** What Linux calls otherwise, or counts as one. */
const LINUX_NAME: Readonly<Record<string, ErrnoName>> = { ENOATTR: 'ENODATA', ENOTSUP: 'EOPNOTSUPP' }

/** A failure as node:fs throws it, with a negated errno, or fs-xattr, whose `code` is empty for what it has no name for. */
export interface NodeFailure {
  readonly code?: string
  readonly errno?: number
}

/**
 * Linux's number for a failure; EIO where Linux knows none of that name. `host` has the host's own numbers by name.
 */
export function linuxErrnoOf(
  { code, errno }: NodeFailure,
  host: Readonly<Record<string, number>> = constants.errno,
): number {
  const number = Math.abs(errno ?? 0)
  const named = code !== undefined && isLinux(code) ? code : Object.keys(host).find((name) => host[name] === number)
  return named !== undefined && isLinux(named) ? Errno[LINUX_NAME[named] ?? (named as ErrnoName)] : Errno.EIO
}

const isLinux = (name: string): boolean => name in LINUX_NAME || name in Errno

/** Runs `action`; what node:fs or fs-xattr throw in it becomes an ErrnoError, a defect is thrown on as it is. */
export function attempt<T>(context: ErrorContext, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    if (!isFailure(cause)) throw cause
    throw new ErrnoError(linuxErrnoOf(cause), context)
  }
}

const isFailure = (thrown: unknown): thrown is NodeFailure =>
  thrown instanceof Error && !(thrown instanceof ErrnoError) && 'errno' in thrown && typeof thrown.errno === 'number'
