// A directory by path, with nothing but node:fs.
//
// The path has to go on leading to the directory that was opened: that is looked at before each use, and what has been
// moved, or replaced by something else or by a symlink to it, is refused (ESTALE). What another process changes between
// that look and the use goes unnoticed: HostLimits.isRacy.

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  statfsSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { bestEffort, Errno, ErrnoError, isErrno } from '../errors.js'
import { bytesOf, type Name } from '../name.js'
import type { HostStat, HostStatfs } from '../sys/stat.js'
import type { AttributesByPath } from './attributes-by-path.js'
import { attempt } from './failure-by-node.js'
import {
  BEGINNING,
  type HostDirectory,
  type HostDirent,
  type NameOrSelf,
  type Position,
  type PreparedName,
  SELF,
} from './host-directory.js'
import { hostStatfsOf, hostStatOf } from './stat-by-node.js'

/** What a directory entry takes beside its name, in Linux's getdents64(2), which `room` is made for. */
const ENTRY_OVERHEAD = 24

/** Attributes that are longer are none that we ask for; include/uapi/linux/xattr.h has the same limit. */
const VALUE_MAX = 65_536
const value = Buffer.alloc(VALUE_MAX)

/** The value that the last `peekAttribute` found. */
export const lastValue = new DataView(value.buffer, value.byteOffset, VALUE_MAX)

/** Flags that a host does not have are left out. */
const flag = (name: 'O_DIRECTORY' | 'O_NOATIME' | 'O_NOCTTY' | 'O_NOFOLLOW' | 'O_NONBLOCK'): number =>
  constants[name] ?? 0
const SAFELY = constants.O_RDONLY | flag('O_NOFOLLOW') | flag('O_NONBLOCK') | flag('O_NOCTTY')

export class PortableDirectory implements HostDirectory {
  /** All names, from the first call of `list` until its last: node:fs cannot go on from a place in a listing. */
  private names: readonly string[] | undefined
  private isOpen = true

  /**
   * `identity` is what was found at `path`. The descriptor keeps the inode number from being given to another directory;
   * there is none where the directory may not be read.
   */
  private constructor(
    private readonly path: string,
    private readonly identity: BigIntStats,
    private readonly descriptor: number | undefined,
    private readonly attributes: AttributesByPath,
  ) {}

  /** Opens what is at `path` (Latin-1), which is no symlink. */
  static at(path: string, attributes: AttributesByPath): PortableDirectory {
    return attempt({ op: 'open', path }, () => {
      const found = lookAt(path)
      if (found === undefined) throw new ErrnoError('ENOENT', { op: 'open', path })
      if (found.isSymbolicLink()) throw new ErrnoError('ELOOP', { op: 'open', path })
      if (!found.isDirectory()) throw new ErrnoError('ENOTDIR', { op: 'open', path })
      return new PortableDirectory(path, found, openIfReadable(path, found), attributes)
    })
  }

  /** Opens a directory by a path that the user gave (Latin-1), following symlinks as any program does. */
  static of(path: string, attributes: AttributesByPath): PortableDirectory {
    if (path.includes('\0')) throw new ErrnoError('EINVAL', { op: 'open', path })
    const real = attempt({ op: 'open', path }, () => realpathSync.native(bytesOf(path), 'latin1'))
    return PortableDirectory.at(real, attributes)
  }

  list(from: Position, room: number): readonly HostDirent[] {
    if (from === BEGINNING) this.names = undefined
    this.names ??= this.allNames()
    const found: HostDirent[] = []
    let left = room
    for (let at = Number(from); at < this.names.length; at++) {
      const name = this.names[at]!
      left -= ENTRY_OVERHEAD + name.length
      if (left < 0 && found.length > 0) break
      found.push({ name: name as Name, next: BigInt(at + 1) })
    }
    if (found.length === 0) this.names = undefined
    return found
  }

  stat(name: NameOrSelf): HostStat | undefined {
    return attempt({ op: 'stat', name }, () => {
      this.requireOpen()
      if (name === SELF && this.descriptor !== undefined) {
        return hostStatOf(fstatSync(this.descriptor, { bigint: true }))
      }
      const path = this.pathUnlessRemoved(name)
      const found = path === undefined ? undefined : lookAt(path)
      return found && hostStatOf(found)
    })
  }

  openDirectory(name: Name): HostDirectory {
    return PortableDirectory.at(this.pathOf(name), this.attributes)
  }

  openParent(): HostDirectory {
    return PortableDirectory.at(dirname(this.pathOf(SELF)), this.attributes)
  }

  attributeNames(name: NameOrSelf): string {
    return attempt({ op: 'list attributes', name }, () => {
      const path = this.pathOf(name)
      return mayBeAsked(path, name) ? this.attributes.list(path) : ''
    })
  }

  peekAttribute(name: NameOrSelf, attribute: PreparedName, limit: number): number {
    try {
      const found = this.attribute(name, attribute.text)
      if (found === undefined) return -Errno.ENODATA
      if (found.length > Math.min(limit, VALUE_MAX)) return -Errno.ERANGE
      found.copy(value)
      return found.length
    } catch (cause) {
      if (cause instanceof ErrnoError) return -cause.errno
      throw cause
    }
  }

  attribute(name: NameOrSelf, attribute: string): Buffer | undefined {
    try {
      return attempt({ op: 'read attribute', name, attribute }, () => {
        const path = this.pathOf(name)
        return mayBeAsked(path, name) ? this.attributes.get(path, attribute) : undefined
      })
    } catch (cause) {
      if (isErrno(cause, 'ENODATA')) return undefined
      throw cause
    }
  }

  content(name: Name, limit: number): Buffer {
    return attempt({ op: 'read', name }, () => {
      const path = this.pathOf(name)
      const found = lookAt(path)
      if (found === undefined) throw new ErrnoError('ENOENT', { op: 'read', name })
      if (found.isSymbolicLink()) throw new ErrnoError('ELOOP', { op: 'read', name })
      if (found.isDirectory()) throw new ErrnoError('EISDIR', { op: 'read', name })
      if (!found.isFile()) throw new ErrnoError('ENXIO', { op: 'read', name })
      const file = openSame(path, found, openLeavingTime)
      try {
        return read(file, limit)
      } finally {
        closeSync(file)
      }
    })
  }

  readlink(name: Name): string {
    return attempt({ op: 'read symlink', name }, () => readlinkSync(bytesOf(this.pathOf(name)), 'latin1'))
  }

  statfs(): HostStatfs {
    return attempt({ op: 'stat the file system of a directory' }, () =>
      hostStatfsOf(statfsSync(bytesOf(this.pathOf(SELF)), { bigint: true })),
    )
  }

  realPath(): string {
    return this.pathOf(SELF)
  }

  sharedPath(): string {
    return this.pathOf(SELF)
  }

  [Symbol.dispose](): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.names = undefined
    if (this.descriptor !== undefined) closeSync(this.descriptor)
  }

  private requireOpen(): void {
    if (!this.isOpen) throw new ErrnoError('EBADF', { op: 'use a closed directory' })
  }

  /** The path of a name in this directory. */
  private pathOf(name: NameOrSelf): string {
    const path = this.pathUnlessRemoved(name)
    if (path === undefined) throw new ErrnoError('ENOENT', { op: 'use a removed directory', path: this.path })
    return path
  }

  /** The same; undefined once the directory is gone for good, ESTALE when it is not where it was. */
  private pathUnlessRemoved(name: NameOrSelf): string | undefined {
    this.requireOpen()
    const { path } = this
    const found = attempt({ op: 'find a directory again', path }, () => lookAt(path))
    if (found === undefined || !isSame(found, this.identity)) {
      if (this.isRemoved()) return undefined
      throw new ErrnoError('ESTALE', { op: 'find a directory again', path })
    }
    if (name === SELF) return path
    return path === '/' ? `/${name}` : `${path}/${name}`
  }

  /** False where it cannot be told. */
  private isRemoved(): boolean {
    return this.descriptor !== undefined && fstatSync(this.descriptor, { bigint: true }).nlink === 0n
  }

  /** libuv sorts the names: while a directory does not change, a position means the same in every listing of it. */
  private allNames(): readonly string[] {
    return attempt({ op: 'read directory' }, () => {
      const path = this.pathUnlessRemoved(SELF)
      return path === undefined ? [] : readdirSync(bytesOf(path), 'latin1')
    })
  }
}

const lookAt = (path: string): BigIntStats | undefined =>
  lstatSync(bytesOf(path), { bigint: true, throwIfNoEntry: false })

const isSame = (one: BigIntStats, other: BigIntStats): boolean => one.dev === other.dev && one.ino === other.ino

/** Symlinks are followed by fs-xattr, and what is special is left alone: they look as if they had no attributes. */
function mayBeAsked(path: string, name: NameOrSelf): boolean {
  const found = lookAt(path)
  if (found === undefined) throw new ErrnoError('ENOENT', { op: 'ask for attributes', name })
  return found.isFile() || found.isDirectory()
}

/** Opens what was `found` at `path`; ESTALE when something else has been put there meanwhile. */
function openSame(path: string, found: BigIntStats, open: (bytes: Buffer) => number): number {
  const descriptor = open(bytesOf(path))
  if (isSame(fstatSync(descriptor, { bigint: true }), found)) return descriptor
  bestEffort(() => closeSync(descriptor))
  throw new ErrnoError('ESTALE', { op: 'open', path })
}

/** A directory that may be searched but not read can still be looked into by name. */
function openIfReadable(path: string, found: BigIntStats): number | undefined {
  try {
    return openSame(path, found, (bytes) => openSync(bytes, SAFELY | flag('O_DIRECTORY')))
  } catch (cause) {
    if (isRefusal(cause)) return undefined
    throw cause
  }
}

/** Without changing the time of access, which only the owner may ask for. */
function openLeavingTime(bytes: Buffer): number {
  try {
    return openSync(bytes, SAFELY | flag('O_NOATIME'))
  } catch (cause) {
    if (!isRefusal(cause)) throw cause
    return openSync(bytes, SAFELY)
  }
}

/** macOS says EPERM of what it keeps from programs that the user has not allowed it. */
const isRefusal = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && (thrown.code === 'EACCES' || thrown.code === 'EPERM')

function read(file: number, limit: number): Buffer {
  const bytes = Buffer.alloc(limit)
  let length = 0
  while (length < limit) {
    const count = readSync(file, bytes, length, limit - length, length)
    if (count === 0) break
    length += count
  }
  return bytes.subarray(0, length)
}
