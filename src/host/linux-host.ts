// Linux's directories by descriptor.

import { readlinkSync } from 'node:fs'
import { ErrnoError, isErrno } from '../errors.js'
import type { Name } from '../name.js'
import { O_DIRECTORY, O_NOATIME, O_PATH, O_RDONLY } from '../sys/constants.js'
import { getdents64, readlinkat, seekDirectory } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { pread } from '../sys/io.js'
import { openat, openDirectory, openParent, openPath, openTree, pathOfHandle, reopen } from '../sys/open.js'
import { fstatfs, type HostStat, type HostStatfs, statx, statxAt } from '../sys/stat.js'
import { enterDirectory, hasOwnWorkingDirectory, leaveDirectory } from '../sys/working-directory.js'
import { type AttributeName, attributeName, lastValue } from '../sys/xattr.js'
import { getxattrAt, listxattrAt, peekxattrAt } from '../sys/xattr-at.js'
import {
  BEGINNING,
  type Host,
  type HostDirectory,
  type HostDirent,
  type NameOrSelf,
  type Position,
  type PreparedName,
  SELF,
} from './host-directory.js'

const ROOM_MAX = 32_768
const entries = Buffer.allocUnsafeSlow(ROOM_MAX)

export class LinuxDirectory implements HostDirectory {
  private position: Position = BEGINNING
  /** The directory's own, which it closes. */
  readonly descriptor: Fd

  /** Takes ownership of the descriptor of a directory; by an O_PATH one nothing can be listed. */
  constructor(descriptor: Fd) {
    this.descriptor = descriptor
  }

  list(from: Position, room: number): readonly HostDirent[] {
    const { descriptor } = this
    if (descriptor.isPathOnly) throw new ErrnoError('EACCES', { op: 'list a directory' })
    if (from !== this.position) seekDirectory(descriptor, from)
    for (;;) {
      const found = entriesOf(descriptor, room)
      const last = found.at(-1)
      if (last === undefined) return []
      this.position = last.off
      const named = found.filter(({ name }) => name !== '.' && name !== '..')
      if (named.length > 0) return named.map(({ name, off }) => ({ name: name as Name, next: off }))
    }
  }

  stat(name: NameOrSelf): HostStat | undefined {
    return name === SELF ? statx(this.descriptor) : statxAt(this.descriptor, name)
  }

  openDirectory(name: Name): HostDirectory {
    return new LinuxDirectory(readableOrPath(this.descriptor, name))
  }

  openParent(): HostDirectory {
    return new LinuxDirectory(openParent(this.descriptor))
  }

  attributeNames(name: NameOrSelf): string {
    this.enter()
    return listxattrAt(this.descriptor, name)
  }

  peekAttribute(name: NameOrSelf, attribute: PreparedName, limit: number): number {
    this.enter()
    return peekxattrAt(this.descriptor, name, attribute as AttributeName, limit)
  }

  attribute(name: NameOrSelf, attribute: string): Buffer | undefined {
    this.enter()
    return getxattrAt(this.descriptor, name, attribute)
  }

  content(name: Name, limit: number): Buffer {
    using handle = openPath(this.descriptor, name)
    if (handle === undefined) throw new ErrnoError('ENOENT', { op: 'read', name })
    using file = reopen(handle, O_RDONLY | O_NOATIME)
    const bytes = Buffer.allocUnsafeSlow(limit)
    let length = 0
    while (length < limit) {
      const read = pread(file, bytes.subarray(length), length)
      if (read === 0) break
      length += read
    }
    return bytes.subarray(0, length)
  }

  readlink(name: Name): string {
    using handle = openPath(this.descriptor, name)
    if (handle === undefined) throw new ErrnoError('ENOENT', { op: 'read symlink', name })
    return readlinkat(handle)
  }

  statfs(): HostStatfs {
    return fstatfs(this.descriptor)
  }

  realPath(): string {
    return readlinkSync(pathOfHandle(this.descriptor), 'latin1')
  }

  /** Descriptors are the process's. */
  sharedPath(): string {
    return pathOfHandle(this.descriptor)
  }

  [Symbol.dispose](): void {
    leaveDirectory(this.descriptor)
    this.descriptor.close()
  }

  private enter(): void {
    if (hasOwnWorkingDirectory()) enterDirectory(this.descriptor)
  }
}

/** The descriptor behind an open directory of Linux's, good for as long as the directory is open. */
export function descriptorOf(directory: HostDirectory): Fd {
  if (!(directory instanceof LinuxDirectory)) throw new TypeError('Cannot use a directory without a descriptor')
  return directory.descriptor
}

/** A removed directory has no entries left; the host says ENOENT instead of giving none. */
function entriesOf(directory: Fd, room: number): ReturnType<typeof getdents64> {
  try {
    return getdents64(directory, entries.subarray(0, Math.min(room, ROOM_MAX)))
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return []
    throw cause
  }
}

/** A directory that may be searched but not read can still be looked into by name. */
function readableOrPath(directory: Fd, name: Name): Fd {
  try {
    return openDirectory(directory, name)
  } catch (cause) {
    if (!isErrno(cause, 'EACCES')) throw cause
    return openat(directory, name, O_PATH | O_DIRECTORY)
  }
}

function openPathOf(path: string): Fd {
  try {
    return openTree(path)
  } catch (cause) {
    if (!isErrno(cause, 'EACCES')) throw cause
    return openTree(path, true)
  }
}

export const linuxHost: Host = {
  limits: { hidesAttributesOfSpecials: false, isRacy: false, withoutAttributes: undefined },
  lastValue,
  attributeName,
  openDirectory: (path) => new LinuxDirectory(openPathOf(path)),
  workingDirectory: () => readlinkSync('/proc/self/cwd', 'latin1'),
}
