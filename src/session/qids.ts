// Qids and the attributes that clients see: the view's stat in the protocol's words.

import { packDevice } from '../ids.js'
import type { GuestStat } from '../ownership/ownership.js'
import { S_IFDIR, S_IFLNK, S_IFMT } from '../sys/constants.js'
import { GETATTR_BASIC, GETATTR_GEN, IOHDRSZ, QID_DIR, QID_FILE, QID_SYMLINK } from '../wire/constants.js'
import type { Attributes } from '../wire/attributes.js'
import type { Qid } from '../wire/qid.js'
import type { Devices } from './devices.js'

const qidType = (mode: number): number => {
  const type = mode & S_IFMT
  return type === S_IFDIR ? QID_DIR : type === S_IFLNK ? QID_SYMLINK : QID_FILE
}

/** The type byte of a directory entry (DT_*, dirent.h) is the file type's bits moved down. */
export const direntType = (mode: number): number => (mode & S_IFMT) >> 12

/** Makes qids for one export. */
export class Qids {
  constructor(private readonly devices: Devices) {}

  /** The qid of an object; ENODEV for one that the export does not go as far as. */
  of(stat: GuestStat): Qid {
    return qidOf(stat, this.devices.pathOf(stat.host))
  }

  /** The qid of the entry of a listing. */
  listed(stat: GuestStat): Qid {
    return qidOf(stat, this.devices.listedPathOf(stat.host))
  }
}

function qidOf({ mode, host }: GuestStat, path: bigint): Qid {
  // Seconds and size alone would miss an edit within one second; 0 would mean "never cache" to Linux 6.4 and later.
  const version = (host.mtimeSec ^ host.mtimeNsec ^ (host.size << 8)) >>> 0
  return { type: qidType(mode), version: version === 0 ? 1 : version, path }
}

/** The most bytes a client should move at once: msize less its header, in whole blocks where one fits (§3.6). */
export function ioUnit(msize: number, blockSize: number): number {
  const most = msize - IOHDRSZ
  return blockSize > 0 && blockSize <= most ? most - (most % blockSize) : most
}

/** The body of Rgetattr. QEMU fills BASIC whatever was asked for, and so do we; GEN where it is known. */
export function attributesOf(stat: GuestStat, qid: Qid, msize: number, generation: number | undefined): Attributes {
  const { host } = stat
  return {
    valid: generation === undefined ? GETATTR_BASIC : GETATTR_BASIC | GETATTR_GEN,
    qid,
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    nlink: host.nlink,
    rdev: stat.rdev.major === 0 && stat.rdev.minor === 0 ? 0n : packDevice(stat.rdev),
    size: host.size,
    blksize: ioUnit(msize, host.blksize),
    blocks: host.blocks,
    atimeSec: host.atimeSec,
    atimeNsec: host.atimeNsec,
    mtimeSec: host.mtimeSec,
    mtimeNsec: host.mtimeNsec,
    ctimeSec: host.ctimeSec,
    ctimeNsec: host.ctimeNsec,
    btimeSec: 0,
    btimeNsec: 0,
    gen: generation === undefined ? 0n : BigInt(generation),
    dataVersion: 0n,
  }
}
