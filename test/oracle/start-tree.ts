// The tree that every sequence starts from: each kind of object, put on the host as QEMU would have stored it. It is made
// with the host's means and not with our stores, so that a mistake of theirs is not on both sides.

import {
  chmodSync,
  closeSync,
  constants,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { type DeviceNumber, packDevice } from '../../src/ids.js'
import { nameFromBytes } from '../../src/name.js'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import { S_IFDIR, S_IFIFO, S_IFCHR, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../src/sys/constants.js'
import { mknodat } from '../../src/sys/directory.js'
import { Fd } from '../../src/sys/fd.js'
import { openTree } from '../../src/sys/open.js'
import { listxattr, removexattr, setxattr } from '../../src/sys/xattr.js'
import { pathIn } from './paths.js'

/** Who both servers run as, and so to whom what they make belongs on the host. */
export interface HostOwner {
  readonly uid: number
  readonly gid: number
}

interface Planted {
  /** Latin-1, relative to the root. A directory comes before what it holds. */
  readonly path: string
  /** The guest's whole st_mode. */
  readonly mode: number
  readonly uid?: number
  readonly gid?: number
  readonly rdev?: DeviceNumber
  /** What a file holds, or where a symlink leads. */
  readonly content?: string
  /** The earlier path that this is another name of. */
  readonly sameAs?: string
  readonly xattrs?: Readonly<Record<string, string>>
}

export const NOT_UTF8 = 'caf\xe9'

const planted: readonly Planted[] = [
  { path: 'file', mode: S_IFREG | 0o644, content: 'The quick brown fox\n', xattrs: { 'user.note': 'jumps' } },
  { path: 'other', mode: S_IFREG | 0o600, uid: 1001, gid: 1001 },
  { path: 'hard', mode: S_IFREG | 0o644, sameAs: 'file' },
  { path: 'setid', mode: S_IFREG | 0o6755, gid: 1000, content: '#!/bin/sh\n' },
  { path: NOT_UTF8, mode: S_IFREG | 0o640, content: 'noir' },
  { path: 'directory', mode: S_IFDIR | 0o755, xattrs: { 'user.note': 'holds' } },
  { path: 'directory/inner', mode: S_IFREG | 0o640, content: 'inner' },
  { path: 'directory/nested', mode: S_IFDIR | 0o700 },
  { path: 'directory/nested/deep', mode: S_IFREG | 0o444, content: 'deep' },
  { path: 'empty', mode: S_IFDIR | 0o1777 },
  { path: 'link', mode: S_IFLNK | 0o777, content: 'file' },
  { path: 'dangling', mode: S_IFLNK | 0o777, content: '../nowhere/at/all' },
  { path: 'fifo', mode: S_IFIFO | 0o644 },
  { path: 'socket', mode: S_IFSOCK | 0o755 },
  { path: 'null', mode: S_IFCHR | 0o666, rdev: { major: 1, minor: 3 } },
]

/** What a host process made: in the mapped models it shows the host's owner and mode. */
const HOST_FILE = 'unowned'

const ROOT_MODE = 0o755
/** The one time that everything bears at the start; ctime is the clock's. */
const START_TIME = 1_000_000_000
const DEFAULT_OWNER = { uid: 1000, gid: 1001 }

/** Names at the root, for those who draw some. */
export const plantedNames: readonly string[] = [...planted.map(({ path }) => path), HOST_FILE].filter(
  (path) => !path.includes('/'),
)

/** Fills the empty directory `root` under `model`. Equal arguments make equal trees. */
export function plantTree(root: string, model: SecurityModel, owner: HostOwner): void {
  const at = (path: string): Buffer => pathIn(root, path)
  const keep = keepers[model]
  for (const object of planted) {
    if (object.sameAs !== undefined) linkSync(at(object.sameAs), at(object.path))
    else keep.embody(root, object, owner)
    keep.record(root, object, owner)
    for (const [name, value] of Object.entries(object.xattrs ?? {})) {
      setAttribute(at(object.path), name, Buffer.from(value))
    }
  }
  writeFileSync(at(HOST_FILE), 'found here', { mode: 0o640 })
  chmodSync(at(HOST_FILE), 0o640)
  lchownSync(at(HOST_FILE), owner.uid, owner.gid)
  forgetRoot(root, owner)
  // Last, and each directory after what is in it: making an entry changes the times of its directory.
  for (const path of [...planted.map((object) => object.path), HOST_FILE].reverse()) setTime(at(path))
  setTime(at(''))
}

/** Takes off the root what an earlier sequence left there. */
function forgetRoot(root: string, owner: HostOwner): void {
  chmodSync(root, ROOT_MODE)
  lchownSync(root, owner.uid, owner.gid)
  using directory = openTree(root)
  const left = listxattr(directory)
  for (const name of left) removexattr(directory, name)
}

function setTime(path: Buffer): void {
  lutimesSync(path, START_TIME, START_TIME)
}

function setAttribute(path: Buffer, name: string, value: Buffer): void {
  using object = new Fd(openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW))
  setxattr(object, name, value)
}

/** How one family of models puts an object on the host. */
interface Keeper {
  embody(root: string, object: Planted, owner: HostOwner): void
  record(root: string, object: Planted, owner: HostOwner): void
}

const typeOf = ({ mode }: Planted): number => mode & S_IFMT

/** The mapped models: directories are directories, and all else is a regular file of whoever runs the server. */
function embodyAsFile(root: string, object: Planted, { uid, gid }: HostOwner): void {
  const path = pathIn(root, object.path)
  if (typeOf(object) === S_IFDIR) mkdirSync(path)
  else closeSync(openSync(path, 'wx'))
  if (object.content !== undefined) writeFileSync(path, object.content, 'latin1')
  chmodSync(path, typeOf(object) === S_IFDIR ? 0o700 : 0o600)
  lchownSync(path, uid, gid)
}

/** passthrough and none: every object is what it is, and the owner's as far as the server's user may give it away. */
function embodyAsItself(root: string, object: Planted, server: HostOwner): void {
  const path = pathIn(root, object.path)
  const type = typeOf(object)
  const owner = server.uid === 0 ? { ...DEFAULT_OWNER, ...object } : server
  if (type === S_IFDIR) mkdirSync(path)
  else if (type === S_IFLNK) symlinkSync(object.content ?? '', path)
  else if (type === S_IFREG) writeFileSync(path, object.content ?? '', 'latin1')
  else {
    using directory = openTree(dirname(path.toString('latin1')))
    mknodat(directory, nameFromBytes(Buffer.from(object.path, 'latin1')), object.mode, object.rdev ?? NO_DEVICE)
  }
  lchownSync(path, owner.uid, owner.gid)
  if (type !== S_IFLNK) chmodSync(path, object.mode & 0o7777)
}

const NO_DEVICE: DeviceNumber = { major: 0, minor: 0 }

/** Members in the order in which QEMU stores them; rdev for what Tmknod makes. */
function membersOf(object: Planted): readonly (readonly [key: string, value: bigint, width: 4 | 8])[] {
  const { uid, gid, mode, rdev = NO_DEVICE } = { ...DEFAULT_OWNER, ...object }
  const isNode = [S_IFCHR, S_IFIFO, S_IFSOCK].includes(typeOf(object))
  return [
    ['uid', BigInt(uid), 4],
    ['gid', BigInt(gid), 4],
    ['mode', BigInt(mode), 4],
    ...(isNode ? [['rdev', packDevice(rdev), 8] as const] : []),
  ]
}

function recordInAttributes(root: string, object: Planted): void {
  if (object.sameAs !== undefined) return
  for (const [key, value, width] of membersOf(object)) {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(value)
    setAttribute(pathIn(root, object.path), `user.virtfs.${key}`, bytes.subarray(0, width))
  }
}

function recordBeside(root: string, object: Planted, { uid, gid }: HostOwner): void {
  const side = (path: string): Buffer => pathIn(root, path.replace(/[^/]*$/, '.virtfs_metadata/$&'))
  const directory = Buffer.from(dirname(side(object.path).toString('latin1')), 'latin1')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  lchownSync(directory, uid, gid)
  if (object.sameAs !== undefined) return linkSync(side(object.sameAs), side(object.path))
  const lines = membersOf(object).map(([key, value]) => `virtfs.${key}=${value}\n`)
  writeFileSync(side(object.path), lines.join(''))
  chmodSync(side(object.path), 0o600)
  lchownSync(side(object.path), uid, gid)
}

const asItself: Keeper = { embody: embodyAsItself, record: () => undefined }

const keepers: Readonly<Record<SecurityModel, Keeper>> = {
  'mapped-xattr': { embody: embodyAsFile, record: recordInAttributes },
  'mapped-file': { embody: embodyAsFile, record: recordBeside },
  passthrough: asItself,
  none: asItself,
}
