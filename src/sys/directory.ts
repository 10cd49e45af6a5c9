// Entries of a directory: reading them, making, linking, renaming and removing one name at a time.

import type { DeviceNumber } from '../ids.js'
import { ErrnoError } from '../errors.js'
import type { Name } from '../name.js'
import { addressOf, call, checked, cString, EMPTY_PATH, scratch } from './call.js'
import { AT_FDCWD, AT_SYMLINK_FOLLOW } from './constants.js'
import type { Fd } from './fd.js'
import { pathOfHandle } from './open.js'

/** One entry as getdents64(2) gives it. `off` is the opaque position after it; `name` may be "." or "..". */
export interface Dirent {
  readonly ino: bigint
  readonly off: bigint
  readonly type: number
  /** Latin-1: each code unit is a byte. */
  readonly name: string
}

/** Fills `into` with entries from the directory's position on and decodes them; empty at the end. */
export function getdents64(dir: Fd, into: Buffer): Dirent[] {
  const length = checked(call('getdents64', dir.number, addressOf(into), into.length), { op: 'read directory' })
  const view = new DataView(into.buffer, into.byteOffset, length)
  const entries: Dirent[] = []
  // struct linux_dirent64: ino[8] off[8] reclen[2] type[1] name, NUL-padded (include/linux/dirent.h).
  for (let at = 0; at < length; at += view.getUint16(at + 16, true)) {
    entries.push({
      ino: view.getBigUint64(at, true),
      off: view.getBigInt64(at + 8, true),
      type: view.getUint8(at + 18),
      name: into.toString('latin1', at + 19, into.indexOf(0, at + 19)),
    })
  }
  return entries
}

/** Moves a directory's position to an `off` that getdents64 gave, or to 0, its beginning. */
export function seekDirectory(dir: Fd, off: bigint): void {
  checked(call('lseek', dir.number, off, 0), { op: 'seek directory', off })
}

export function mkdirat(dir: Fd, name: Name, mode: number): void {
  checked(call('mkdirat', dir.number, cString(name), mode), { op: 'make directory', name })
}

/** Makes a node. Linux takes 12 bits of major and 20 of minor number; more answers EINVAL instead of being cut. */
export function mknodat(dir: Fd, name: Name, mode: number, { major, minor }: DeviceNumber): void {
  if (major > 0xfff || minor > 0xfffff) throw new ErrnoError('EINVAL', { op: 'make node', name, major, minor })
  const device = ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0
  checked(call('mknodat', dir.number, cString(name), mode, device), { op: 'make node', name })
}

export function symlinkat(target: string, dir: Fd, name: Name): void {
  checked(call('symlinkat', cString(target, 1), dir.number, cString(name)), { op: 'make symlink', name })
}

const TARGET_MAX = 65_536
const target = scratch(TARGET_MAX)

/** Reads the target (Latin-1 bytes) of the symlink that `handle`, an O_PATH descriptor, is open on. */
export function readlinkat(handle: Fd): string {
  const result = call('readlinkat', handle.number, EMPTY_PATH, target.address, TARGET_MAX)
  return target.bytes.toString('latin1', 0, checked(result, { op: 'read symlink' }))
}

/** Gives the handle's object another name. Unprivileged, unlike AT_EMPTY_PATH; ENOENT once its last name is gone. */
export function linkat(handle: Fd, dir: Fd, name: Name): void {
  const from = cString(pathOfHandle(handle), 1)
  const result = call('linkat', AT_FDCWD, from, dir.number, cString(name), AT_SYMLINK_FOLLOW)
  checked(result, { op: 'link', name })
}

export function renameat2(fromDir: Fd, from: Name, toDir: Fd, to: Name, flags = 0): void {
  const result = call('renameat2', fromDir.number, cString(from, 0), toDir.number, cString(to, 1), flags)
  checked(result, { op: 'rename', from, to })
}

/** Removes a name: a file's, or with AT_REMOVEDIR an empty directory's. */
export function unlinkat(dir: Fd, name: Name, flags = 0): void {
  checked(call('unlinkat', dir.number, cString(name), flags), { op: 'unlink', name })
}
