// How things stand before a request is sent, for those who judge afterwards whether two replies may differ.

import { S_IFLNK, S_IFMT } from '../../src/sys/constants.js'
import { NOFID } from '../../src/wire/constants.js'
import { attributesIn } from './host-tree.js'
import { type FidBook, type KnownFid, parentOf, type Trees } from './fid-book.js'
import type { Sent } from './messages.js'
import { statIn } from './paths.js'
import { creationOf } from './wanted.js'

/** A name in QEMU's tree. */
export interface Place {
  readonly path: string
  readonly exists: boolean
  /** st_mode on the host; 0 where there is nothing. */
  readonly hostMode: number
  /** st_mode as the guest sees it; 0 where there is nothing. */
  readonly mode: number
  /** True where a model that stores modes has one stored. */
  readonly isStored: boolean
  /** True where mapped-file has a record, be it of what was there before. */
  readonly hasRecord: boolean
  /** True where mapped-file has records beside it. */
  readonly hasRecordsBeside: boolean
}

export interface Scene {
  /** False before both sides have agreed on a version. */
  readonly isAgreed: boolean
  readonly msize: number
  /** The fids that the request speaks of, those that are known. */
  readonly fids: ReadonlyMap<number, KnownFid>
  /** Those whose name is gone or means another object (reference §8 rows 1 to 3). */
  readonly lost: ReadonlySet<number>
  /** What the fid's path means, for the same fids. */
  readonly objects: ReadonlyMap<number, Place>
  /** True when there are more fids at or below the path of the first one. */
  readonly hasOthersBelow: boolean
  /** Members that are stored in too few bytes for the first fid's object, in mapped-xattr. */
  readonly cut: ReadonlySet<string>
  /** What the names in the request mean, in their order: one, or two of a Trenameat. */
  readonly named: readonly (Place | undefined)[]
}

/** Looks at what `sent` speaks of. */
export function sceneOf(sent: Sent, book: FidBook, { qemu }: Trees): Scene {
  const numbers = fidsOf(sent)
  const known = numbers.flatMap((number) => {
    const fid = book.get(number)
    return fid === undefined ? [] : [[number, fid] as const]
  })
  const place = (path: string): Place => placeAt(path, qemu.root, book)
  return {
    isAgreed: book.isAgreed,
    msize: book.msize,
    fids: new Map(known),
    lost: new Set(numbers.filter((number) => book.isLost(number))),
    objects: new Map(known.map(([number, fid]) => [number, place(fid.path)])),
    hasOthersBelow: numbers.length > 0 && book.isShared(numbers[0]!),
    cut: cutMembers(qemu.root, book.get(numbers[0] ?? NOFID)?.path),
    named: namesOf(sent, book).map((path) => (path === undefined ? undefined : place(path))),
  }
}

function placeAt(path: string, root: string, book: FidBook): Place {
  const hostMode = Number(statIn(root, path)?.mode ?? 0n)
  const stored = hostMode === 0 || (hostMode & S_IFMT) === S_IFLNK ? undefined : book.storedMode(path)
  return {
    path,
    exists: hostMode !== 0,
    hostMode,
    mode: stored ?? hostMode,
    isStored: stored !== undefined,
    hasRecord: book.hasRecord(path),
    hasRecordsBeside: book.keepsRecords(parentOf(path)),
  }
}

const WIDTHS = { uid: 4, gid: 4, mode: 4, rdev: 8 }

function cutMembers(root: string, path: string | undefined): ReadonlySet<string> {
  const stored = path === undefined ? [] : Object.entries(attributesIn(root, path))
  return new Set(
    stored.flatMap(([name, value]) => {
      const key = name.replace(/^user\.virtfs\./, '') as keyof typeof WIDTHS
      return value.length > 0 && value.length < (WIDTHS[key] ?? 0) ? [key] : []
    }),
  )
}

/** The fids whose objects a request acts on. */
function fidsOf(sent: Sent): number[] {
  const members: Readonly<Record<string, unknown>> = { ...sent.body }
  const named = ['fid', 'dfid', 'dirfid', 'olddirfid', 'newdirfid'].map((key) => members[key])
  // In 9P2000.u the fid that is linked stands in a string.
  if (sent.message === 'Tcreate') named.push(creationOf(sent)?.source)
  return named.filter((member) => typeof member === 'number')
}

/** The paths of the names that a request looks up; undefined where the directory's fid is unknown. */
function namesOf(sent: Sent, book: FidBook): (string | undefined)[] {
  switch (sent.message) {
    case 'Trename':
      return [book.renamed(sent.body)]
    case 'Twstat':
      return sent.body.stat.name === '' ? [] : [book.renamedBeside(sent.body)]
    case 'Tunlinkat':
      return [book.childOf(sent.body.dirfid, sent.body.name)]
    case 'Trenameat':
      return Object.values(book.renamedAt(sent.body))
    default: {
      const creation = creationOf(sent)
      return creation === undefined ? [] : [book.childOf(creation.directory, creation.name)]
    }
  }
}
