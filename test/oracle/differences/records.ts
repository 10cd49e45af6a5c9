// mapped-file's records, which QEMU does not keep in step with what they belong to.

import { S_IFDIR } from '../../../src/sys/constants.js'
import type { Difference, Exchanged } from '../difference.js'
import type { Place } from '../scene.js'
import { always, bothRefuse, bothSucceed, change, creation, hostTypeOf, never, objectOf, sentAs } from './conditions.js'

const models = ['mapped-file'] as const

const isMappedFile = ({ model }: Exchanged): boolean => model === 'mapped-file'

/** What a request removes. */
function removed(exchanged: Exchanged): Place | undefined {
  const byFid = sentAs(exchanged, 'Tremove')
  if (byFid !== undefined) return objectOf(exchanged, byFid.body.fid)
  return sentAs(exchanged, 'Tunlinkat') === undefined ? undefined : exchanged.scene.named[0]
}

/** What a request renames or links, and what its new name means now. */
function given(exchanged: Exchanged): readonly [from: Place | undefined, to: Place | undefined] {
  const renamed = change(exchanged)?.name === undefined ? undefined : change(exchanged)?.fid
  const byFid = sentAs(exchanged, 'Trename')?.body.fid ?? creation(exchanged)?.source ?? renamed
  const [first, second] = exchanged.scene.named
  if (byFid !== undefined) return [objectOf(exchanged, byFid), first]
  return sentAs(exchanged, 'Trenameat') === undefined ? [undefined, undefined] : [first, second]
}

/** What a request makes, where there is nothing. */
const made = (exchanged: Exchanged): Place | undefined =>
  creation(exchanged)?.kind === 'link' ? undefined : creation(exchanged) && exchanged.scene.named[0]

const directoryOf = (place: Place | undefined): string | undefined => place?.path.replace(/[^/]*$/, '')

const removesRoot = (exchanged: Exchanged): boolean =>
  isMappedFile(exchanged) && sentAs(exchanged, 'Tremove') !== undefined && removed(exchanged)?.path === ''

export const ofRecords: readonly Difference[] = [
  {
    title: 'Tremove of the root begins with the root’s records',
    because: '§8 row 6',
    models,
    explains: ({ fact, qemu, ours }, exchanged) =>
      fact === 'outcome' && qemu === 'ENOTEMPTY' && ours === 'EINVAL' && removesRoot(exchanged),
    // Where there are none any more, their directory is gone.
    happensUnseen: (exchanged) => removesRoot(exchanged) && bothRefuse(exchanged) && !exchanged.isReadOnly,
    diverges: always,
  },
  {
    title: 'a removal that is refused has removed the record',
    because: '§8 row 6',
    models,
    happensUnseen: (exchanged) =>
      isMappedFile(exchanged) &&
      bothRefuse(exchanged) &&
      !exchanged.isReadOnly &&
      removed(exchanged)?.exists === true &&
      removed(exchanged)?.hasRecord === true,
    diverges: always,
  },
  {
    title: 'an object cannot leave a directory that has no records, nor be linked out of it',
    because: '§8 row 7',
    models,
    explains: ({ fact, qemu }, exchanged) => {
      const [from, to] = given(exchanged)
      const crosses = directoryOf(from) !== directoryOf(to)
      return fact === 'outcome' && qemu === 'ENOENT' && crosses && from?.exists === true && !from.hasRecordsBeside
    },
    diverges: always,
  },
  {
    title: 'a record that an earlier object left is taken over by a new one of its name',
    because: '§8 row 8',
    models,
    happensUnseen: (exchanged) => bothSucceed(exchanged) && made(exchanged)?.hasRecord === true,
    diverges: always,
  },
  {
    title: 'a record that an earlier object left is in the way of a link',
    because: '§8 row 8',
    models,
    explains: ({ fact, qemu, ours }, exchanged) => {
      const [, to] = given(exchanged)
      const isLinked = ours === 'Rlink' || (ours === 'Rcreate' && creation(exchanged)?.kind === 'link')
      return fact === 'outcome' && qemu === 'EEXIST' && isLinked && to?.exists === false && to.hasRecord
    },
    diverges: always,
  },
  {
    title: 'a record that an earlier object left is in the way of removing its directory',
    because: '§8 row 8',
    models,
    explains: ({ fact, qemu, ours }, exchanged) => {
      const isRemoved = ours === 'Runlinkat' || ours === 'Rremove'
      const isDirectory = hostTypeOf(removed(exchanged)) === S_IFDIR
      return fact === 'outcome' && qemu === 'ENOTEMPTY' && isRemoved && isDirectory && isMappedFile(exchanged)
    },
    diverges: always,
  },
  {
    title: 'an object without a record takes over that of the object it replaces',
    because: '§8 row 8',
    models,
    happensUnseen: (exchanged) => {
      const [from, to] = given(exchanged)
      const renames = sentAs(exchanged, 'Trename', 'Trenameat', 'Twstat') !== undefined
      return renames && bothSucceed(exchanged) && from?.hasRecord === false && to?.hasRecord === true
    },
    diverges: always,
  },
  {
    title: 'an open file whose name is gone shows the host’s owner and mode',
    because: '§1.3, and §8 row 1',
    models,
    explains: ({ fact }, exchanged) => {
      const sent = sentAs(exchanged, 'Tgetattr')
      const isLost = sent !== undefined && exchanged.scene.lost.has(sent.body.fid)
      const isOpen = sent !== undefined && exchanged.scene.fids.get(sent.body.fid)?.role === 'file'
      return isMappedFile(exchanged) && isLost && isOpen && ['mode', 'uid', 'gid', 'rdev'].includes(fact)
    },
    diverges: never,
  },
  {
    title: 'a negative device number is read back with all its signs',
    because: '§8 row 10',
    models,
    explains: ({ fact, qemu, ours }, exchanged) =>
      fact === 'rdev' && isMappedFile(exchanged) && BigInt.asUintN(32, BigInt(qemu ?? 0)) === ours,
    diverges: never,
  },
]
