// What 9P2000.u has of its own: stat records, and the requests that make and change things with them.

import { S_IFBLK, S_IFCHR, S_IFLNK } from '../../../src/sys/constants.js'
import { NOFID, OEXEC } from '../../../src/wire/constants.js'
import { DONT_TOUCH, NO_CHANGE, type StatChange } from '../../../src/wire/stat.js'
import type { Difference, Exchanged } from '../difference.js'
import { DM_SET_BITS } from '../wanted.js'
import {
  always,
  bothRefuse,
  bothSucceed,
  change,
  creation,
  isHostSymlink,
  isMapped,
  isRecordRead,
  isSpecialOnHost,
  never,
  objectOf,
  opening,
  sentAs,
  typeOf,
} from './conditions.js'

const dialect = '9P2000.u' as const

const isNoDevice = (extension: string): boolean => !/^.\s*\d+\s+\d+/.test(extension)

/** A Twstat of nothing, which asks for the object to be synced. */
function isSync(exchanged: Exchanged): boolean {
  const stat = sentAs(exchanged, 'Twstat')?.body.stat
  return stat !== undefined && Object.entries(NO_CHANGE).every(([key, value]) => isEqual(stat, key, value))
}

const isEqual = (stat: StatChange, key: string, value: unknown): boolean =>
  key === 'qid' || stat[key as keyof StatChange] === value

const roleOf = (exchanged: Exchanged): string | undefined => {
  const fid = sentAs(exchanged, 'Twstat')?.body.fid
  return fid === undefined ? undefined : exchanged.scene.fids.get(fid)?.role
}

/** A chmod of a char device that does not say that it is one. */
function makesBlockDevice(exchanged: Exchanged): boolean {
  const { fid, mode = 0 } = (sentAs(exchanged, 'Twstat') && change(exchanged)) ?? { fid: NOFID }
  return (mode & ~0o7777) === S_IFBLK && typeOf(objectOf(exchanged, fid)) === S_IFCHR
}

/** A number of seconds that is one before 1970 to QEMU. */
const isNegativeTime = (seconds: number): boolean => seconds >= 2 ** 31 && seconds !== DONT_TOUCH

export const ofDialectU: readonly Difference[] = [
  {
    title: 'Rstat’s outer count is 0',
    because: '§8 row 31',
    dialect,
    explains: ({ fact, qemu, ours }, exchanged) =>
      fact === 'n' && qemu === 0 && Number(ours) > 0 && sentAs(exchanged, 'Tstat') !== undefined,
    diverges: never,
  },
  {
    title: 'Tcreate of a device whose numbers cannot be read is answered with no bytes',
    because: '§8 row 31',
    dialect,
    explains: ({ fact, qemu, ours }, exchanged) => {
      const { extension = '' } = sentAs(exchanged, 'Tcreate')?.body ?? {}
      const isNode = creation(exchanged)?.kind === 'node'
      return fact === 'outcome' && qemu === 'empty' && ours === 'EINVAL' && isNode && isNoDevice(extension)
    },
    diverges: never,
  },
  {
    title: 'Tcreate of a link whose extension is no number links fid 0',
    because: '§3.18, and docs/protocol.md',
    dialect,
    explains: ({ fact, ours }, exchanged) => {
      const { source } = creation(exchanged) ?? {}
      return fact === 'outcome' && ours === 'EINVAL' && Number.isNaN(source)
    },
    diverges: always,
  },
  {
    title: 'a Twstat of nothing is answered with no bytes',
    because: '§8 row 31',
    dialect,
    explains: ({ fact, qemu, ours }, exchanged) =>
      fact === 'outcome' && qemu === 'empty' && ours === 'Rwstat' && isSync(exchanged),
    diverges: never,
  },
  {
    title: 'a Twstat of nothing, on what is not open, is one of descriptor 0',
    because: '§8 row 18',
    dialect,
    explains: ({ fact, qemu, ours }, exchanged) => {
      const isOpen = ['file', 'directory'].includes(roleOf(exchanged) ?? 'none')
      return fact === 'outcome' && qemu === 'EINVAL' && ours === 'Rwstat' && isSync(exchanged) && !isOpen
    },
    diverges: never,
  },
  {
    title: 'set-id and sticky bits are lost at Tcreate',
    because: '§8 row 31',
    dialect,
    happensUnseen: (exchanged) => {
      const { perm = 0 } = sentAs(exchanged, 'Tcreate')?.body ?? {}
      const hasMode = ['file', 'directory', 'node'].includes(creation(exchanged)?.kind ?? 'link')
      return bothSucceed(exchanged) && hasMode && (perm & DM_SET_BITS) !== 0
    },
    diverges: always,
  },
  {
    title: 'a char device whose mode is changed without its extension becomes a block device',
    because: '§8 row 13',
    dialect,
    models: ['mapped-xattr', 'mapped-file'],
    happensUnseen: (exchanged) => isMapped(exchanged) && bothSucceed(exchanged) && makesBlockDevice(exchanged),
    diverges: always,
  },
  {
    title: 'a directory that Tcreate made and may not open is left behind',
    because: '§1.7, and docs/protocol.md',
    dialect,
    models: ['none'],
    isUnprivileged: true,
    happensUnseen: (exchanged) => {
      const { perm = 0o400 } = sentAs(exchanged, 'Tcreate')?.body ?? {}
      const isMade = creation(exchanged)?.kind === 'directory' && exchanged.scene.named[0]?.exists === false
      const mayNotOpen = exchanged.isUnprivileged && !isMapped(exchanged) && (perm & 0o400) === 0
      return isMade && mayNotOpen && bothRefuse(exchanged)
    },
    diverges: always,
  },
  {
    title: 'on a read-only export the mode byte is looked at as if it were the host’s flags',
    because: '§3.15',
    dialect,
    explains: ({ fact, qemu, ours }, exchanged) => {
      const { access, truncates = false, appends = false } = opening(exchanged) ?? {}
      if (fact !== 'outcome' || !exchanged.isReadOnly || exchanged.dialect !== dialect) return false
      if (qemu === 'Ropen') return ours === 'EROFS' && (truncates || appends)
      return qemu === 'EROFS' && ours === 'Ropen' && access === OEXEC
    },
    diverges: always,
  },
  {
    title: 'a Twstat to a name with "/" ends QEMU',
    because: '§3.3',
    dialect,
    explains: ({ fact, qemu, ours }, exchanged) =>
      fact === 'outcome' && qemu === 'ended' && ours === 'ENOENT' && (change(exchanged)?.name ?? '').includes('/'),
    diverges: always,
  },
  {
    title: 'a Twstat to "." or ".." is refused by the host, for what lies there, when all else is done',
    because: '§3.3',
    dialect,
    explains: ({ fact, ours }, exchanged) =>
      fact === 'outcome' && ours === 'EBUSY' && ['.', '..'].includes(change(exchanged)?.name ?? ''),
    diverges: always,
  },
  {
    title: 'a directory that is read from another position goes on where it stood',
    because: '§3.7, and docs/protocol.md',
    dialect,
    explains: (_, exchanged) =>
      isRecordRead(exchanged) && bothSucceed(exchanged) && sentAs(exchanged, 'Tread')!.body.offset !== 0,
    diverges: never,
  },
  {
    title: 'a record longer than any message is sent whole where the count is large enough, and otherwise the end',
    because: '§8 row 31, and docs/protocol.md',
    dialect,
    explains: ({ fact, qemu, ours }, exchanged) => {
      const isShortened = /^entry .*"\.extension$/.test(fact) && ours === '' && String(qemu).length > 0
      const isEnd = fact === 'end' && qemu === 'a record that does not fit' && ours === 'empty'
      return isRecordRead(exchanged) && (isShortened || isEnd)
    },
    diverges: never,
  },
  {
    title: 'a record that fits no reply is sent all the same',
    because: '§3.7: over a socket a reply fits msize',
    dialect,
    explains: ({ fact, qemu, ours }, exchanged) => {
      const isLink = typeOf(objectOf(exchanged, sentAs(exchanged, 'Tstat')?.body.fid ?? NOFID)) === S_IFLNK
      return fact === 'outcome' && qemu === 'Rstat' && ours === 'ENAMETOOLONG' && isLink
    },
    diverges: never,
  },
  {
    title: 'a symlink that a host process made in a mapped export has no record, nor has the directory it is in',
    because: '§8 row 15',
    dialect,
    models: ['mapped-xattr', 'mapped-file'],
    explains: ({ fact, qemu, ours }, exchanged) => {
      const fid = sentAs(exchanged, 'Tstat')?.body.fid
      const isLink = fid !== undefined && isHostSymlink(objectOf(exchanged, fid))
      const isTold = isLink ? ours === 'Rstat' : ours === 'Rread' && isRecordRead(exchanged)
      return fact === 'outcome' && qemu === 'ELOOP' && isTold && isMapped(exchanged)
    },
    diverges: never,
  },
  {
    title: 'nobody counts the blocks of a symlink or special file of the host that Tcreate made or linked',
    because: '§8 row 22',
    dialect,
    models: ['passthrough', 'none'],
    explains: ({ fact, qemu, ours }, exchanged) => {
      const { kind, source = NOFID } = (sentAs(exchanged, 'Tcreate') && creation(exchanged)) ?? {}
      const isUnread = kind === 'symlink' || (kind === 'link' && isSpecialOnHost(objectOf(exchanged, source)))
      return fact === 'iounit' && Number(qemu) > Number(ours) && isUnread && !isMapped(exchanged)
    },
    diverges: never,
  },
  {
    title: 'a time after 2038 is one before 1970',
    because: '§3.18',
    dialect,
    happensUnseen: (exchanged) => {
      const stat = sentAs(exchanged, 'Twstat')?.body.stat
      return stat !== undefined && bothSucceed(exchanged) && [stat.atime, stat.mtime].some(isNegativeTime)
    },
    diverges: always,
  },
]
