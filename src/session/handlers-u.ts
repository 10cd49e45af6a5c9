// What 9P2000.u does otherwise than 9P2000.L: Topen and Tcreate with a mode byte, Tstat and Twstat (reference §3.18).

import { bestEffort, ErrnoError } from '../errors.js'
import { guestGid, NO_ID } from '../ids.js'
import type { Name } from '../name.js'
import type { GuestStat } from '../ownership/ownership.js'
import {
  O_APPEND,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  UTIME_OMIT,
} from '../sys/constants.js'
import type { TimeToSet } from '../sys/inode.js'
import type { AttributeChange } from '../view/attributes.js'
import type { Owner } from '../view/create.js'
import type { Node } from '../view/node.js'
import type { Handlers } from '../wire/codec.js'
import {
  DMDEVICE,
  DMDIR,
  DMLINK,
  DMNAMEDPIPE,
  DMSOCKET,
  DMSYMLINK,
  OAPPEND,
  OEXCL,
  ORDWR,
  OTRUNC,
  OWRITE,
} from '../wire/constants.js'
import type { Body } from '../wire/messages.js'
import { DONT_TOUCH, DONT_TOUCH_LENGTH, type StatChange, statRecord } from '../wire/stat.js'
import { type Connection, textLimit } from './connection.js'
import type { Fid } from './fids.js'
import { fileIoUnit, openFid } from './handlers-files.js'
import { fsyncOffThread } from './off-thread.js'
import { dmOf, dmTypeOf, permissionsOf, recordOf } from './stat-records.js'

/** Bits of the mode byte that say how a file is opened; 3, for execution, reads. */
const ACCESS = 3

function openFlags(mode: number): number {
  const access = mode & ACCESS
  return (
    (access === OWRITE ? O_WRONLY : access === ORDWR ? O_RDWR : O_RDONLY) |
    ((mode & OTRUNC) === 0 ? 0 : O_TRUNC) |
    ((mode & OAPPEND) === 0 ? 0 : O_APPEND) |
    ((mode & OEXCL) === 0 ? 0 : O_EXCL)
  )
}

export const handlersOfU: Pick<Handlers<[Connection]>, 'Topen' | 'Tcreate' | 'Tstat' | 'Twstat'> = {
  Topen: ({ fid, mode }, connection) => openFid(connection, connection.fids.get(fid, 'ENOENT'), openFlags(mode)),

  Tcreate: (request, connection) => {
    const { fids } = connection
    const state = fids.get(request.fid, 'EINVAL')
    fids.refuseRole(state)
    // The message has no field for it: as in QEMU, no group is stored.
    const owner: Owner = { uid: state.uid, gid: guestGid(NO_ID) }
    const { perm } = request
    if ((perm & DMDIR) !== 0) return createDirectory(connection, state, request, owner)
    if ((perm & (DMSYMLINK | DMLINK | DMDEVICE | DMNAMEDPIPE | DMSOCKET)) === 0) {
      return createFile(connection, state, request, owner)
    }
    const node = createOther(connection, state.node, request, owner)
    state.node.release()
    state.node = node
    return { qid: connection.qids.of(connection.view.stat(node)), iounit: fileIoUnit(connection, node) }
  },

  Tstat: ({ fid }, { fids, view, qids, msize }) => {
    const { node } = fids.get(fid, 'ENOENT')
    const stat = view.stat(node)
    const name = node.isRoot ? '.' : node.name
    const record = recordOf(name, stat, qids.of(stat), () => view.readlink(node))
    if (statRecord.size(record) > textLimit(msize)) throw new ErrnoError('ENAMETOOLONG', { op: 'describe', name })
    return { stat: record }
  },

  Twstat: async ({ fid, stat }, connection) => {
    const state = connection.fids.get(fid, 'EINVAL')
    if (asksNothing(stat)) await sync(connection, state)
    else change(connection, state, stat)
    return {}
  },
}

/** Makes a directory; the fid becomes it, open. */
function createDirectory(
  connection: Connection,
  state: Fid,
  { name, perm }: Body<'Tcreate'>,
  owner: Owner,
): Body<'Rcreate'> {
  const { view, fids, qids } = connection
  const made = view.mkdir(state.node, name, permissionsOf(perm), owner)
  const node = find(connection, state.node, name, made)
  try {
    const directory = view.open(node, O_RDONLY, state.uid)
    fids.setRole(state, directory)
  } catch (cause) {
    node.release()
    bestEffort(() => view.unlink(state.node, name, true))
    throw cause
  }
  state.node.release()
  state.node = node
  return { qid: qids.of(made), iounit: fileIoUnit(connection, node) }
}

/** Creates, or without OEXCL opens, a regular file. Octal set-id bits count besides 9P2000.u's own, as in QEMU. */
function createFile(
  connection: Connection,
  state: Fid,
  { name, perm, mode }: Body<'Tcreate'>,
  owner: Owner,
): Body<'Rcreate'> {
  const { view, fids, qids } = connection
  const permissions = permissionsOf(perm) | (perm & 0o7000)
  const { node, stat, file } = view.create(state.node, name, openFlags(mode), permissions, owner, state.uid)
  state.node.release()
  state.node = node
  fids.setRole(state, file)
  return { qid: qids.of(stat), iounit: fileIoUnit(connection, node) }
}

/** Makes what is not opened: a symlink, a further name, a device, fifo or socket. The node is the caller's. */
function createOther(
  connection: Connection,
  dir: Node,
  { name, perm, extension }: Body<'Tcreate'>,
  owner: Owner,
): Node {
  const { view, fids } = connection
  if ((perm & DMSYMLINK) !== 0) return find(connection, dir, name, view.symlink(dir, name, extension, owner))
  if ((perm & DMLINK) !== 0) {
    const source = fids.get(Number.parseInt(extension, 10), 'EINVAL').node
    view.link(source, dir, name)
    return view.lookup(dir, name) ?? source.acquire()
  }
  const { type, rdev } = specialOf(perm, extension)
  return find(connection, dir, name, view.mknod(dir, name, type | permissionsOf(perm), rdev, owner))
}

/** Which special file is meant; EIO for a letter that is neither b nor c, as in QEMU, EINVAL for what is no device. */
function specialOf(perm: number, extension: string): { type: number; rdev: { major: number; minor: number } } {
  const none = { major: 0, minor: 0 }
  if ((perm & DMDEVICE) === 0) return { type: (perm & DMNAMEDPIPE) === 0 ? S_IFSOCK : S_IFIFO, rdev: none }
  const [, letter, major, minor] = /^(.)\s*(\d{1,10})\s+(\d{1,10})/.exec(extension) ?? []
  if (letter === undefined) throw new ErrnoError('EINVAL', { op: 'make a device', extension })
  if (letter !== 'b' && letter !== 'c') throw new ErrnoError('EIO', { op: 'make a device', extension })
  return {
    type: letter === 'b' ? S_IFBLK : S_IFCHR,
    rdev: { major: Number(major) >>> 0, minor: Number(minor) >>> 0 },
  }
}

/** The node of what was just made; ESTALE where somebody has put something else there meanwhile. */
function find({ view }: Connection, dir: Node, name: Name, made: GuestStat): Node {
  const node = view.lookup(dir, name)
  if (node?.isStillAt(made.host) === true) return node
  node?.release()
  throw new ErrnoError('ESTALE', { op: 'find what was just made', name })
}

function asksNothing({ mode, atime, mtime, length, name, nUid, nGid }: StatChange): boolean {
  return (
    [mode, atime, mtime, nUid, nGid].every((value) => value === DONT_TOUCH) &&
    length === DONT_TOUCH_LENGTH &&
    name === ''
  )
}

/** A Twstat that asks for nothing brings the object to stable storage, which Linux's fsync(2) needs. */
async function sync({ view, disk }: Connection, { node, role, uid }: Fid): Promise<void> {
  if (role?.kind === 'file' || role?.kind === 'directory') {
    await fsyncOffThread(disk, role, false)
    return
  }
  const type = view.stat(node).mode & S_IFMT
  // Others hold nothing, and nobody has them open: Linux asks so for a chown(2) that changes nothing, too.
  if (type !== S_IFREG && type !== S_IFDIR) return
  const opened = view.open(node, O_RDONLY, uid)
  try {
    await fsyncOffThread(disk, opened, false)
  } finally {
    opened.close()
  }
}

/** Changes what the record names: attributes together, then the name. A type cannot be changed: EIO, as in QEMU. */
function change({ view }: Connection, { node, role, uid }: Fid, wanted: StatChange): void {
  const attributes = attributesOf(wanted)
  if (wanted.mode !== DONT_TOUCH && dmTypeOf(wanted.mode) !== dmTypeOf(dmOf(view.stat(node).mode))) {
    throw new ErrnoError('EIO', { op: 'change a type', mode: wanted.mode })
  }
  if (Object.keys(attributes).length > 0) {
    view.setattr(node, attributes, uid, role?.kind === 'file' ? role : undefined)
  }
  if (wanted.name !== '') view.renameNode(node, node.parent ?? node, wanted.name)
}

const timeOf = (seconds: number): TimeToSet =>
  seconds === DONT_TOUCH ? { sec: 0, nsec: UTIME_OMIT } : { sec: seconds, nsec: 0 }

function attributesOf({ mode, atime, mtime, length, nUid, nGid }: StatChange): AttributeChange {
  if (length < DONT_TOUCH_LENGTH) throw new ErrnoError('EINVAL', { op: 'set length', length })
  return {
    ...(mode === DONT_TOUCH ? {} : { mode: permissionsOf(mode) }),
    ...((nUid as number) === NO_ID ? {} : { uid: nUid }),
    ...((nGid as number) === NO_ID ? {} : { gid: nGid }),
    ...(length === DONT_TOUCH_LENGTH ? {} : { size: length }),
    ...(atime === DONT_TOUCH ? {} : { atime: timeOf(atime) }),
    ...(mtime === DONT_TOUCH ? {} : { mtime: timeOf(mtime) }),
  }
}
