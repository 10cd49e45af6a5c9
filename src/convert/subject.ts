// One object while it is being converted: held open, with its place.

import { ErrnoError, isErrno } from '../errors.js'
import { type NameOrSelf, SELF } from '../host/host-directory.js'
import { O_DIRECTORY, O_NOATIME, O_RDONLY } from '../sys/constants.js'
import { Fd } from '../sys/fd.js'
import { openPath, reopen, reopenPath } from '../sys/open.js'
import { type HostStat, statx } from '../sys/stat.js'
import { isDirectory, isPlainType } from './mode.js'

export class Subject implements Disposable {
  /** The fastest descriptor that there is for attributes. */
  readonly file: Fd

  /** Takes the handle (O_PATH), and the readable descriptor if there is one, into its care. */
  constructor(
    /** The directory that it is in; the tree's root is in itself, as SELF. */
    readonly directory: Fd,
    readonly name: NameOrSelf,
    readonly handle: Fd,
    readable: Fd | undefined,
    readonly host: HostStat,
  ) {
    this.file = readable ?? handle
  }

  [Symbol.dispose](): void {
    this.handle.close()
    this.file.close()
  }
}

/**
 * Opens what was observed: the same object, not changed since. ESTALE where it is another one by now, or has changed, for
 * what was decided about it may not be true any more; ENOENT where it is gone.
 */
export function openSubject(directory: Fd, name: NameOrSelf, observed: HostStat): Subject {
  const handle = name === SELF ? reopenPath(directory) : openPath(directory, name)
  if (handle === undefined) throw new ErrnoError('ENOENT', { op: 'find what is to be converted', name })
  try {
    const host = statx(handle)
    const isSame = host.ino === observed.ino && host.dev === observed.dev
    const isUnchanged = host.ctimeSec === observed.ctimeSec && host.ctimeNsec === observed.ctimeNsec
    if (!isSame || !isUnchanged) throw new ErrnoError('ESTALE', { op: 'find what was looked at', name })
    return new Subject(directory, name, handle, isPlainType(host.mode) ? readable(handle, host) : undefined, host)
  } catch (cause) {
    handle.close()
    throw cause
  }
}

/** Undefined where it may not be read: by the handle everything is possible, and slower. */
function readable(handle: Fd, host: HostStat): Fd | undefined {
  try {
    return reopen(handle, O_RDONLY | O_NOATIME | (isDirectory(host.mode) ? O_DIRECTORY : 0), host)
  } catch (cause) {
    if (isErrno(cause, 'EACCES')) return undefined
    throw cause
  }
}
