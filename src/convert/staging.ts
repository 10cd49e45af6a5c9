// Where new objects are made before they come to their places: in a directory of the conversion's own, on the same file
// system, which nobody else may enter. What an interrupted run has left in it is nobody's.

import { ErrnoError, isErrno } from '../errors.js'
import { type Name, nameFromText } from '../name.js'
import { namesIn } from '../ownership/names-in.js'
import { AT_REMOVEDIR, RENAME_EXCHANGE, S_IFDIR } from '../sys/constants.js'
import { renameat2, unlinkat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { type HostStat, statxAt } from '../sys/stat.js'
import { typeOf } from './mode.js'

export class Staging {
  private made = 0

  /** `owner` tells the threads of one run apart. */
  constructor(
    readonly directory: Fd,
    private readonly owner: string,
  ) {}

  nextName(): Name {
    return nameFromText(`${this.owner}-${++this.made}`)
  }
}

/** Removes everything in a staging directory. */
export function emptyStaging(directory: Fd): void {
  for (const name of [...namesIn(directory)]) {
    const isDirectory = typeOf(statxAt(directory, name)?.mode ?? 0) === S_IFDIR
    unlinkat(directory, name, isDirectory ? AT_REMOVEDIR : 0)
  }
}

/** File systems that cannot exchange two names say so in several ways. */
const cannotExchange = (cause: unknown): boolean =>
  isErrno(cause, 'EINVAL') || isErrno(cause, 'ENOSYS') || isErrno(cause, 'EOPNOTSUPP')

/**
 * Puts what was made as `made` in the place of `replaced`, which is what goes: should another object have come under the
 * name meanwhile, that stays, and ESTALE is thrown.
 */
export function putInPlace(staging: Fd, made: Name, directory: Fd, name: Name, replaced: HostStat): void {
  try {
    renameat2(staging, made, directory, name, RENAME_EXCHANGE)
  } catch (cause) {
    if (!cannotExchange(cause)) throw cause
    if (!isAt(directory, name, replaced)) throw stale(name)
    renameat2(staging, made, directory, name)
    return
  }
  if (isAt(staging, made, replaced)) {
    unlinkat(staging, made)
    return
  }
  renameat2(staging, made, directory, name, RENAME_EXCHANGE)
  throw stale(name)
}

function isAt(directory: Fd, name: Name, { dev, ino }: HostStat): boolean {
  const found = statxAt(directory, name)
  return found !== undefined && found.ino === ino && found.dev === dev
}

const stale = (name: Name): ErrnoError => new ErrnoError('ESTALE', { op: 'replace what was looked at', name })
