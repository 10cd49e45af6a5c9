// The two halves of a device number, as each operating system packs them into a dev_t.

import { type DeviceNumber, unpackDevice } from '../ids.js'

/** sys/types.h of XNU: a signed word of 32 bits, 8 for the major number, 24 for the minor one. */
const unpackDarwin = (dev: bigint): DeviceNumber => {
  const word = Number(BigInt.asUintN(32, dev))
  return { major: word >>> 24, minor: word & 0xff_ffff }
}

/** sys/types.h of FreeBSD 12 and later: what earlier versions had in 32 bits, and the rest of both halves above it. */
const unpackFreeBsd = (dev: bigint): DeviceNumber => {
  const low = Number(dev & 0xffff_ffffn)
  const high = Number((dev >> 32n) & 0xffff_ffffn)
  return {
    major: ((high & 0xffff_ff00) | ((low >>> 8) & 0xff)) >>> 0,
    minor: (((high << 8) & 0xff00) | (low & 0xffff_00ff)) >>> 0,
  }
}

/** Takes apart what node:fs gives as `dev` or `rdev` on `platform` (process.platform). */
export function deviceOf(dev: bigint, platform: NodeJS.Platform): DeviceNumber {
  if (platform === 'darwin') return unpackDarwin(dev)
  if (platform === 'freebsd') return unpackFreeBsd(dev)
  return unpackDevice(dev)
}
