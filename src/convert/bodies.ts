// Making host objects: of the type that the target needs, in the staging directory, with the times of the one before.

import { ErrnoError } from '../errors.js'
import type { DeviceNumber } from '../ids.js'
import { bytesOf, type Name } from '../name.js'
import { O_CREAT, O_EXCL, O_RDWR, S_IFLNK } from '../sys/constants.js'
import { mknodat, readlinkat, symlinkat } from '../sys/directory.js'
import { Fd } from '../sys/fd.js'
import { utimensat } from '../sys/inode.js'
import { pread, pwrite } from '../sys/io.js'
import { openat } from '../sys/open.js'
import type { HostStat } from '../sys/stat.js'
import type { TargetStat } from './decision.js'
import { openMade } from './keepers.js'
import { isDevice, typeOf } from './mode.js'
import type { Subject } from './subject.js'

/** Nobody else's until it has been given its owner and mode. */
const PRIVATE = 0o600
const NO_DEVICE: DeviceNumber = { major: 0, minor: 0 }

/** What is made anew. */
type Original = Pick<Subject, 'handle' | 'file' | 'host'>

/** Makes a symlink, device, fifo or socket; returns a handle of it. */
export function makeReal(directory: Fd, name: Name, { mode, rdev }: TargetStat, original: Original): Fd {
  if (typeOf(mode) === S_IFLNK) symlinkat(targetOf(original), directory, name)
  else mknodat(directory, name, typeOf(mode) | PRIVATE, isDevice(mode) ? rdev : NO_DEVICE)
  return openMade(directory, name)
}

/** Makes a regular file that stands for one of these. */
export function makeFile(directory: Fd, name: Name, { mode }: TargetStat, original: Original): Fd {
  const file = openat(directory, name, O_RDWR | O_CREAT | O_EXCL, PRIVATE)
  try {
    if (typeOf(mode) === S_IFLNK) writeAll(file, bytesOf(targetOf(original)))
    return file
  } catch (cause) {
    file.close()
    throw cause
  }
}

/** Longest content that is read as a symlink's target; more cannot be one. */
const TARGET_MAX = 4096

/** What a symlink leads to (Latin-1), be it one of the host or a file. Asking the former changes its time of access. */
function targetOf({ handle, file, host }: Original): string {
  if (typeOf(host.mode) === S_IFLNK) return readlinkat(handle)
  if (file.isPathOnly) throw new ErrnoError('EACCES', { op: 'read where a symlink leads' })
  const bytes = Buffer.allocUnsafe(TARGET_MAX)
  let length = 0
  while (length < bytes.length) {
    const read = pread(file, bytes.subarray(length), length)
    if (read === 0) break
    length += read
  }
  return bytes.toString('latin1', 0, length)
}

function writeAll(file: Fd, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) {
    const written = pwrite(file, bytes.subarray(done), done)
    if (written === 0) throw new ErrnoError('EIO', { op: 'write where a symlink leads' })
    done += written
  }
}

/** Gives an object the times of access and modification of another. */
export function setTimes(handle: Fd, { atimeSec, atimeNsec, mtimeSec, mtimeNsec }: HostStatTimes): void {
  utimensat(handle, { sec: atimeSec, nsec: atimeNsec }, { sec: mtimeSec, nsec: mtimeNsec })
}
export type HostStatTimes = Pick<HostStat, 'atimeSec' | 'atimeNsec' | 'mtimeSec' | 'mtimeNsec'>
