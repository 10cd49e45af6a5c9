// What is kept of an entry to tell whether a guest sees it as before: nine words of 32 bits, for a tree may have millions.

import type { Fingerprint } from './fingerprint.js'
import { isDevice, permissionsOf, typeOf } from './mode.js'
import { S_IFLNK } from '../sys/constants.js'

/** The words of a record, by what is in them. `body` is a device's number, a symlink's target or a file's content. */
export const Word = {
  pathLow: 0,
  pathHigh: 1,
  mode: 2,
  owner: 3,
  body: 4,
  size: 5,
  links: 6,
  mtime: 7,
  attributes: 8,
} as const
export const RECORD_WORDS = 9
export const RECORD_BYTES = RECORD_WORDS * Uint32Array.BYTES_PER_ELEMENT

/** Besides the st_mode, which has 16 bits, a mode's word says how the entry is to be looked at. */
export const Flag = {
  /** It was in the target's form, with the target's ids, before anything was changed. */
  isLeft: 1 << 16,
  /** It was decided to leave it as it is. */
  isRefused: 1 << 17,
  /** It has several names, which cannot all keep their own owner and mode, or their number: the plan has said so. */
  losesLinks: 1 << 18,
} as const

const MODE_MASK = 0xffff

/** A path's fingerprint; the root's path is '.'. */
export function fingerprintPath(path: string, fingerprint: Fingerprint): Fingerprint {
  return fingerprint.begin().text(path)
}

/** In what two records of one entry differ, in words; undefined where they do not. */
export function differenceIn(before: Uint32Array, after: Uint32Array): string | undefined {
  const [modeBefore, modeAfter] = [before[Word.mode]!, after[Word.mode]! & MODE_MASK]
  const losesLinks = (modeBefore & Flag.losesLinks) !== 0
  const differs = (word: number): boolean => before[word] !== after[word]
  const isOtherType = typeOf(modeBefore) !== typeOf(modeAfter)
  const found = [
    !losesLinks && isOtherType && 'type',
    !losesLinks && permissionsOf(modeBefore) !== permissionsOf(modeAfter) && 'permissions',
    !losesLinks && differs(Word.owner) && 'owner',
    !losesLinks && !isOtherType && differs(Word.body) && bodyOf(modeAfter),
    differs(Word.size) && 'size',
    !losesLinks && differs(Word.links) && 'number of links',
    differs(Word.mtime) && 'time of modification',
    differs(Word.attributes) && 'attributes',
  ].filter((each) => each !== false)
  return found.length === 0 ? undefined : found.join(', ')
}

function bodyOf(mode: number): string {
  if (isDevice(mode)) return 'device number'
  return typeOf(mode) === S_IFLNK ? 'target' : 'content'
}
