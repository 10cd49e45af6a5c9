// Attributes: what is set in which order, and of what kinds of object.

import { S_IFDIR, S_IFMT, S_IFREG, S_ISGID, S_ISUID } from '../../../src/sys/constants.js'
import * as wire from '../../../src/wire/constants.js'
import type { Difference, Exchanged } from '../difference.js'
import {
  always,
  bothRefuse,
  bothSucceed,
  hostTypeOf,
  isHostSymlink,
  isMapped,
  isSpecialOnHost,
  never,
  objectOf,
  sentAs,
  typeOf,
} from './conditions.js'

const OWNER = wire.SETATTR_UID | wire.SETATTR_GID
const TIMES = wire.SETATTR_ATIME | wire.SETATTR_MTIME

/** How many of the steps that QEMU takes one after the other a Tsetattr asks for. */
const steps = (valid: number): number =>
  [wire.SETATTR_MODE, TIMES, OWNER, wire.SETATTR_SIZE].filter((step) => (valid & step) !== 0).length

const setattr = (exchanged: Exchanged) => sentAs(exchanged, 'Tsetattr')?.body

/** Both did all of it, one after the other, and what came later has undone some of what came before. */
function endsDifferently(exchanged: Exchanged): boolean {
  const body = setattr(exchanged)
  if (body === undefined || !bothSucceed(exchanged)) return false
  const has = (bits: number): boolean => (body.valid & bits) !== 0
  if (has(wire.SETATTR_SIZE) && has(wire.SETATTR_MTIME) && has(wire.SETATTR_MTIME_SET)) return true
  const isRealFile = !isMapped(exchanged) && hostTypeOf(objectOf(exchanged, body.fid)) === S_IFREG
  return isRealFile && has(wire.SETATTR_MODE) && has(OWNER) && (body.mode & (S_ISUID | S_ISGID)) !== 0
}

/** A chmod that would make another kind of object of it, or none. */
function changesType(exchanged: Exchanged): boolean {
  const body = setattr(exchanged)
  if (body === undefined || (body.valid & wire.SETATTR_MODE) === 0 || !isMapped(exchanged)) return false
  return (body.mode & ~0o7777) !== typeOf(objectOf(exchanged, body.fid))
}

const nodeType = (exchanged: Exchanged): number => (sentAs(exchanged, 'Tmknod')?.body.mode ?? S_IFREG) & S_IFMT

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
    title: 'Tsetattr does mode, times, owner, size in this order: a truncation moves the time set before',
    because: '§8 row 28, and docs/protocol.md',
    happensUnseen: endsDifferently,
    diverges: always,
  },
  {
    title: 'Tsetattr leaves done what it did before a step was refused',
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
      const { valid = 0, size = 0 } = setattr(exchanged) ?? {}
      return fact === 'outcome' && ours === 'EINVAL' && (valid & wire.SETATTR_SIZE) !== 0 && size >= 2 ** 63
    },
    diverges: always,
  },
  {
    title: 'chmod of a symlink, or in a mapped model of what a host process made: EOPNOTSUPP of ours alone',
    because: '§8 rows 15 and 34',
    models: ['mapped-xattr', 'passthrough', 'none'],
    explains: ({ fact, qemu, ours }, exchanged) => {
      const body = setattr(exchanged)
      const object = body && objectOf(exchanged, body.fid)
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
      const body = setattr(exchanged)
      if (body !== undefined) return isSpecialOnHost(objectOf(exchanged, body.fid))
      const made = sentAs(exchanged, 'Tmknod')?.body
      return made !== undefined && SPECIAL_NODES.includes(made.mode & S_IFMT)
    },
    diverges: always,
  },
]

const isSeveralSteps = (exchanged: Exchanged): boolean => steps(setattr(exchanged)?.valid ?? 0) > 1
