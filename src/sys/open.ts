// Opening: one checked name below an open directory, never through a symlink, never a device or fifo for I/O.

import { ErrnoError } from '../errors.js'
import type { Name } from '../name.js'
import { call, checked, cString, scratch } from './call.js'
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from './constants.js'
import { Fd } from './fd.js'
import { statx } from './stat.js'

const ALWAYS = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY

/**
 * Opens `name` in `dir` (openat(2)), always with O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, and O_NONBLOCK unless O_PATH.
 * Without O_PATH, O_DIRECTORY or O_CREAT | O_EXCL the name may turn out to be a device, whose mere opening can act on
 * hardware (CVE-2023-2861): such a call is refused as a defect; take `openPath` and `reopen` instead.
 */
export function openat(dir: Fd, name: Name, flags: number, mode = 0): Fd {
  const isHarmless = (flags & (O_PATH | O_DIRECTORY)) !== 0 || (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL)
  if (!isHarmless) throw new TypeError('Cannot open a name for I/O before its type is known')
  const isPathOnly = (flags & O_PATH) !== 0
  const all = flags | ALWAYS | (isPathOnly ? 0 : O_NONBLOCK)
  const result = call('openat', dir.number, cString(name), all, mode)
  return new Fd(checked(result, { op: 'open', name }), isPathOnly)
}

/** Opens a handle (O_PATH) of whatever `name` is, a symlink included; undefined where there is nothing. */
export function openPath(dir: Fd, name: Name): Fd | undefined {
  const result = call('openat', dir.number, cString(name), O_PATH | ALWAYS)
  if (result === -2) return undefined
  return new Fd(checked(result, { op: 'open', name }), true)
}

/** Opens without leaving a trace in the time of access, where the host allows that: to owners only. */
function openUnnoticed(dir: number, path: string, flags: number): number {
  const result = call('openat', dir, cString(path), flags | O_NOATIME)
  return result === -1 ? call('openat', dir, cString(path), flags & ~O_NOATIME) : result
}

/**
 * Opens the directory `name` to look into it, its time of access staying where the host lets it; ENOTDIR or ELOOP for
 * anything else, before the object is touched.
 */
export function openDirectory(dir: Fd, name: Name): Fd {
  const result = openUnnoticed(dir.number, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK | ALWAYS)
  return new Fd(checked(result, { op: 'open', name }))
}

/** Opens the directory above an open one, wherever that is by now, to look into it or, where that is refused, O_PATH. */
export function openParent(dir: Fd): Fd {
  const flags = O_DIRECTORY | ALWAYS
  const result = openUnnoticed(dir.number, '..', O_RDONLY | flags)
  if (result !== -13) return new Fd(checked(result, { op: 'open the directory above' }))
  const pathOnly = call('openat', dir.number, cString('..'), O_PATH | flags)
  return new Fd(checked(pathOnly, { op: 'open the directory above' }), true)
}

/** Opens a directory by a path that the user gave, following symlinks as any program does, to look into it or O_PATH. */
export function openTree(latin1Path: string, isPathOnly = false): Fd {
  const flags = O_DIRECTORY | O_CLOEXEC | O_NOCTTY
  const result = isPathOnly
    ? call('openat', AT_FDCWD, cString(latin1Path), O_PATH | flags)
    : openUnnoticed(AT_FDCWD, latin1Path, O_RDONLY | flags)
  return new Fd(checked(result, { op: 'open', path: latin1Path }), isPathOnly)
}

let procSelfFd: Fd | undefined

/** The directory of this process's descriptors, opened once. Threads share it, since they share descriptors. */
function descriptors(): Fd {
  procSelfFd ??= openTree('/proc/self/fd', true)
  return procSelfFd
}

/** Makes sure that /proc is there and that its one descriptor is open. Call it before counting descriptors. */
export function requireProc(): void {
  descriptors()
}

/**
 * Opens the object of a handle anew with other flags (through /proc/self/fd, so no name is looked up).
 * Answers ELOOP for a symlink and ENXIO for a device, fifo or socket, which are never opened for I/O.
 * O_NOATIME is dropped where the host refuses it (only the owner may ask). Who has just asked what the handle is passes that
 * on: an object never changes its type.
 */
export function reopen(handle: Fd, flags: number, { mode } = statx(handle)): Fd {
  if ((flags & (O_CREAT | O_EXCL)) !== 0) throw new TypeError('Cannot reopen with O_CREAT or O_EXCL')
  const type = mode & S_IFMT
  if (type === S_IFLNK) throw new ErrnoError('ELOOP', { op: 'open a symlink for reading or writing' })
  if (type !== S_IFREG && type !== S_IFDIR) throw new ErrnoError('ENXIO', { op: 'open a special file' })
  const all = (flags & ~O_NOFOLLOW) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
  const proc = descriptors().number
  const name = String(handle.number)
  const result = (flags & O_NOATIME) === 0 ? call('openat', proc, cString(name), all) : openUnnoticed(proc, name, all)
  return new Fd(checked(result, { op: 'open by handle', flags }))
}

/** Opens a handle (O_PATH) of an open object, whatever its type, without its name. */
export function reopenPath(from: Fd): Fd {
  const proc = descriptors().number
  const result = call('openat', proc, cString(String(from.number)), O_PATH | O_CLOEXEC)
  return new Fd(checked(result, { op: 'open a handle' }), true)
}

const PATH_MAX = 4096
const path = scratch(PATH_MAX)

/**
 * Where the host says that a handle's object is at this moment (Latin-1 bytes): a hint, to be checked, since anybody
 * may rename it. Undefined where the kernel cannot say, as for a path longer than PATH_MAX.
 */
export function currentPath(handle: Fd): string | undefined {
  const proc = descriptors().number
  const length = call('readlinkat', proc, cString(String(handle.number)), path.address, PATH_MAX)
  return length > 0 && length < PATH_MAX ? path.bytes.toString('latin1', 0, length) : undefined
}

/** The path that names an open descriptor's object, for the few calls that have no descriptor form. */
export const pathOfHandle = (handle: Fd): string => `/proc/self/fd/${handle.number}`
