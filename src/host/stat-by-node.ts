// What node:fs says of an object, as the rest of virtfs has it.

import type { BigIntStats, BigIntStatsFs } from 'node:fs'
import { type DeviceNumber, hostGid, hostUid } from '../ids.js'
import type { HostStat, HostStatfs } from '../sys/stat.js'
import { deviceOf } from './device-number.js'

const SECOND = 1_000_000_000n

/** The part that is not whole seconds; before 1970, too, it counts forward from the second. */
const nanoseconds = (time: bigint): bigint => ((time % SECOND) + SECOND) % SECOND
const seconds = (time: bigint): number => Number((time - nanoseconds(time)) / SECOND)

/** FreeBSD's word for a file system that keeps no time of birth (vn_stat, kern/vfs_vnops.c). */
const NO_BIRTH = -SECOND

/** FreeBSD gives −1 (NODEV) for what is none. */
const NO_DEVICE: DeviceNumber = { major: 0, minor: 0 }

/** Takes the numbers of `platform` (process.platform) for what they mean there. */
export function hostStatOf(stat: BigIntStats, platform: NodeJS.Platform = process.platform): HostStat {
  const dev = deviceOf(stat.dev, platform)
  const birth = platform === 'freebsd' && stat.birthtimeNs === NO_BIRTH ? 0n : stat.birthtimeNs
  return {
    dev: dev.major * 2 ** 32 + dev.minor,
    ino: BigInt.asUintN(64, stat.ino),
    mode: Number(stat.mode),
    nlink: Number(stat.nlink),
    uid: hostUid(Number(stat.uid)),
    gid: hostGid(Number(stat.gid)),
    rdev: stat.isBlockDevice() || stat.isCharacterDevice() ? deviceOf(stat.rdev, platform) : NO_DEVICE,
    size: Number(stat.size),
    blksize: Number(stat.blksize),
    blocks: Number(stat.blocks),
    atimeSec: seconds(stat.atimeNs),
    atimeNsec: Number(nanoseconds(stat.atimeNs)),
    mtimeSec: seconds(stat.mtimeNs),
    mtimeNsec: Number(nanoseconds(stat.mtimeNs)),
    ctimeSec: seconds(stat.ctimeNs),
    ctimeNsec: Number(nanoseconds(stat.ctimeNs)),
    btimeSec: seconds(birth),
    btimeNsec: Number(nanoseconds(birth)),
  }
}

/** NAME_MAX of Linux, Darwin and FreeBSD; node:fs does not ask the file system for its own. */
const NAME_LENGTH = 255

/** node:fs gives no number of the file system: `fsid` is 0. */
export const hostStatfsOf = ({ type, bsize, blocks, bfree, bavail, files, ffree }: BigIntStatsFs): HostStatfs => ({
  type: Number(type),
  bsize: Number(bsize),
  blocks: Number(blocks),
  bfree: Number(bfree),
  bavail: Number(bavail),
  files: Number(files),
  ffree: Number(ffree),
  fsid: 0n,
  namelen: NAME_LENGTH,
})
