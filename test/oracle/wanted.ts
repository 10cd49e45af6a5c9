// What a request asks for, in words that are the same whichever dialect's message it is.

import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } from '../../src/sys/constants.js'
import * as wire from '../../src/wire/constants.js'
import type { Body } from '../../src/wire/messages.js'
import { DONT_TOUCH, DONT_TOUCH_LENGTH } from '../../src/wire/stat.js'
import type { Dialect, Sent } from './messages.js'

/** To open what a fid stands for. */
export interface Opening {
  readonly fid: number
  readonly access: number
  readonly truncates: boolean
  readonly appends: boolean
}

/** What a Topen or Tlopen asks for: what its bits mean is the agreed dialect's to say. */
export function openingOf(sent: Sent, dialect: Dialect): Opening | undefined {
  if (sent.message !== 'Topen' && sent.message !== 'Tlopen') return undefined
  const { fid } = sent.body
  const bits = sent.message === 'Topen' ? sent.body.mode : sent.body.flags
  const [truncation, append] =
    dialect === '9P2000.L' ? [wire.DOTL_TRUNC, wire.DOTL_APPEND] : [wire.OTRUNC, wire.OAPPEND]
  return { fid, access: bits & 3, truncates: (bits & truncation) !== 0, appends: (bits & append) !== 0 }
}

/** To change attributes; each member that is there is to be changed. */
export interface Change {
  readonly fid: number
  /** st_mode, as QEMU makes it of what was sent. */
  readonly mode: number | undefined
  readonly setsTimes: boolean
  /** True when the time of modification is given, and not the clock's. */
  readonly givesMtime: boolean
  readonly setsOwner: boolean
  readonly size: number | undefined
  /** The new name. */
  readonly name: string | undefined
}

/** What a Tsetattr or Twstat asks for. */
export function changeOf(sent: Sent): Change | undefined {
  if (sent.message === 'Tsetattr') return setattrChange(sent.body)
  return sent.message === 'Twstat' ? wstatChange(sent.body) : undefined
}

function setattrChange({ fid, valid, mode, size }: Body<'Tsetattr'>): Change {
  const has = (bits: number): boolean => (valid & bits) !== 0
  return {
    fid,
    mode: has(wire.SETATTR_MODE) ? mode : undefined,
    setsTimes: has(wire.SETATTR_ATIME | wire.SETATTR_MTIME),
    givesMtime: has(wire.SETATTR_MTIME) && has(wire.SETATTR_MTIME_SET),
    setsOwner: has(wire.SETATTR_UID | wire.SETATTR_GID),
    size: has(wire.SETATTR_SIZE) ? size : undefined,
    name: undefined,
  }
}

function wstatChange({ fid, stat }: Body<'Twstat'>): Change {
  const { mode, extension, atime, mtime, nUid, nGid, length, name } = stat
  const isGiven = (value: number): boolean => value !== DONT_TOUCH
  return {
    fid,
    mode: isGiven(mode) ? modeOf(mode, extension) : undefined,
    setsTimes: isGiven(atime) || isGiven(mtime),
    givesMtime: isGiven(mtime),
    setsOwner: isGiven(nUid) || isGiven(nGid),
    // QEMU and we take it for signed; here it is what Tsetattr's would be.
    size: length === DONT_TOUCH_LENGTH ? undefined : length < 0 ? 2 ** 64 + length : length,
    name: name === '' ? undefined : name,
  }
}

const TYPES: readonly (readonly [bit: number, type: number])[] = [
  [wire.DMDIR, S_IFDIR],
  [wire.DMSYMLINK, S_IFLNK],
  [wire.DMSOCKET, S_IFSOCK],
  [wire.DMNAMEDPIPE, S_IFIFO],
]

const SET_BITS: readonly (readonly [bit: number, set: number])[] = [
  [wire.DMSETUID, 0o4000],
  [wire.DMSETGID, 0o2000],
  [wire.DMSETVTX, 0o1000],
]

/** The bits of `perm` that Tcreate loses in QEMU. */
export const DM_SET_BITS = wire.DMSETUID | wire.DMSETGID | wire.DMSETVTX

/** What `permissions` (octal, set-id and sticky bits included) are in 9P2000.u's bits. */
export const dmPermissions = (permissions: number): number =>
  SET_BITS.reduce((dm, [bit, set]) => ((permissions & set) === 0 ? dm : dm | bit), permissions & 0o777)

/** QEMU's reading of a mode (v9mode_to_mode): a device is a block device unless the extension begins with c. */
function modeOf(dm: number, extension: string): number {
  const [, found] = TYPES.find(([bit]) => (dm & bit) !== 0) ?? []
  const device = (dm & wire.DMDEVICE) === 0 ? S_IFREG : extension.startsWith('c') ? S_IFCHR : S_IFBLK
  return SET_BITS.reduce((mode, [bit, set]) => ((dm & bit) === 0 ? mode : mode | set), (found ?? device) | (dm & 0o777))
}

/** To make something under a name. */
export interface Creation {
  /** The directory's fid. */
  readonly directory: number
  readonly name: string
  readonly kind: 'file' | 'directory' | 'symlink' | 'link' | 'node'
  /** The type of a node. */
  readonly type: number
  /** True when what has the name already is opened. */
  readonly mayExist: boolean
  /** Of a link, the fid of what gets another name. */
  readonly source: number | undefined
}

/** What a Tcreate, or one of 9P2000.L's messages, asks to be made. */
export function creationOf(sent: Sent): Creation | undefined {
  const plain = { type: S_IFREG, mayExist: false, source: undefined }
  switch (sent.message) {
    case 'Tlcreate': {
      const { fid: directory, name, flags } = sent.body
      return { ...plain, directory, name, kind: 'file', mayExist: (flags & wire.DOTL_EXCL) === 0 }
    }
    case 'Tmkdir':
      return { ...plain, directory: sent.body.dfid, name: sent.body.name, kind: 'directory' }
    case 'Tsymlink':
      return { ...plain, directory: sent.body.dfid, name: sent.body.name, kind: 'symlink' }
    case 'Tmknod': {
      const { dfid: directory, name, mode } = sent.body
      return { ...plain, directory, name, kind: 'node', type: mode & 0o170000 }
    }
    case 'Tlink':
      return { ...plain, directory: sent.body.dfid, name: sent.body.name, kind: 'link', source: sent.body.fid }
    case 'Tcreate':
      return creationOfU(sent.body)
    default:
      return undefined
  }
}

/** The first bit that QEMU finds says what is made. */
function creationOfU({ fid: directory, name, perm, mode, extension }: Body<'Tcreate'>): Creation {
  const plain = { directory, name, type: S_IFREG, mayExist: false, source: undefined }
  const has = (bit: number): boolean => (perm & bit) !== 0
  if (has(wire.DMDIR)) return { ...plain, kind: 'directory' }
  if (has(wire.DMSYMLINK)) return { ...plain, kind: 'symlink' }
  if (has(wire.DMLINK)) return { ...plain, kind: 'link', source: Number.parseInt(extension, 10) }
  if (has(wire.DMDEVICE)) return { ...plain, kind: 'node', type: extension.startsWith('c') ? S_IFCHR : S_IFBLK }
  if (has(wire.DMNAMEDPIPE)) return { ...plain, kind: 'node', type: S_IFIFO }
  if (has(wire.DMSOCKET)) return { ...plain, kind: 'node', type: S_IFSOCK }
  return { ...plain, kind: 'file', mayExist: (mode & wire.OEXCL) === 0 }
}
