// Names and attributes: making, linking, renaming and removing objects; asking about them and changing them.

import { ErrnoError } from '../errors.js'
import { NO_ID } from '../ids.js'
import type { GuestStat } from '../ownership/ownership.js'
import { S_IFDIR, S_IFMT, S_IFREG, UTIME_NOW } from '../sys/constants.js'
import type { TimeToSet } from '../sys/inode.js'
import type { AttributeChange } from '../view/attributes.js'
import type { Handlers } from '../wire/codec.js'
import {
  AT_REMOVEDIR,
  GETATTR_GEN,
  IOHDRSZ,
  NOFID,
  SETATTR_ATIME,
  SETATTR_ATIME_SET,
  SETATTR_CTIME,
  SETATTR_GID,
  SETATTR_MODE,
  SETATTR_MTIME,
  SETATTR_MTIME_SET,
  SETATTR_SIZE,
  SETATTR_UID,
} from '../wire/constants.js'
import type { Body } from '../wire/messages.js'
import { type Connection, textLimit } from './connection.js'
import { attributesOf } from './qids.js'

type Naming = Pick<
  Handlers<[Connection]>,
  | 'Tgetattr'
  | 'Tsetattr'
  | 'Tstatfs'
  | 'Tmkdir'
  | 'Tmknod'
  | 'Tsymlink'
  | 'Treadlink'
  | 'Tlink'
  | 'Trename'
  | 'Trenameat'
  | 'Tunlinkat'
>

export const nameHandlers: Naming = {
  Tgetattr: ({ fid, requestMask }, { fids, view, qids, msize }) => {
    const { node } = fids.get(fid, 'ENOENT')
    const stat = view.stat(node)
    const asksGeneration = (requestMask & GETATTR_GEN) !== 0 && hasGeneration(stat)
    return attributesOf(stat, qids.of(stat), msize, asksGeneration ? view.generation(node) : undefined)
  },

  Tsetattr: (request, { fids, view }) => {
    const { node, role, uid } = fids.get(request.fid, 'EINVAL')
    const change = changeOf(request)
    if (change !== undefined) view.setattr(node, change, uid, role?.kind === 'file' ? role : undefined)
    return {}
  },

  Tstatfs: ({ fid }, { fids, view, msize }) => {
    const { type, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen } = view.statfs(
      fids.get(fid, 'ENOENT').node,
    )
    // A client that takes bsize for the best size of a transfer shall fill its messages (QEMU: v9fs_fill_statfs).
    const factor = Math.max(1, Math.floor((msize - IOHDRSZ) / bsize))
    const scaled = (count: number): number => Math.floor(count / factor)
    return {
      type,
      bsize: bsize * factor,
      blocks: scaled(blocks),
      bfree: scaled(bfree),
      bavail: scaled(bavail),
      files,
      ffree,
      fsid,
      namelen,
    }
  },

  Tmkdir: ({ dfid, name, mode, gid }, { fids, view, qids }) => {
    const dir = fids.get(dfid, 'ENOENT')
    return { qid: qids.of(view.mkdir(dir.node, name, mode, { uid: dir.uid, gid })) }
  },

  Tmknod: ({ dfid, name, mode, major, minor, gid }, { fids, view, qids }) => {
    const dir = fids.get(dfid, 'ENOENT')
    return { qid: qids.of(view.mknod(dir.node, name, mode, { major, minor }, { uid: dir.uid, gid })) }
  },

  Tsymlink: ({ dfid, name, symtgt, gid }, { fids, view, qids }) => {
    const dir = fids.get(dfid, 'EINVAL')
    return { qid: qids.of(view.symlink(dir.node, name, symtgt, { uid: dir.uid, gid })) }
  },

  Treadlink: ({ fid }, { fids, view, msize }) => {
    const target = view.readlink(fids.get(fid, 'ENOENT').node)
    if (target.length > textLimit(msize)) throw new ErrnoError('ENAMETOOLONG', { op: 'send symlink target' })
    return { target }
  },

  Tlink: ({ dfid, fid, name }, { fids, view }) => {
    const dir = fids.get(dfid, 'ENOENT')
    view.link(fids.get(fid, 'ENOENT').node, dir.node, name)
    return {}
  },

  Trename: ({ fid, dfid, name }, { fids, view }) => {
    const state = fids.get(fid, 'ENOENT')
    fids.refuseRole(state)
    const toDir = dfid === NOFID ? (state.node.parent ?? state.node) : fids.get(dfid, 'ENOENT').node
    view.renameNode(state.node, toDir, name)
    return {}
  },

  Trenameat: ({ olddirfid, oldname, newdirfid, newname }, { fids, view }) => {
    const from = fids.get(olddirfid, 'ENOENT')
    const to = newdirfid === NOFID ? from : fids.get(newdirfid, 'ENOENT')
    view.rename(from.node, oldname, to.node, newname)
    return {}
  },

  Tunlinkat: ({ dirfid, name, flags }, { fids, view }) => {
    const dir = fids.get(dirfid, 'EINVAL')
    if (flags !== 0 && flags !== AT_REMOVEDIR) throw new ErrnoError('EINVAL', { op: 'unlink', flags })
    view.unlink(dir.node, name, flags === AT_REMOVEDIR)
    return {}
  },
}

/** Linux compares generations of files and directories only; others may not be opened to be asked. */
function hasGeneration(stat: GuestStat): boolean {
  const type = stat.mode & S_IFMT
  return type === S_IFREG || type === S_IFDIR
}

const ASKED = SETATTR_MODE | SETATTR_UID | SETATTR_GID | SETATTR_SIZE | SETATTR_ATIME | SETATTR_MTIME | SETATTR_CTIME

/** What a Tsetattr asks for; undefined for nothing at all. CTIME alone is a change of nothing, which bumps ctime. */
function changeOf(request: Body<'Tsetattr'>): AttributeChange | undefined {
  const { valid } = request
  if ((valid & ASKED) === 0) return undefined
  const time = (isSet: number, sec: number, nsec: number): TimeToSet =>
    (valid & isSet) === 0 ? { sec: 0, nsec: UTIME_NOW } : { sec, nsec }
  // chown(2) leaves an id of −1 alone, and no model stores one.
  return {
    ...((valid & SETATTR_MODE) === 0 ? {} : { mode: request.mode }),
    ...((valid & SETATTR_UID) === 0 || request.uid === NO_ID ? {} : { uid: request.uid }),
    ...((valid & SETATTR_GID) === 0 || request.gid === NO_ID ? {} : { gid: request.gid }),
    ...((valid & SETATTR_SIZE) === 0 ? {} : { size: request.size }),
    ...((valid & SETATTR_ATIME) === 0 ? {} : { atime: time(SETATTR_ATIME_SET, request.atimeSec, request.atimeNsec) }),
    ...((valid & SETATTR_MTIME) === 0 ? {} : { mtime: time(SETATTR_MTIME_SET, request.mtimeSec, request.mtimeNsec) }),
  }
}
