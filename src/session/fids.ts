// The fids of one connection: what each number stands for, and who closes what it holds.

import { ErrnoError, type ErrnoName } from '../errors.js'
import type { GuestUid } from '../ids.js'
import type { Node } from '../view/node.js'
import type { OpenDirectory } from '../view/open-directory.js'
import type { OpenFile } from '../view/open-file.js'
import type { SessionSettings } from './settings.js'

/** An attribute's value or the list of names, as it was when Txattrwalk asked. */
export interface XattrSnapshot {
  readonly kind: 'xattr-snapshot'
  readonly value: Buffer
}

/** An attribute being set: it takes effect when the fid is clunked with all of its bytes written. */
export interface XattrDraft {
  readonly kind: 'xattr-draft'
  readonly name: string
  /** Bytes announced; 0 removes the attribute. */
  readonly size: number
  readonly flags: number
  /** Grows with what arrives, never with what is announced; unwritten bytes are zero (CVE-2016-9103). */
  value: Buffer
  /** Bytes written, counting rewritten ones twice as QEMU does. */
  written: number
}

/** What a fid was opened as. A fid has one role at most, and once given it stays (CVE-2016-9102, CVE-2017-7377). */
export type Role = OpenFile | OpenDirectory | XattrSnapshot | XattrDraft

export interface Fid {
  node: Node
  readonly uid: GuestUid
  role: Role | undefined
}

/** True for the roles that hold an attribute's bytes. */
export const isXattr = (role: Role | undefined): role is XattrSnapshot | XattrDraft =>
  role?.kind === 'xattr-snapshot' || role?.kind === 'xattr-draft'

/** The fid table of one connection. */
export class Fids {
  private readonly fids = new Map<number, Fid>()
  private xattrFids = 0

  constructor(private readonly limits: Pick<SessionSettings, 'maxFids' | 'maxXattrFids'>) {}

  get count(): number {
    return this.fids.size
  }

  /** The fid's state. An unknown number answers ENOENT or EINVAL, as the message has it in QEMU (reference §3.2). */
  get(number: number, unknown: ErrnoName): Fid {
    const fid = this.fids.get(number)
    if (fid === undefined) throw new ErrnoError(unknown, { op: 'use an unknown fid', fid: number })
    return fid
  }

  /** The fid's state; undefined for an unknown number. */
  find(number: number): Fid | undefined {
    return this.fids.get(number)
  }

  /** False once the fid has been clunked, also when its number is used again. */
  isCurrent(number: number, fid: Fid): boolean {
    return this.find(number) === fid
  }

  /** Adds a fid, which takes over one reference to `node`. Refuses a number in use. */
  add(number: number, node: Node, uid: GuestUid): Fid {
    this.refuseUsed(number)
    const most = this.limits.maxFids
    if (this.fids.size >= most) throw new ErrnoError('EMFILE', { op: 'add a fid', most })
    const fid: Fid = { node, uid, role: undefined }
    this.fids.set(number, fid)
    return fid
  }

  refuseUsed(number: number): void {
    if (this.fids.has(number)) throw new ErrnoError('EINVAL', { op: 'use a fid twice', fid: number })
  }

  /** Gives a fid its role; refuses a second one. */
  setRole(fid: Fid, role: Role): void {
    this.refuseRole(fid)
    if (isXattr(role)) {
      const most = this.limits.maxXattrFids
      if (this.xattrFids >= most) throw new ErrnoError('EMFILE', { op: 'open an attribute', most })
      this.xattrFids += 1
    }
    fid.role = role
  }

  refuseRole(fid: Fid): void {
    if (fid.role !== undefined) throw new ErrnoError('EINVAL', { op: 'open a fid twice' })
  }

  /** Forgets a fid and closes what it holds. */
  remove(number: number): void {
    const fid = this.fids.get(number)
    if (fid === undefined) return
    this.fids.delete(number)
    this.release(fid)
  }

  /** Forgets every fid: Tversion, or the end of the connection. Attributes half written are dropped. */
  clear(): void {
    for (const fid of this.fids.values()) this.release(fid)
    this.fids.clear()
  }

  private release(fid: Fid): void {
    if (isXattr(fid.role)) this.xattrFids -= 1
    else fid.role?.close()
    fid.node.release()
  }
}
