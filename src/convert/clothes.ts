// What a mapped model's files and directories look like on the host, where owner and mode are not the guest's.

import type { Fd } from '../sys/fd.js'
import { fchmod, fchownat } from '../sys/inode.js'
import { type HostStat, statx } from '../sys/stat.js'
import type { Look } from './journal.js'
import { isDirectory } from './mode.js'
import type { Bodies, ConversionSettings } from './settings.js'

/** Whatever a journal says, which a guest may have written: no file runs as somebody else. */
const harmless = (mode: number, hostMode: number): number => mode & (isDirectory(hostMode) ? 0o7777 : 0o777)

export class Clothes {
  private readonly bodies: Bodies
  private readonly exceptions: ReadonlyMap<bigint, Look>

  constructor({ bodies, exceptions }: Pick<ConversionSettings, 'bodies' | 'exceptions'>) {
    this.bodies = bodies
    this.exceptions = new Map(exceptions.map((look) => [look.ino, look]))
  }

  /**
   * What an object is to look like; `mode` has its permissions. Those of an object whose access ACL is real are a part of
   * that, which is the guest's: they stay.
   */
  of(
    host: Pick<HostStat, 'ino' | 'uid' | 'gid' | 'mode'>,
    hasRealAcl: boolean,
  ): { uid: number; gid: number; mode: number } {
    const { uid, gid, mode } = this.usual(host)
    const looks = hasRealAcl ? (host.mode & 0o777) | (mode & 0o7000) : mode
    return { uid, gid, mode: harmless(looks, host.mode) }
  }

  /** Gives an object its looks. First goes what lets others in, or makes them somebody else. */
  put(file: Fd, host: Pick<HostStat, 'ino' | 'uid' | 'gid' | 'mode'>, hasRealAcl: boolean): void {
    // Of an object that has got or lost an ACL the mode is not what it was.
    const { uid, gid, mode } = this.of(hasRealAcl ? statx(file) : host, hasRealAcl)
    fchmod(file, mode)
    if (host.uid !== uid || host.gid !== gid) fchownat(file, uid, gid)
  }

  private usual(host: Pick<HostStat, 'ino' | 'uid' | 'gid' | 'mode'>): { uid: number; gid: number; mode: number } {
    const exception = this.exceptions.size === 0 ? undefined : this.exceptions.get(host.ino)
    if (exception !== undefined) return exception
    const { uid = host.uid, gid = host.gid, fmode, dmode } = this.bodies
    return { uid, gid, mode: (isDirectory(host.mode) ? dmode : fmode) ?? host.mode }
  }
}
