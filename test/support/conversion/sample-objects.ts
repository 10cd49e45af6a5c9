// One object of every kind that a guest can make, for trees that are converted: each is said once, as its guest sees it, and
// made in the form of any model by `sample-tree.ts`.

import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } from '../../../src/sys/constants.js'

/** Seconds and nanoseconds of access, then of modification. */
export type Times = readonly [atimeSec: number, atimeNsec: number, mtimeSec: number, mtimeNsec: number]

export interface SampleObject {
  /** Latin-1, relative to the tree; '' is its root. Directories come before what is in them. */
  readonly path: string
  /** Further names of the same object. */
  readonly links?: readonly string[]
  /** The whole st_mode. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly rdev?: readonly [major: number, minor: number]
  /** A file's, or where a symlink leads (Latin-1). */
  readonly content?: string
  /** ACLs, by the guest's name for the attribute. */
  readonly acls?: Readonly<Record<string, Buffer>>
  readonly attributes?: Readonly<Record<string, string>>
  /** What a mapped model stores of it; all of it when absent. */
  readonly stored?: readonly ('uid' | 'gid' | 'mode')[]
  readonly times?: Times
}

export const ACCESS = 'system.posix_acl_access'
export const DEFAULT = 'system.posix_acl_default'
/** include/uapi/linux/posix_acl.h */
export const [USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER] = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20] as const
const NO_ID = 0xffff_ffff

/** An ACL as Linux gives and takes it (include/uapi/linux/posix_acl_xattr.h); `offset` is added to the ids in it. */
export function acl(entries: readonly (readonly [tag: number, permissions: number, id?: number])[]): Buffer {
  const bytes = Buffer.alloc(4 + 8 * entries.length)
  bytes.writeUInt32LE(2)
  entries.forEach(([tag, permissions, id], index) => {
    bytes.writeUInt16LE(tag, 4 + 8 * index)
    bytes.writeUInt16LE(permissions, 6 + 8 * index)
    bytes.writeUInt32LE(id ?? NO_ID, 8 + 8 * index)
  })
  return bytes
}

const accessAcl = acl([
  [USER_OBJ, 6],
  [USER, 4, 1001],
  [GROUP_OBJ, 4],
  [GROUP, 2, 50],
  [MASK, 6],
  [OTHER, 0],
])
const directoryAcl = acl([
  [USER_OBJ, 7],
  [USER, 5, 1001],
  [GROUP_OBJ, 5],
  [MASK, 5],
  [OTHER, 0],
])

/** Before 1970, and with all nanoseconds. */
const LONG_AGO: Times = [-1_000_000_000, 999_999_999, -86_400, 1]

/** What every tree has: guests can make it under any model. */
export const guestObjects: readonly SampleObject[] = [
  { path: '', mode: S_IFDIR | 0o755, uid: 0, gid: 0, times: [1_500_000_000, 5, 1_400_000_000, 6] },
  { path: 'plain', mode: S_IFREG | 0o644, uid: 1000, gid: 1000, content: 'plain\n' },
  { path: 'empty', mode: S_IFREG | 0o400, uid: 0, gid: 42, times: LONG_AGO },
  { path: 'setuid', mode: S_IFREG | 0o4755, uid: 0, gid: 0, content: '#!' },
  { path: 'setgid', mode: S_IFREG | 0o2711, uid: 7, gid: 42, content: '#!' },
  { path: 'symlink', mode: S_IFLNK | 0o777, uid: 1000, gid: 1000, content: 'directory/\xff target' },
  { path: 'fifo', mode: S_IFIFO | 0o622, uid: 1000, gid: 5 },
  { path: 'socket', mode: S_IFSOCK | 0o755, uid: 33, gid: 33 },
  { path: 'char', mode: S_IFCHR | 0o666, uid: 0, gid: 0, rdev: [1, 3] },
  { path: 'block', mode: S_IFBLK | 0o660, uid: 0, gid: 6, rdev: [259, 7] },
  { path: 'sticky', mode: S_IFDIR | 0o1777, uid: 0, gid: 0, times: LONG_AGO },
  { path: 'closed', mode: S_IFDIR | 0o000, uid: 1000, gid: 1000 },
  { path: 'closed/inside', mode: S_IFREG | 0o000, uid: 1000, gid: 1000, content: 'inside' },
  { path: 'group', mode: S_IFDIR | 0o2775, uid: 0, gid: 50, acls: { [ACCESS]: directoryAcl, [DEFAULT]: directoryAcl } },
  { path: 'group/acl', mode: S_IFREG | 0o660, uid: 1000, gid: 50, content: 'acl', acls: { [ACCESS]: accessAcl } },
  {
    path: 'group/attributes',
    ...{ mode: S_IFREG | 0o604, uid: 1000, gid: 50, content: 'attributes' },
    attributes: { 'user.note': 'kept', 'user.virtfsx': '' },
  },
  { path: 'group/\xe9\n\xff', mode: S_IFREG | 0o640, uid: 1000, gid: 50, content: 'bytes' },
  { path: 'deep', mode: S_IFDIR | 0o700, uid: 1000, gid: 1000, attributes: { 'user.note': 'directory' } },
  { path: 'deep/deeper', mode: S_IFDIR | 0o711, uid: 1000, gid: 1000, times: [1, 1, 2, 2] },
  { path: 'deep/deeper/none', mode: S_IFDIR | 0o711, uid: 1000, gid: 1000, times: [3, 3, 4, 4] },
  {
    path: 'deep/file',
    links: ['deep/deeper/again', 'file'],
    ...{ mode: S_IFREG | 0o664, uid: 1000, gid: 1000, content: 'linked', times: LONG_AGO },
    acls: { [ACCESS]: accessAcl },
  },
  {
    path: 'deep/link',
    links: ['link'],
    ...{
      mode: S_IFLNK | 0o777,
      uid: 1000,
      gid: 1000,
      content: '../plain',
      times: [1_600_000_000, 1, 1_600_000_001, 2],
    },
  },
  { path: 'deep/deeper/fifo', links: ['group/fifo', 'deep/pipe'], mode: S_IFIFO | 0o600, uid: 1000, gid: 1000 },
]

/** What mapped models store in part: made by other programs, or by a run of QEMU that was killed. */
export const partialObjects: readonly SampleObject[] = [
  { path: 'partial', mode: S_IFDIR | 0o751, uid: 2000, gid: 2001, stored: ['mode'] },
  { path: 'partial/mode', mode: S_IFREG | 0o4640, uid: 2000, gid: 2001, content: 'mode', stored: ['mode'] },
  { path: 'partial/owner', mode: S_IFREG | 0o604, uid: 5, gid: 2001, content: 'owner', stored: ['uid', 'mode'] },
  { path: 'partial/uid', mode: S_IFREG | 0o604, uid: 5, gid: 2001, content: 'uid', stored: ['uid'] },
  { path: 'partial/symlink', mode: S_IFLNK | 0o777, uid: 2000, gid: 2001, content: 'mode', stored: ['mode'] },
  {
    path: 'partial/linked',
    links: ['partial/twice'],
    ...{ mode: S_IFREG | 0o600, uid: 2000, gid: 9, content: 'linked', stored: ['gid', 'mode'] },
  },
]

/** Of which a mapped tree has nothing stored, and a host's process has made it. */
export const hostObjects: readonly SampleObject[] = [
  { path: 'host', mode: S_IFDIR | 0o755, uid: 3000, gid: 3000, stored: [] },
  { path: 'host/file', mode: S_IFREG | 0o4755, uid: 3000, gid: 3000, content: 'host', stored: [], times: LONG_AGO },
  { path: 'host/symlink', mode: S_IFLNK | 0o777, uid: 3000, gid: 3000, content: 'file', stored: [] },
  { path: 'host/linked', links: ['host/twice'], mode: S_IFREG | 0o640, uid: 3000, gid: 3000, content: '', stored: [] },
]
