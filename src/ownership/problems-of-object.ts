// What does not fit between an object's body on the host and what the guest is told it is (both mapped models).

import { NO_ID } from '../ids.js'
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../sys/constants.js'
import type { Ownership } from './ownership.js'
import type { Evidence, Problem } from './problems.js'
import type { StoredForm } from './store.js'

const WORD_OF: Readonly<Record<number, string>> = {
  [S_IFREG]: 'a regular file',
  [S_IFDIR]: 'a directory',
  [S_IFLNK]: 'a symlink',
  [S_IFCHR]: 'a character device',
  [S_IFBLK]: 'a block device',
  [S_IFIFO]: 'a fifo',
  [S_IFSOCK]: 'a socket',
}
const wordOf = (type: number): string => WORD_OF[type] ?? 'something unknown'

/** PATH_MAX counts the terminator, so a longer target cannot be followed. */
const TARGET_MAX = 4095

export function objectProblems(evidence: Evidence, ownership: Ownership, form: StoredForm): Problem[] {
  const { uid, gid, mode } = ownership
  const modeProblem = mode === undefined ? undefined : brokenMode(mode, form)
  return [
    ...bodyProblems(evidence.host.mode & S_IFMT, form),
    ...(uid === NO_ID ? [minusOne('uid')] : []),
    ...(gid === NO_ID ? [minusOne('gid')] : []),
    ...(modeProblem ? [modeProblem] : []),
    ...(mode === undefined || modeProblem ? [] : typeProblems(mode & S_IFMT, evidence, ownership)),
  ]
}

const minusOne = (key: string): Problem => ({
  code: 'id-minus-one',
  sentence: `the stored ${key} is -1, which means "none" wherever it is set; the guest sees 4294967295`,
})

function bodyProblems(hostType: number, form: StoredForm): Problem[] {
  if (hostType === S_IFREG || hostType === S_IFDIR) return []
  const kept = form === 'xattr' ? ': it can keep no ownership but its own' : ''
  return hostType === S_IFLNK
    ? [{ code: 'host-symlink', sentence: `it is a real symlink on the host${kept}` }]
    : [{ code: 'host-special', sentence: `it is ${wordOf(hostType)} on the host${kept}, and is never opened` }]
}

const swap32 = (value: number): number =>
  ((value >>> 24) | ((value >>> 8) & 0xff00) | ((value & 0xff00) << 8) | (value << 24)) >>> 0

const isPlausible = (mode: number): boolean => mode <= 0xffff && (mode & S_IFMT) in WORD_OF

/** True for an attribute's mode as QEMU before 2.1 wrote it on big-endian hosts. */
export const isByteReversed = (mode: number): boolean => mode > 0xffff && isPlausible(swap32(mode))

/** A mode of which no type can be believed. */
function brokenMode(mode: number, form: StoredForm): Problem | undefined {
  const octal = `0${mode.toString(8)}`
  if (mode > 0xffff) {
    return form === 'xattr' && isByteReversed(mode)
      ? {
          code: 'big-endian-mode',
          sentence: `the stored mode has its bytes reversed, as QEMU before 2.1 wrote it on big-endian hosts (0${swap32(mode).toString(8)})`,
        }
      : { code: 'mode-beyond-16-bits', sentence: `the stored mode ${octal} has bits that no mode has` }
  }
  if ((mode & S_IFMT) === 0) {
    return {
      code: 'mode-without-type',
      sentence: `the stored mode ${octal} has no file type: a Linux guest cannot use the object`,
    }
  }
  return (mode & S_IFMT) in WORD_OF
    ? undefined
    : { code: 'mode-of-unknown-type', sentence: `the stored mode ${octal} has a file type that does not exist` }
}

/** A regular file may be anything but a directory for the guest; everything else only what it is. */
const mayEmbody = (hostType: number, guestType: number): boolean =>
  hostType === S_IFREG ? guestType !== S_IFDIR : hostType === guestType

function typeProblems(guestType: number, evidence: Evidence, { rdev }: Ownership): Problem[] {
  const { host } = evidence
  const hostType = host.mode & S_IFMT
  if (!mayEmbody(hostType, guestType)) {
    return [
      {
        code: 'type-mismatch',
        sentence: `it is ${wordOf(guestType)} for the guest and ${wordOf(hostType)} on the host`,
      },
    ]
  }
  if (hostType !== S_IFREG || guestType === S_IFREG) return []
  if (guestType === S_IFLNK) return symlinkProblems(host.size, evidence.content)
  const problems: Problem[] = []
  if ((guestType === S_IFCHR || guestType === S_IFBLK) && rdev === undefined) {
    problems.push({
      code: 'device-without-number',
      sentence: `it is ${wordOf(guestType)} without a stored device number: the guest sees 0:0`,
    })
  }
  if (host.size > 0) {
    problems.push({
      code: 'special-with-content',
      sentence: `it is ${wordOf(guestType)} for the guest and has ${host.size} bytes of content`,
    })
  }
  return problems
}

function symlinkProblems(size: number, content: Buffer | undefined): Problem[] {
  const problems: Problem[] = []
  if (size === 0) problems.push({ code: 'symlink-empty', sentence: 'its symlink target is empty' })
  if (size > TARGET_MAX) {
    problems.push({
      code: 'symlink-too-long',
      sentence: `its symlink target has ${size} bytes, and none over ${TARGET_MAX} can be followed`,
    })
  }
  if (content?.includes(0))
    problems.push({ code: 'symlink-with-nul', sentence: 'its symlink target contains a NUL byte' })
  if (content?.includes(0x0a)) {
    problems.push({ code: 'symlink-with-newline', sentence: 'its symlink target contains a newline' })
  }
  return problems
}
