// Fids and sessions: QEMU's fids are paths, ours are objects.

import { NOFID } from '../../../src/wire/constants.js'
import type { Difference, Exchanged } from '../difference.js'
import { always, bothSucceed, change, isHostSymlink, isRecordRead, never, objectOf, sentAs } from './conditions.js'

/** Requests that ask and change nothing, neither a tree nor a fid. */
const ASKING: ReadonlySet<string> = new Set(['Tgetattr', 'Tstatfs', 'Treadlink', 'Tstat'])
/** Requests that work on what a fid has open, in both servers. */
const BY_HANDLE: ReadonlySet<string> = new Set(['Tread', 'Twrite', 'Tfsync', 'Treaddir', 'Tlock', 'Tgetlock', 'Tclunk'])

/** As records QEMU looks up what it finds in a directory by the directory's path. */
const isOnLost = (exchanged: Exchanged): boolean =>
  exchanged.scene.lost.size > 0 && (!BY_HANDLE.has(exchanged.sent.message) || isRecordRead(exchanged))

/** True for a request that leaves no trace; to tell a symlink's target does, its time of access. */
const isAsking = (exchanged: Exchanged): boolean =>
  ASKING.has(exchanged.sent.message) &&
  !isHostSymlink(objectOf(exchanged, sentAs(exchanged, 'Tstat', 'Treadlink')?.body.fid ?? NOFID))

export const ofFids: readonly Difference[] = [
  {
    title: 'a fid whose name is gone, or means another object by now: a path to QEMU, the object to us',
    because: '§8 rows 1 to 3',
    explains: ({ fact, qemu }, exchanged) => {
      // Where nothing has the name any more QEMU finds nothing; where another object has it, it may say anything.
      const isTaken = [...exchanged.scene.lost].some((fid) => exchanged.scene.objects.get(fid)?.exists === true)
      return isOnLost(exchanged) && (isTaken || (fact === 'outcome' && (qemu === 'ENOENT' || qemu === 'ENOTDIR')))
    },
    // Asking is harmless, and so is to walk nowhere while both do; all else has changed another object.
    happensUnseen: (exchanged) =>
      isOnLost(exchanged) &&
      bothSucceed(exchanged) &&
      !isAsking(exchanged) &&
      sentAs(exchanged, 'Twalk', 'Tlopen', 'Topen', 'Txattrwalk') === undefined,
    diverges: (exchanged) => !isAsking(exchanged),
  },
  {
    title: 'without privilege, a path is refused where modes are the host’s; a handle is not',
    because: '§8 row 1; what Tattach is refused is EINVAL (row 30)',
    models: ['none'],
    isUnprivileged: true,
    explains: ({ fact, qemu, ours }, { sent, isUnprivileged, model }) => {
      const refusal = sent.message === 'Tattach' ? 'EINVAL' : 'EACCES'
      return fact === 'outcome' && isUnprivileged && model === 'none' && qemu === refusal && ours !== refusal
    },
    diverges: (exchanged) => !isAsking(exchanged),
  },
  {
    title: 'Trename and Twstat leave some other fids of the renamed object, or below it, with the old path',
    // The loop that mends the others (v9fs_complete_rename) compares them with the fid that it may have mended already.
    because: '§8 rows 1 to 3',
    happensUnseen: (exchanged) =>
      (sentAs(exchanged, 'Trename') !== undefined || change(exchanged)?.name !== undefined) &&
      bothSucceed(exchanged) &&
      exchanged.scene.hasOthersBelow,
    diverges: always,
  },
  {
    title: 'of two names that may not be, QEMU refuses the one with an empty or divided name first',
    because: '§3.3, and docs/protocol.md',
    explains: ({ fact, qemu, ours }, exchanged) => {
      const { oldname, newname } = sentAs(exchanged, 'Trenameat')?.body ?? {}
      const isDots = oldname === '.' || oldname === '..'
      return fact === 'outcome' && qemu === 'ENOENT' && ours === 'EISDIR' && isDots && /^$|\//.test(newname ?? 'good')
    },
    diverges: never,
  },
  {
    title: 'an attribute written through a fid whose name means another object goes to that one',
    because: '§8 row 2',
    explains: (_, exchanged) => sentAs(exchanged, 'Tclunk') !== undefined && isLostDraft(exchanged),
    happensUnseen: (exchanged) => sentAs(exchanged, 'Tclunk') !== undefined && isLostDraft(exchanged),
    diverges: always,
  },
]

const isLostDraft = ({ scene }: Exchanged): boolean =>
  [...scene.lost].some((fid) => scene.fids.get(fid)?.role === 'draft')
