// The mapped models' bodies: a directory is a directory, everything else a regular file of the server's user. A symlink
// holds its target, with no terminator; devices, fifos and sockets are empty. What they are for the guest is stored.

import { bestEffort, ErrnoError } from '../errors.js'
import type { DeviceNumber } from '../ids.js'
import { bytesOf, type Name } from '../name.js'
import { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../sys/constants.js'
import { mkdirat, mknodat, readlinkat, unlinkat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { pread, pwrite } from '../sys/io.js'
import { openat, reopen } from '../sys/open.js'
import { statx } from '../sys/stat.js'
import type { Embodiment, StoredObject } from './store.js'

const DEFAULT_FILE_MODE = 0o600
const DEFAULT_DIRECTORY_MODE = 0o700
/** A protocol string is no longer. */
const TARGET_MAX = 0xffff

const targetBuffer = Buffer.allocUnsafeSlow(TARGET_MAX + 1)

export class AsFiles implements Embodiment {
  private readonly fileMode: number
  private readonly directoryMode: number

  /** Takes the permission bits of new files and directories; the process's umask applies to both, as in QEMU. */
  constructor(fmode = DEFAULT_FILE_MODE, dmode = DEFAULT_DIRECTORY_MODE) {
    this.fileMode = fmode & 0o777
    this.directoryMode = dmode & 0o777
  }

  createFile(dir: Fd, name: Name, flags: number, _guestMode: number): Fd {
    return openat(dir, name, flags | O_CREAT | O_EXCL, this.fileMode)
  }

  createDirectory(dir: Fd, name: Name, _guestMode: number): void {
    mkdirat(dir, name, this.directoryMode)
  }

  createNode(dir: Fd, name: Name, guestMode: number, _rdev: DeviceNumber): void {
    const type = guestMode & S_IFMT
    // mknod(2) refuses both; an empty regular file would be neither.
    if (type === S_IFDIR) throw new ErrnoError('EPERM', { op: 'make a directory as a node', name })
    if (type === S_IFLNK) throw new ErrnoError('EINVAL', { op: 'make a symlink as a node', name })
    mknodat(dir, name, S_IFREG | this.fileMode, { major: 0, minor: 0 })
  }

  createSymlink(dir: Fd, name: Name, target: string): void {
    using file = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, this.fileMode)
    try {
      const bytes = bytesOf(target)
      for (let done = 0; done < bytes.length;) {
        const written = pwrite(file, bytes.subarray(done), done)
        if (written === 0) throw new ErrnoError('EIO', { op: 'write symlink target', name })
        done += written
      }
    } catch (cause) {
      bestEffort(() => unlinkat(dir, name))
      throw cause
    }
  }

  /**
   * Reads the whole content as the target: NUL and newline included, as QEMU shows them. Content that is longer than
   * a protocol string is refused (ENAMETOOLONG), for a cut target would lead elsewhere. A symlink that a host process
   * made answers its own target: the guest may read it, and we never follow it.
   */
  readSymlink(object: StoredObject, isAccess = false): string {
    const readable = object.readable()
    if (readable === undefined) {
      const handle = object.handle()
      const type = statx(handle).mode & S_IFMT
      if (type === S_IFLNK) return readlinkat(handle)
      throw new ErrnoError(type === S_IFREG ? 'EACCES' : 'EINVAL', { op: 'read symlink' })
    }
    if (!isAccess) return contentOf(readable)
    // The object's own descriptor leaves the time of access alone.
    using accessing = reopen(readable, O_RDONLY)
    return contentOf(accessing)
  }
}

function contentOf(file: Fd): string {
  let length = 0
  while (length <= TARGET_MAX) {
    const read = pread(file, targetBuffer.subarray(length), length)
    if (read === 0) return targetBuffer.toString('latin1', 0, length)
    length += read
  }
  throw new ErrnoError('ENAMETOOLONG', { op: 'read symlink' })
}
