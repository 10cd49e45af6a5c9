// What a client knows of its fids. Paths are kept as QEMU keeps them, since what tells the two servers apart is that
// QEMU's fids are paths and ours are objects.

import type { SecurityModel } from '../../src/ownership/security-models.js'
import { NOFID, QID_DIR } from '../../src/wire/constants.js'
import type { Body } from '../../src/wire/messages.js'
import { type HostTree, recordOf, RECORDS, storedMode } from './host-tree.js'
import { isSuccess, type Reply, type Sent } from './messages.js'
import { creationOf } from './wanted.js'

export type Role = 'none' | 'file' | 'directory' | 'attribute' | 'names' | 'draft'

export interface KnownFid {
  /** Latin-1, relative to the root. */
  readonly path: string
  /** The inode that it was walked to, in each tree. */
  readonly qemu: bigint
  readonly ours: bigint
  readonly uid: number
  readonly role: Role
  /** The name of the attribute that it stands for. */
  readonly attribute?: string
}

export interface Trees {
  readonly qemu: HostTree
  readonly ours: HostTree
}

const childOf = (directory: string, name: string): string => (directory === '' ? name : `${directory}/${name}`)
export const parentOf = (path: string): string => path.replace(/\/?[^/]*$/, '')

/** Where a walk leads, as QEMU has it: by text. */
export function walked(from: string, wnames: readonly string[]): string {
  return wnames.reduce(
    (path, name) => (name === '.' ? path : name === '..' ? parentOf(path) : childOf(path, name)),
    from,
  )
}

export class FidBook {
  /** True once both sides have agreed on a version, until a Tversion that agrees on none. */
  isAgreed = false
  /** What the last Tversion asked for. */
  msize = 0
  private readonly fids = new Map<number, KnownFid>()

  constructor(
    private readonly model: SecurityModel,
    private readonly trees: Trees,
    private readonly isReadOnly: boolean,
  ) {}

  get(number: number): KnownFid | undefined {
    return this.fids.get(number)
  }

  /** The known fids, by number. */
  get numbers(): readonly number[] {
    return [...this.fids.keys()]
  }

  /** True when another fid is at or below the path of this one. */
  isShared(number: number): boolean {
    const path = this.fids.get(number)?.path
    return [...this.fids].some(
      ([other, fid]) => other !== number && (fid.path === path || fid.path.startsWith(`${path}/`)),
    )
  }

  /** True when the fid's name is gone or means another object by now, on either side. */
  isLost(number: number): boolean {
    const fid = this.fids.get(number)
    if (fid === undefined) return false
    const { qemu, ours } = this.trees
    return qemu.inodeOf(fid.path) !== fid.qemu || ours.inodeOf(fid.path) !== fid.ours
  }

  /** The st_mode that the guest was told to keep for what lies at `path` in QEMU's tree; undefined if none. */
  storedMode(path: string): number | undefined {
    return storedMode(this.model, this.trees.qemu.root, path)
  }

  /** True where mapped-file keeps a record for `path`, or kept one for what was there. */
  hasRecord(path: string): boolean {
    return this.model === 'mapped-file' && this.trees.qemu.inodeOf(recordOf(path)) !== undefined
  }

  /** True where mapped-file keeps records of what is in the directory `path`. */
  keepsRecords(path: string): boolean {
    return this.trees.qemu.inodeOf(childOf(path, RECORDS)) !== undefined
  }

  /** The path of a name; undefined for one that is refused, or below an unknown fid. */
  childOf(directory: number, name: string): string | undefined {
    const fid = this.fids.get(directory)
    const isRefused = name === '' || name === '.' || name === '..' || name.includes('/')
    return fid === undefined || isRefused ? undefined : childOf(fid.path, name)
  }

  /** Where a Trename leads. */
  renamed({ fid, dfid, name }: Body<'Trename'>): string | undefined {
    if (dfid !== NOFID) return this.childOf(dfid, name)
    const from = this.fids.get(fid)
    return from === undefined ? undefined : walked(parentOf(from.path), [name])
  }

  /** Where the name in a Twstat leads; undefined if there is none. */
  renamedBeside({ fid, stat }: Body<'Twstat'>): string | undefined {
    const from = this.fids.get(fid)
    return from === undefined || stat.name === '' ? undefined : walked(parentOf(from.path), [stat.name])
  }

  /** From where to where a Trenameat leads. */
  renamedAt({ olddirfid, oldname, newdirfid, newname }: Body<'Trenameat'>): {
    readonly from: string | undefined
    readonly to: string | undefined
  } {
    return {
      from: this.childOf(olddirfid, oldname),
      to: this.childOf(newdirfid === NOFID ? olddirfid : newdirfid, newname),
    }
  }

  /** Notes what an exchange has changed. Of a refused one that is nothing, except where a fid goes anyhow. */
  note(sent: Sent, qemu: Reply, ours: Reply): void {
    switch (sent.message) {
      case 'Tversion':
        this.isAgreed = [qemu, ours].every((reply) => reply.message === 'Rversion' && reply.body.version !== 'unknown')
        this.msize = sent.body.msize
        return this.fids.clear()
      case 'Tclunk':
        this.fids.delete(sent.body.fid)
        return
      case 'Tremove':
        if (!this.isReadOnly) this.fids.delete(sent.body.fid)
        return
      default:
        if (isSuccess(qemu) && isSuccess(ours)) this.noteSuccess(sent, qemu, ours)
    }
  }

  private noteSuccess(sent: Sent, qemu: Reply, ours: Reply): void {
    switch (sent.message) {
      case 'Tattach': {
        const { fid, nUname } = sent.body
        this.fids.set(fid, { path: '', ...inodes(qemu, ours), uid: nUname, role: 'none' })
        return
      }
      case 'Twalk':
        return this.noteWalk(sent.body, qemu, ours)
      case 'Topen':
      case 'Tlopen': {
        const isOpened = qemu.message === 'Ropen' || qemu.message === 'Rlopen'
        const isDirectory = isOpened && qemu.body.qid.type === QID_DIR
        return this.amend(sent.body.fid, { role: isDirectory ? 'directory' : 'file' })
      }
      case 'Tcreate':
      case 'Tlcreate': {
        const path = this.childOf(sent.body.fid, sent.body.name)
        const kind = creationOf(sent)?.kind
        const role = kind === 'file' || kind === 'directory' ? kind : 'none'
        return this.amend(sent.body.fid, { path: path ?? '', ...inodes(qemu, ours), role })
      }
      case 'Txattrwalk': {
        const from = this.fids.get(sent.body.fid)
        if (from === undefined) return
        this.fids.set(sent.body.newfid, { ...from, role: sent.body.name === '' ? 'names' : 'attribute' })
        return
      }
      case 'Txattrcreate':
        return this.amend(sent.body.fid, { role: 'draft', attribute: sent.body.name })
      case 'Trename':
        return this.move(this.fids.get(sent.body.fid)?.path, this.renamed(sent.body))
      case 'Twstat':
        return this.move(this.fids.get(sent.body.fid)?.path, this.renamedBeside(sent.body))
      case 'Trenameat': {
        const { from, to } = this.renamedAt(sent.body)
        return this.move(from, to)
      }
      default:
    }
  }

  private noteWalk({ fid, newfid, wnames }: Extract<Sent, { message: 'Twalk' }>['body'], qemu: Reply, ours: Reply) {
    const from = this.fids.get(fid)
    if (from === undefined || qemu.message !== 'Rwalk' || ours.message !== 'Rwalk') return
    const [last, ourLast] = [qemu.body.wqids.at(-1), ours.body.wqids.at(-1)]
    if (qemu.body.wqids.length < wnames.length) return
    const found = { qemu: last?.path ?? from.qemu, ours: ourLast?.path ?? from.ours }
    this.fids.set(newfid, { path: walked(from.path, wnames), ...found, uid: from.uid, role: 'none' })
  }

  private amend(number: number, change: Partial<KnownFid>): void {
    const fid = this.fids.get(number)
    if (fid !== undefined) this.fids.set(number, { ...fid, ...change })
  }

  /** Every fid at or below `from` follows (v9fs_fix_fid_paths in QEMU). */
  private move(from: string | undefined, to: string | undefined): void {
    if (from === undefined || to === undefined) return
    for (const [number, fid] of this.fids) {
      if (fid.path === from) this.fids.set(number, { ...fid, path: to })
      else if (fid.path.startsWith(`${from}/`))
        this.fids.set(number, { ...fid, path: to + fid.path.slice(from.length) })
    }
  }
}

function inodes(qemu: Reply, ours: Reply): { readonly qemu: bigint; readonly ours: bigint } {
  const inode = (reply: Reply): bigint =>
    reply.message === 'Rattach' || reply.message === 'Rlcreate' || reply.message === 'Rcreate'
      ? reply.body.qid.path
      : 0n
  return { qemu: inode(qemu), ours: inode(ours) }
}
