// Opening, creating, reading and listing.

import { S_IFDIR, S_IFIFO, S_IFLNK, S_ISGID, S_ISUID } from '../../../src/sys/constants.js'
import { GETATTR_GEN, IOHDRSZ } from '../../../src/wire/constants.js'
import type { Difference, Exchanged } from '../difference.js'
import { isSuccess } from '../messages.js'
import {
  always,
  bothSucceed,
  change,
  creation,
  hostTypeOf,
  isHostSymlink,
  isMapped,
  isRecordRead,
  isSpecial,
  isSpecialOnHost,
  never,
  objectOf,
  opening,
  sentAs,
  typeOf,
} from './conditions.js'

/** Bytes of an entry besides its name, and of the longest name. */
const LARGEST_ENTRY = 24 + 255

const isRootListing = (exchanged: Exchanged): boolean => {
  const sent = sentAs(exchanged, 'Treaddir')
  return sent !== undefined && exchanged.scene.fids.get(sent.body.fid)?.path === ''
}

function createsOverExisting(exchanged: Exchanged): boolean {
  return creation(exchanged)?.mayExist === true && exchanged.scene.named[0]?.exists === true
}

/** True for a request by somebody but root that changes what a file with set-id bits holds. */
function writesSetId(exchanged: Exchanged): boolean {
  const written = sentAs(exchanged, 'Twrite')?.body
  const wanted = written ?? opening(exchanged) ?? change(exchanged)
  const fid = wanted && exchanged.scene.fids.get(wanted.fid)
  const mode = (wanted && objectOf(exchanged, wanted.fid)?.mode) ?? 0
  if (fid === undefined || fid.uid === 0 || (mode & (S_ISUID | S_ISGID)) === 0) return false
  if (written !== undefined) return fid.role === 'file' && written.data.length > 0
  return opening(exchanged)?.truncates === true || change(exchanged)?.size !== undefined
}

export const ofFiles: readonly Difference[] = [
  {
    title: 'Tlcreate and Tcreate without EXCL give a file that exists another owner and mode',
    because: '§8 row 4',
    explains: ({ fact, qemu }, exchanged) =>
      createsOverExisting(exchanged) &&
      (fact !== 'outcome' || qemu === 'Rlcreate' || qemu === 'Rcreate' || exchanged.isUnprivileged),
    happensUnseen: (exchanged) => createsOverExisting(exchanged) && bothSucceed(exchanged),
    diverges: always,
  },
  {
    title: 'an open and a new length reach the file in which a mapped model keeps a symlink, device, fifo or socket',
    because: '§3.6, and docs/protocol.md',
    models: ['mapped-xattr', 'mapped-file'],
    explains: ({ fact, qemu, ours }, exchanged) => {
      const wanted = opening(exchanged) ?? change(exchanged)
      if (wanted === undefined || ('size' in wanted && wanted.size === undefined)) return false
      const object = objectOf(exchanged, wanted.fid)
      const refusal = typeOf(object) === S_IFLNK ? 'ELOOP' : 'ENXIO'
      const isDone = ['Rlopen', 'Ropen', 'Rsetattr', 'Rwstat', 'EFBIG'].includes(String(qemu))
      return fact === 'outcome' && isDone && ours === refusal && isMapped(exchanged) && isSpecial(object)
    },
    diverges: always,
  },
  {
    title: 'a directory that is stored as something else opens as a file',
    because: '§1.2, and docs/protocol.md',
    models: ['mapped-xattr'],
    explains: ({ qemu, ours }, exchanged) => {
      const wanted = opening(exchanged)
      const object = wanted && objectOf(exchanged, wanted.fid)
      const isOpenedAsFile = isSuccess(exchanged.qemu) && Number(qemu) > 0 && ours === 0
      return isOpenedAsFile && hostTypeOf(object) === S_IFDIR && typeOf(object) !== S_IFDIR
    },
    diverges: always,
  },
  {
    title: 'a fifo of the host, opened with access mode 3: the kernel’s refusal, where we never try',
    because: '§8 row 42',
    models: ['passthrough', 'none'],
    explains: ({ fact, qemu, ours }, exchanged) => {
      const sent = sentAs(exchanged, 'Tlopen')
      const isFifo = hostTypeOf(sent && objectOf(exchanged, sent.body.fid)) === S_IFIFO
      return fact === 'outcome' && qemu === 'EINVAL' && ours === 'ENXIO' && isFifo
    },
    diverges: never,
  },
  {
    title: 'a non-owner’s write or truncation leaves the set-id bits',
    because: '§8 row 35',
    happensUnseen: (exchanged) => writesSetId(exchanged) && bothSucceed(exchanged),
    diverges: always,
  },
  {
    title: 'a negative offset is what the fid makes of it: nothing there, no room, or refused for another reason',
    because: '§3.7, and docs/protocol.md',
    explains: ({ fact, ours }, exchanged) =>
      fact === 'outcome' && ours === 'EINVAL' && (sentAs(exchanged, 'Tread', 'Twrite')?.body.offset ?? 0) >= 2 ** 63,
    // To read a directory is to access it, wherever QEMU goes on.
    diverges: isRecordRead,
  },
  {
    title: 'Treadlink gives the content of what is no symlink',
    because: '§8 row 14',
    models: ['mapped-xattr', 'mapped-file'],
    explains: ({ fact, qemu, ours }, exchanged) => {
      const sent = sentAs(exchanged, 'Treadlink')
      const object = sent && objectOf(exchanged, sent.body.fid)
      const isNoLink = sent !== undefined && typeOf(object) !== S_IFLNK
      return fact === 'outcome' && (qemu === 'Rreadlink' || qemu === 'EISDIR') && ours === 'EINVAL' && isNoLink
    },
    // To read a file is to access it.
    diverges: ({ qemu }) => qemu.message === 'Rreadlink',
  },
  {
    title: 'a target that fits no reply, or no string, is sent all the same, cut modulo 65536',
    because: '§8 row 14, and docs/protocol.md',
    models: ['mapped-xattr', 'mapped-file'],
    explains: ({ fact, qemu, ours }, exchanged) =>
      fact === 'outcome' && qemu === 'Rreadlink' && ours === 'ENAMETOOLONG' && isMapped(exchanged),
    diverges: never,
  },
  {
    title: 'Treadlink of a symlink that a host process made in a mapped export: refused by QEMU',
    because: '§8 row 15',
    models: ['mapped-xattr', 'mapped-file'],
    explains: ({ fact, qemu, ours }, exchanged) => {
      const sent = sentAs(exchanged, 'Treadlink')
      const object = sent && objectOf(exchanged, sent.body.fid)
      const isAnswered = fact === 'outcome' && qemu === 'ELOOP' && ours === 'Rreadlink'
      return isAnswered && isMapped(exchanged) && isHostSymlink(object)
    },
    diverges: never,
  },
  {
    title: 'Tstatfs needs to open the object',
    because: '§8 row 22',
    explains: ({ fact, qemu, ours }, exchanged) => {
      const sent = sentAs(exchanged, 'Tstatfs')
      const object = sent && objectOf(exchanged, sent.body.fid)
      const refusal = isHostSymlink(object) ? 'ELOOP' : isSpecialOnHost(object) ? 'ENXIO' : 'EACCES'
      return fact === 'outcome' && qemu === refusal && ours === 'Rstatfs' && hostTypeOf(object) !== 0
    },
    diverges: never,
  },
  {
    title: 'iounit counts no blocks of a file that may not be read, and nobody knows its generation',
    because: '§8 row 22',
    models: ['none'],
    isUnprivileged: true,
    explains: ({ fact, qemu, ours }, { isUnprivileged, model }) => {
      const isUnread = (fact === 'iounit' && Number(qemu) > Number(ours)) || (fact === 'gen' && qemu === 'none')
      const lacksGeneration = fact === 'valid' && (Number(qemu) | GETATTR_GEN) === ours
      return isUnprivileged && model === 'none' && (isUnread || lacksGeneration)
    },
    diverges: never,
  },
  {
    title: 'a directory that may not be searched is listed, since its entries are not asked for',
    because: '§8 row 24',
    models: ['none'],
    isUnprivileged: true,
    explains: ({ fact, qemu, ours }, { isUnprivileged, model, sent }) =>
      fact === 'outcome' &&
      isUnprivileged &&
      model === 'none' &&
      sent.message === 'Treaddir' &&
      qemu === 'Rreaddir' &&
      ours === 'EACCES',
    diverges: never,
  },
  {
    title: 'Treaddir knows no types in mapped models',
    because: '§8 row 25',
    models: ['mapped-xattr', 'mapped-file'],
    explains: ({ fact, qemu }, exchanged) =>
      sentAs(exchanged, 'Treaddir') !== undefined &&
      /^entry .*"\.type$/.test(fact) &&
      qemu === 0 &&
      isMapped(exchanged),
    diverges: never,
  },
  {
    title: 'qids in Treaddir have no type',
    because: '§8 row 24',
    explains: ({ fact, qemu }, exchanged) =>
      sentAs(exchanged, 'Treaddir') !== undefined && /^entry .*"\.qid\.type$/.test(fact) && qemu === 0,
    diverges: never,
  },
  {
    title: '".." of the root in Treaddir is the host’s parent',
    because: '§8 row 23',
    explains: ({ fact, ours }, exchanged) => fact === 'entry "..".qid.is' && ours === '""' && isRootListing(exchanged),
    diverges: never,
  },
  {
    title: 'a read of more than fits msize is whole',
    because: '§3.7: over a socket a reply fits msize',
    explains: ({ fact, qemu, ours }, exchanged) => {
      const { count = 0 } = sentAs(exchanged, 'Tread')?.body ?? {}
      const isCut = fact === 'count' ? Number(qemu) > Number(ours) : String(qemu).startsWith(String(ours))
      return (fact === 'count' || fact === 'data') && isCut && count > exchanged.scene.msize - IOHDRSZ
    },
    diverges: never,
  },
  {
    title: 'a negative position in a directory is EPERM if it is -1, and else one that the host never gave',
    because: '§8 row 23',
    explains: ({ fact, qemu, ours }, exchanged) => {
      const { offset = 0n } = sentAs(exchanged, 'Treaddir')?.body ?? {}
      const isTaken = offset === (1n << 64n) - 1n ? qemu === 'EPERM' : qemu === 'Rreaddir' || qemu === 'EIO'
      return fact === 'outcome' && isTaken && ours === 'EINVAL' && offset >= 1n << 63n
    },
    diverges: never,
  },
  {
    title: 'Treaddir with a count too small for an entry ends the listing',
    because: '§8 row 23',
    explains: ({ fact, qemu, ours }, exchanged) => {
      const { count = LARGEST_ENTRY } = sentAs(exchanged, 'Treaddir')?.body ?? {}
      const isEnd = (fact === 'outcome' && qemu === 'Rreaddir') || (fact === 'end' && qemu === 'empty')
      return isEnd && ours === 'EINVAL' && count < LARGEST_ENTRY
    },
    diverges: never,
  },
]
