// Attributes: what is set in which order, and of what kinds of object.

import { S_IFDIR, S_IFMT, S_IFREG, S_ISGID, S_ISUID } from '../../../src/sys/constants.js'
import { NOFID } from '../../../src/wire/constants.js'
import type { Difference, Exchanged } from '../difference.js'
import {
  always,
  bothRefuse,
  bothSucceed,
  change,
  creation,
  hostTypeOf,
  isHostSymlink,
  isMapped,
  isSpecialOnHost,
  never,
  objectOf,
  sentAs,
  typeOf,
} from './conditions.js'

/** How many of the steps that QEMU takes one after the other a request asks for. */
function steps(exchanged: Exchanged): number {
  const { mode, setsTimes = false, setsOwner = false, size, name } = change(exchanged) ?? {}
  return [mode !== undefined, setsTimes, setsOwner, size !== undefined, name !== undefined].filter(Boolean).length
}

/** Both did all of it, one after the other, and what came later has undone some of what came before. */
function endsDifferently(exchanged: Exchanged): boolean {
  const { fid, mode, givesMtime, setsOwner, size } = change(exchanged) ?? { fid: NOFID }
  if (fid === NOFID || !bothSucceed(exchanged)) return false
  if (size !== undefined && givesMtime === true) return true
  const isRealFile = !isMapped(exchanged) && hostTypeOf(objectOf(exchanged, fid)) === S_IFREG
  return isRealFile && setsOwner === true && ((mode ?? 0) & (S_ISUID | S_ISGID)) !== 0
}

/** A chmod that would make another kind of object of it, or none. */
function changesType(exchanged: Exchanged): boolean {
  const { fid, mode } = change(exchanged) ?? { fid: NOFID }
  if (mode === undefined || !isMapped(exchanged) || sentAs(exchanged, 'Tsetattr') === undefined) return false
  return (mode & ~0o7777) !== typeOf(objectOf(exchanged, fid))
}

const nodeType = (exchanged: Exchanged): number => {
  const { kind, type = S_IFREG } = creation(exchanged) ?? {}
  return kind === 'node' ? type : S_IFREG
}

const makesNoNode = (exchanged: Exchanged): boolean =>
  isMapped(exchanged) && ![S_IFREG, ...SPECIAL_NODES].includes(nodeType(exchanged))

const isOddMode = (mode: number): boolean => (mode & S_IFMT) === 0 || mode > 0xffff

const SPECIAL_NODES = [0o020000, 0o060000, 0o010000, 0o140000]

export const ofAttributes: readonly Difference[] = [
  {
    title: 'Tsetattr stores a mode’s type bits, or their absence, as they are sent',
    because: '§8 row 13',
    models: ['mapped-xattr', 'mapped-file'],
    happensUnseen: (exchanged) => changesType(exchanged) && bothSucceed(exchanged),
    diverges: always,
  },
  {
    title: 'attributes are set in the order mode, times, owner, size: a truncation moves the time set before',
    because: '§8 row 28, and docs/protocol.md',
    happensUnseen: endsDifferently,
    diverges: always,
  },
  {
    title: 'what was done before a step was refused is left done',
    because: '§8 row 28',
    // Which step is refused first depends on the order.
    explains: ({ fact }, exchanged) => fact === 'outcome' && bothRefuse(exchanged) && isSeveralSteps(exchanged),
    happensUnseen: (exchanged) => bothRefuse(exchanged) && isSeveralSteps(exchanged),
    diverges: always,
  },
  {
    title: 'a negative length is refused after all else was done or refused',
    because: '§8 row 28',
    explains: ({ fact, ours }, exchanged) => {
      const { size = 0 } = change(exchanged) ?? {}
      return fact === 'outcome' && ours === 'EINVAL' && size >= 2 ** 63
    },
    diverges: always,
  },
  {
    title: 'chmod of a symlink, or in a mapped model of what a host process made: EOPNOTSUPP of ours alone',
    because: '§8 rows 15 and 34',
    models: ['mapped-xattr', 'passthrough', 'none'],
    explains: ({ fact, qemu, ours }, exchanged) => {
      const wanted = change(exchanged)
      const object = wanted && objectOf(exchanged, wanted.fid)
      const isRefused = fact === 'outcome' && (qemu === 'ELOOP' || qemu === 'EPERM') && ours === 'EOPNOTSUPP'
      return isRefused && (isHostSymlink(object) || (isMapped(exchanged) && isSpecialOnHost(object)))
    },
    diverges: never,
  },
  {
    title: 'Tmknod in a mapped model makes what mknod(2) does not: a directory, a symlink, what has no type',
    because: '§8 row 13, and docs/protocol.md',
    models: ['mapped-xattr', 'mapped-file'],
    explains: ({ fact, qemu, ours }, exchanged) => {
      const refusal = nodeType(exchanged) === S_IFDIR ? 'EPERM' : 'EINVAL'
      return fact === 'outcome' && qemu === 'Rmknod' && ours === refusal && makesNoNode(exchanged)
    },
    happensUnseen: (exchanged) => makesNoNode(exchanged) && bothSucceed(exchanged),
    diverges: always,
  },
  {
    title: 'a stored mode is told as it is, without a type or with bits above it',
    because: '§8 row 13',
    models: ['mapped-xattr'],
    explains: ({ fact, qemu }, exchanged) => {
      const sent = sentAs(exchanged, 'Tgetattr')
      const object = sent && objectOf(exchanged, sent.body.fid)
      return fact === 'mode' && object?.isStored === true && qemu === object.mode && isOddMode(object.mode)
    },
    diverges: never,
  },
  {
    title: 'stored values that are too short are filled up with what lay in memory',
    because: '§8 row 12',
    models: ['mapped-xattr'],
    explains: ({ fact }, exchanged) => {
      const sent = sentAs(exchanged, 'Tgetattr')
      return exchanged.model === 'mapped-xattr' && sent !== undefined && exchanged.scene.cut.has(fact)
    },
    diverges: never,
  },
  {
    title: 'QEMU 7.2 cannot make or chmod a device, fifo or socket of the host',
    because: '§8 row 37',
    models: ['passthrough', 'none'],
    explains: ({ fact, qemu }, exchanged) => {
      if (fact !== 'outcome' || qemu !== 'ENXIO' || isMapped(exchanged)) return false
      const wanted = change(exchanged)
      if (wanted !== undefined) return isSpecialOnHost(objectOf(exchanged, wanted.fid))
      return SPECIAL_NODES.includes(nodeType(exchanged))
    },
    diverges: always,
  },
]

const isSeveralSteps = (exchanged: Exchanged): boolean => steps(exchanged) > 1
