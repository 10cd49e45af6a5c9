// How a tree is marked as under conversion: an attribute of its root, set before everything else and removed after everything
// else, and a directory in the root. The attribute has the root's own times, which the directory's coming and going changes.
// A file system without user attributes has the directory alone: there, a run that is killed in its very last step leaves
// the root's time of modification as it is then.

import { isErrno } from '../errors.js'
import { type Name, nameFromText } from '../name.js'
import { CONVERT_ATTRIBUTE, CONVERT_DIRECTORY } from '../ownership/unfinished.js'
import { AT_REMOVEDIR, O_CREAT, O_EXCL, O_RDWR } from '../sys/constants.js'
import { mkdirat, unlinkat } from '../sys/directory.js'
import { Fd } from '../sys/fd.js'
import { openat, openDirectory } from '../sys/open.js'
import { syncfs } from '../sys/io.js'
import { statx, statxAt } from '../sys/stat.js'
import { getxattr, removexattr, setxattr } from '../sys/xattr.js'
import { dropAcls } from './acls.js'
import { type HostStatTimes, setTimes } from './bodies.js'
import { dropIfThere, dropJournal, isHeader, type JournalHeader } from './journal.js'
import { emptyStaging } from './staging.js'

/** Where new objects are made. */
const STAGING: Name = nameFromText('new')
/** Where those are that have several names, until the last of these is done. */
const LINKS: Name = nameFromText('links')
/** There once everything that was stored in part is stored whole. */
const COMPLETED: Name = nameFromText('completed')

/** How the guest saw the tree before. */
export const VIEW: Name = nameFromText('view')

/** The directories of a conversion under way. */
export interface Workshop extends Disposable {
  readonly directory: Fd
  readonly staging: Fd
  readonly links: Fd
}

interface Mark {
  readonly virtfs: 1
  readonly times: HostStatTimes
  /** What is under way; absent where that is too long for an attribute. */
  readonly header?: JournalHeader | undefined
}

const markOf = (root: Fd): Buffer | undefined => unlessUnsupported(() => getxattr(root, CONVERT_ATTRIBUTE))

/** What the mark says; undefined where there is none, or a guest's that says nothing. */
function readMark(root: Fd): Mark | undefined {
  const value = markOf(root)
  if (value === undefined) return undefined
  try {
    const { times, header } = (JSON.parse(value.toString('latin1')) ?? {}) as Partial<Mark>
    const numbers = [times?.atimeSec, times?.atimeNsec, times?.mtimeSec, times?.mtimeNsec]
    if (times === undefined || !numbers.every(Number.isSafeInteger)) return undefined
    return { virtfs: 1, times, header: isHeader(header) ? header : undefined }
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

/** Attributes of an inode share a block of 4 KiB on ext4. */
const MARK_MAX = 2048

function writeMark(root: Fd, times: HostStatTimes, header: JournalHeader): void {
  const bytesOfMark = (mark: Mark): Buffer => Buffer.from(JSON.stringify(mark), 'latin1')
  const whole = bytesOfMark({ virtfs: 1, times, header })
  unlessUnsupported(() =>
    setxattr(root, CONVERT_ATTRIBUTE, whole.length <= MARK_MAX ? whole : bytesOfMark({ virtfs: 1, times })),
  )
}

function unlessUnsupported<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (cause) {
    if (isErrno(cause, 'EOPNOTSUPP')) return undefined
    throw cause
  }
}

/** The times that the root had before a conversion began, which may be an interrupted one. */
export const rootTimes = (root: Fd): HostStatTimes => readMark(root)?.times ?? timesOf(root)

function timesOf(root: Fd): HostStatTimes {
  const { atimeSec, atimeNsec, mtimeSec, mtimeNsec } = statx(root)
  return { atimeSec, atimeNsec, mtimeSec, mtimeNsec }
}

/** True for a root that has the attribute, whatever its value: what is refused for it can be put in order. */
export const isMarked = (root: Fd): boolean => markOf(root) !== undefined

/** What a run that was interrupted in its first or its last steps was; undefined where the root does not say. */
export const markedHeader = (root: Fd): JournalHeader | undefined => readMark(root)?.header

/** Opens what an interrupted run has left; undefined where there is nothing. */
export function findWorkshop(root: Fd): Workshop | undefined {
  return unlessMissing(() => openWorkshop(root))
}

/** Marks the tree, and makes the directories or opens those that are there. */
export function beginWorkshop(root: Fd, times: HostStatTimes, header: JournalHeader): Workshop {
  writeMark(root, times, header)
  makeIfMissing(root, CONVERT_DIRECTORY)
  using directory = openDirectory(root, CONVERT_DIRECTORY)
  dropAcls(directory)
  makeIfMissing(directory, STAGING)
  makeIfMissing(directory, LINKS)
  return openWorkshop(root)
}

/** Removes everything that marks the tree, and gives its root its times back. */
export function endWorkshop(root: Fd, times: HostStatTimes): void {
  // Once nothing says any more that it is under way, a loss of power is not to undo a part of it.
  syncfs(root)
  removeWorkshop(root)
  setTimes(root, times)
  unmark(root)
}

function removeWorkshop(root: Fd): void {
  using directory = unlessMissing(() => openDirectory(root, CONVERT_DIRECTORY))
  if (directory === undefined) return
  for (const name of [STAGING, LINKS]) {
    using inside = unlessMissing(() => openDirectory(directory, name))
    if (inside === undefined) continue
    emptyStaging(inside)
    unlinkat(directory, name, AT_REMOVEDIR)
  }
  dropIfThere(directory, COMPLETED)
  dropIfThere(directory, VIEW)
  dropJournal(directory)
  unlinkat(root, CONVERT_DIRECTORY, AT_REMOVEDIR)
}

/** True once everything that was stored in part is stored whole. */
export const isCompleted = ({ directory }: Workshop): boolean => statxAt(directory, COMPLETED) !== undefined

export function markCompleted(workshop: Workshop): void {
  if (!isCompleted(workshop)) openat(workshop.directory, COMPLETED, O_RDWR | O_CREAT | O_EXCL, 0o600).close()
}

function openWorkshop(root: Fd): Workshop {
  const opened: Fd[] = []
  const open = (from: Fd, name: Name): Fd => {
    const directory = openDirectory(from, name)
    opened.push(directory)
    return directory
  }
  const close = (): void => opened.forEach((directory) => directory.close())
  try {
    const directory = open(root, CONVERT_DIRECTORY)
    return {
      ...{ directory, staging: open(directory, STAGING), links: open(directory, LINKS) },
      [Symbol.dispose]: close,
    }
  } catch (cause) {
    close()
    throw cause
  }
}

function makeIfMissing(directory: Fd, name: Name): void {
  try {
    mkdirat(directory, name, PRIVATE)
  } catch (cause) {
    if (!isErrno(cause, 'EEXIST')) throw cause
  }
}

const PRIVATE = 0o700

function unlessMissing<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return undefined
    throw cause
  }
}

function unmark(root: Fd): void {
  try {
    unlessUnsupported(() => removexattr(root, CONVERT_ATTRIBUTE))
  } catch (cause) {
    if (!isErrno(cause, 'ENODATA')) throw cause
  }
}
