// An entry of a directory looked at in passing: described by name, opened only if the store must look into it, and
// closed again. What is said of it is good for a listing, not for acting on it.

import { ErrnoError } from '../errors.js'
import type { Name } from '../name.js'
import type { Ownership } from '../ownership/ownership.js'
import type { Place, StoredObject } from '../ownership/store.js'
import { O_NOATIME, O_RDONLY, S_IFDIR, S_IFMT, S_IFREG } from '../sys/constants.js'
import type { Fd } from '../sys/fd.js'
import { openPath, reopen } from '../sys/open.js'
import { type HostStat, statxAt } from '../sys/stat.js'

/** Not ours to read; or (ELOOP, ENXIO) something else has taken the name since. */
const REFUSALS: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ELOOP', 'ENXIO'])

export class PassingObject implements StoredObject, Disposable {
  readonly isRoot = false
  remembered: Ownership | undefined
  private opened: Fd | undefined

  private constructor(
    private readonly at: Place,
    readonly host: HostStat,
  ) {}

  /** Describes `name` in `dir`, which is borrowed; undefined where there is nothing. */
  static find(dir: Fd, name: Name): PassingObject | undefined {
    const host = statxAt(dir, name)
    return host === undefined ? undefined : new PassingObject({ dir, name }, host)
  }

  get dev(): number {
    return this.host.dev
  }

  get ino(): bigint {
    return this.host.ino
  }

  /** Answers ENOENT when the entry has vanished meanwhile. */
  handle(): Fd {
    this.opened ??= openPath(this.at.dir, this.at.name)
    if (this.opened === undefined) throw new ErrnoError('ENOENT', { op: 'look at entry', name: this.at.name })
    return this.opened
  }

  readable(): Fd | undefined {
    const type = this.host.mode & S_IFMT
    if (type !== S_IFREG && type !== S_IFDIR) return undefined
    const handle = this.handle()
    if (!handle.isPathOnly) return handle
    try {
      this.opened = reopen(handle, O_RDONLY | O_NOATIME)
      handle.close()
      return this.opened
    } catch (cause) {
      if (!(cause instanceof ErrnoError) || !REFUSALS.has(cause.code)) throw cause
      return undefined
    }
  }

  place(): Place {
    return this.at
  }

  [Symbol.dispose](): void {
    this.opened?.close()
  }
}
