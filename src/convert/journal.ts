// What a conversion writes down before it changes anything: that it is under way and what it is, and what cannot be told
// from the tree any more once it has begun. It is on the disk, in the tree's root, before the first change.
//
// A guest may have made such a file. Nothing in it is believed that a guest could not claim anyway: owners and modes come
// from the objects, the gates apply to a run that goes on as to any other, and times are times.
//
// Lines of text. The first is a JSON object; then a line for each thing to be remembered; the last one is `end` and their
// number: a journal without it was never finished, and nothing has been changed yet.
//
//   d INODE ATIME NSEC MTIME NSEC   a directory and its times
//   s INODE ATIME NSEC MTIME NSEC   the same of a symlink of the host, which cannot be read without changing them
//   l INODE                         what no run is to touch
//   b INODE UID GID MODE            a file or directory whose looks on the host are not the usual ones

import { ErrnoError, isErrno } from '../errors.js'
import { bytesOf, type Name, nameFromText } from '../name.js'
import { type SecurityModel, securityModels } from '../ownership/security-models.js'
import { CONVERT_JOURNAL } from '../ownership/unfinished.js'
import { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } from '../sys/constants.js'
import { renameat2, unlinkat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { fsync, pread, pwrite } from '../sys/io.js'
import { openat, openPath, reopen } from '../sys/open.js'
import { statx } from '../sys/stat.js'
import type { HostStatTimes } from './bodies.js'
import type { IdRanges } from './request.js'
import type { Bodies } from './settings.js'

const JOURNAL = CONVERT_JOURNAL
const UNFINISHED_JOURNAL: Name = nameFromText('journal.new')

/** The version of the format. */
const VERSION = 1

/** What a conversion is. Two runs that have the same are runs of the same conversion. */
export interface Identity {
  readonly from: SecurityModel
  readonly to: SecurityModel
  readonly ids: IdRanges
  readonly bodies: Bodies
  /** The tree that is copied, as a real path (Latin-1); undefined in place. */
  readonly source: string | undefined
}

export interface JournalHeader extends Identity {
  /** It is being put back: from and to are those of the way back. */
  readonly isAbort: boolean
  /** How the source's files looked on the host, mostly: for the way back. */
  readonly looks: Bodies
}

/** An object's looks on the host. */
export interface Look {
  readonly ino: bigint
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

export interface ObjectTimes extends HostStatTimes {
  readonly ino: bigint
}

/** What is written down. */
export interface JournalEntries {
  readonly header: JournalHeader
  readonly directories: Iterable<ObjectTimes>
  readonly symlinks: Iterable<ObjectTimes>
  readonly left: readonly bigint[]
  readonly looks: readonly Look[]
}

/** The same, read again. */
export interface Journal extends JournalEntries {
  readonly symlinks: readonly ObjectTimes[]
}

/** Text is collected to pieces of this size before it is written. */
const PIECE = 1 << 20

/** Writes a journal, in the place of one that may be there. Afterwards it is on the disk. */
export function writeJournal(directory: Fd, { header, directories, symlinks, left, looks }: JournalEntries): void {
  dropIfThere(directory, UNFINISHED_JOURNAL)
  using file = openat(directory, UNFINISHED_JOURNAL, O_RDWR | O_CREAT | O_EXCL, 0o600)
  const writer = new LineWriter(file)
  writer.write(JSON.stringify({ virtfs: VERSION, ...header }))
  for (const times of directories) writer.write(`d ${timesText(times)}`)
  for (const times of symlinks) writer.write(`s ${timesText(times)}`)
  for (const ino of left) writer.write(`l ${ino}`)
  for (const { ino, uid, gid, mode } of looks) writer.write(`b ${ino} ${uid} ${gid} ${mode}`)
  writer.write(`end ${writer.lines}`)
  writer.flush()
  fsync(file)
  renameat2(directory, UNFINISHED_JOURNAL, directory, JOURNAL)
  fsync(directory)
}

/** Reads the journal; undefined where there is none, or none that was finished. */
export function readJournal(directory: Fd): Journal | undefined {
  using handle = openPath(directory, JOURNAL)
  if (handle === undefined) return undefined
  using file = reopen(handle, O_RDONLY)
  const [first = '', ...lines] = contentOf(file).toString('latin1').split('\n')
  const end = lines.findLastIndex((line) => line.startsWith('end '))
  if (end === -1 || Number(lines[end]!.slice(4)) !== end + 1) return undefined
  const header = parseHeader(first)
  const numbersOf = (kind: string): string[][] =>
    lines
      .slice(0, end)
      .filter((line) => line.startsWith(`${kind} `))
      .map((line) => line.split(' ').slice(1))
  return {
    header,
    directories: numbersOf('d').map(timesOf),
    symlinks: numbersOf('s').map(timesOf),
    left: numbersOf('l').map(([ino]) => BigInt(ino!)),
    looks: numbersOf('b').map(([ino, uid, gid, mode]) => ({
      ...{ ino: BigInt(ino!), uid: Number(uid), gid: Number(gid), mode: Number(mode) },
    })),
  }
}

const timesText = ({ ino, atimeSec, atimeNsec, mtimeSec, mtimeNsec }: ObjectTimes): string =>
  `${ino} ${atimeSec} ${atimeNsec} ${mtimeSec} ${mtimeNsec}`

const timesOf = ([ino, atimeSec, atimeNsec, mtimeSec, mtimeNsec]: string[]): ObjectTimes => ({
  ...{ ino: BigInt(ino!), atimeSec: Number(atimeSec), atimeNsec: Number(atimeNsec) },
  ...{ mtimeSec: Number(mtimeSec), mtimeNsec: Number(mtimeNsec) },
})

/** Refuses what is none of ours (EPROTO): nothing is known then of what was begun. */
function parseHeader(line: string): JournalHeader {
  const refuse = (): never => {
    throw new ErrnoError('EPROTO', { op: 'read the journal of an interrupted conversion' })
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    return refuse()
  }
  if (!isObject(parsed) || parsed['virtfs'] !== VERSION || !isHeader(parsed)) return refuse()
  return parsed
}

/** True for what says what a conversion is, whoever wrote it. */
export function isHeader(value: unknown): value is JournalHeader {
  if (!isObject(value)) return false
  const { from, to, ids, bodies, looks, source, isAbort } = value
  const isSource = source === undefined || typeof source === 'string'
  return (
    isModel(from) &&
    isModel(to) &&
    isIdRanges(ids) &&
    isBodies(bodies) &&
    isBodies(looks) &&
    isSource &&
    typeof isAbort === 'boolean'
  )
}

const isModel = (value: unknown): value is SecurityModel => securityModels.some((model) => model === value)
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isNumber = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isBodies = (value: unknown): value is Bodies =>
  isObject(value) && ['uid', 'gid', 'fmode', 'dmode'].every((key) => value[key] === undefined || isNumber(value[key]))
const isIdRanges = (value: unknown): value is IdRanges =>
  isObject(value) && ['uids', 'gids'].every((key) => Array.isArray(value[key]) && value[key].every(isIdRange))
const isIdRange = (value: unknown): boolean =>
  isObject(value) && ['guest', 'host', 'count'].every((key) => isNumber(value[key]))

/** Removes the journal, and one that was never finished. */
export function dropJournal(directory: Fd): void {
  dropIfThere(directory, UNFINISHED_JOURNAL)
  dropIfThere(directory, JOURNAL)
}

export function dropIfThere(directory: Fd, name: Name): void {
  try {
    unlinkat(directory, name)
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT')) throw cause
  }
}

class LineWriter {
  lines = 0
  private pieces: string[] = []
  private length = 0
  private position = 0

  constructor(private readonly file: Fd) {}

  write(line: string): void {
    this.lines += 1
    this.pieces.push(line)
    this.length += line.length + 1
    if (this.length >= PIECE) this.flush()
  }

  flush(): void {
    const bytes = bytesOf(this.pieces.map((line) => `${line}\n`).join(''))
    for (let done = 0; done < bytes.length;) {
      const written = pwrite(this.file, bytes.subarray(done), this.position)
      if (written === 0) throw new ErrnoError('EIO', { op: 'write the journal' })
      done += written
      this.position += written
    }
    this.pieces = []
    this.length = 0
  }
}

function contentOf(file: Fd): Buffer {
  const bytes = Buffer.allocUnsafe(statx(file).size)
  let length = 0
  while (length < bytes.length) {
    const read = pread(file, bytes.subarray(length), length)
    if (read === 0) break
    length += read
  }
  return bytes.subarray(0, length)
}
