// Stat records of 9P2000.u: an object in the protocol's words, and a directory read as records (reference §3.18).

import { ErrnoError } from '../errors.js'
import type { DeviceNumber } from '../ids.js'
import type { GuestStat } from '../ownership/ownership.js'
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  S_ISGID,
  S_ISUID,
  S_ISVTX,
} from '../sys/constants.js'
import type { OpenDirectory } from '../view/open-directory.js'
import {
  DMDEVICE,
  DMDIR,
  DMLINK,
  DMNAMEDPIPE,
  DMSETGID,
  DMSETUID,
  DMSETVTX,
  DMSOCKET,
  DMSYMLINK,
} from '../wire/constants.js'
import { Cursor } from '../wire/cursor.js'
import type { Qid } from '../wire/qid.js'
import { STAT_RECORD_MAX, type StatRecord, statRecord } from '../wire/stat.js'
import { type Connection, payloadLimit } from './connection.js'

/** The DM bit of each file type; regular files have none, and both kinds of device the same. */
const TYPE_BITS = new Map([
  [S_IFDIR, DMDIR],
  [S_IFLNK, DMSYMLINK],
  [S_IFCHR, DMDEVICE],
  [S_IFBLK, DMDEVICE],
  [S_IFIFO, DMNAMEDPIPE],
  [S_IFSOCK, DMSOCKET],
])

const SET_BITS = [
  [DMSETUID, S_ISUID],
  [DMSETGID, S_ISGID],
  [DMSETVTX, S_ISVTX],
] as const

/** A mode in 9P2000.u's bits. */
export function dmOf(mode: number): number {
  let dm = (TYPE_BITS.get(mode & S_IFMT) ?? 0) | (mode & 0o777)
  for (const [bit, set] of SET_BITS) if ((mode & set) !== 0) dm |= bit
  return dm >>> 0
}

/** The bits of `dm` that say what an object is. No object has DMLINK, so that whoever asks for it asks for another type. */
export const dmTypeOf = (dm: number): number =>
  (dm & (DMDIR | DMSYMLINK | DMLINK | DMDEVICE | DMNAMEDPIPE | DMSOCKET)) >>> 0

/** The permission bits, set-id and sticky ones included, that `dm` stands for. */
export function permissionsOf(dm: number): number {
  let mode = dm & 0o777
  for (const [bit, set] of SET_BITS) if ((dm & bit) !== 0) mode |= set
  return mode
}

/** What the record has for those who know 9P2000.u's extension: QEMU's words, which Linux reads with sscanf. */
function extensionOf({ mode, rdev, host }: GuestStat, target: () => string): string {
  switch (mode & S_IFMT) {
    case S_IFLNK:
      return target()
    case S_IFCHR:
      return deviceText('c', rdev)
    case S_IFBLK:
      return deviceText('b', rdev)
    case S_IFREG:
    case S_IFDIR:
      return `HARDLINKCOUNT ${host.nlink}`
    default:
      return ''
  }
}

const deviceText = (letter: string, { major, minor }: DeviceNumber): string => `${letter} ${major} ${minor}`

/** An object's record. `target` is asked for a symlink's: to tell it is an access, since Linux's readlink(2) asks so. */
export function recordOf(name: string, stat: GuestStat, qid: Qid, target: () => string): StatRecord {
  const { host } = stat
  return {
    type: 0,
    dev: 0,
    qid,
    mode: dmOf(stat.mode),
    atime: host.atimeSec >>> 0,
    mtime: host.mtimeSec >>> 0,
    length: host.size,
    name,
    uid: '',
    gid: '',
    muid: '',
    extension: extensionOf(stat, target),
    nUid: stat.uid,
    nGid: stat.gid,
    nMuid: 0,
  }
}

/** Bytes of records that each open directory was read as so far, since positions are counted in them. */
const offsets = new WeakMap<OpenDirectory, number>()

/**
 * Reads a directory as whole records, from the one at `offset` on. QEMU goes on where reading stands, whatever the offset;
 * a client that goes back, as seekdir(3) does, is answered by reading up to there again.
 *
 * Where the next record does not fit, the answer is empty. That looks like the end, but Linux asks for as much as is
 * left of its buffer until it gets nothing, and takes an error for one of the whole listing (p9_client_read). So that
 * nothing is lost, a record that would fit no message at all is shortened.
 */
export function readDirectory(
  connection: Connection,
  directory: OpenDirectory,
  offset: number,
  most: number,
): { data: Buffer } {
  const { qids, view, msize } = connection
  const into = connection.payload(most)
  const cursor = new Cursor(into)
  const isInOrder = offset !== 0 && offset === offsets.get(directory)
  let at = isInOrder ? offset : 0
  view.readdir(directory, isInOrder ? directory.position : 0n, ({ name, stat }) => {
    const record = fitting(
      recordOf(name, stat, qids.listed(stat), () => visitedTarget(directory)),
      msize,
    )
    const size = statRecord.size(record)
    if (at >= offset) {
      if (size > cursor.end - cursor.position) return false
      statRecord.write(cursor, record)
    }
    at += size
    return true
  })
  offsets.set(directory, at)
  return { data: into.subarray(0, cursor.position) }
}

/** The record, or where it is longer than the payload of a message, the record of a symlink to nowhere. */
const fitting = (record: StatRecord, msize: number): StatRecord =>
  statRecord.size(record) > Math.min(payloadLimit(msize, Infinity), STAT_RECORD_MAX)
    ? { ...record, extension: '' }
    : record

/** A symlink that cannot be read is no reason to list nothing at all. */
function visitedTarget(directory: OpenDirectory): string {
  try {
    return directory.visitedTarget()
  } catch (cause) {
    if (!(cause instanceof ErrnoError)) throw cause
    return ''
  }
}
