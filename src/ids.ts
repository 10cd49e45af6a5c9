// Numbers that must not be mixed up: what the guest calls a user is not what the host calls one.

export type GuestUid = number & { readonly __brand: 'GuestUid' }
export type GuestGid = number & { readonly __brand: 'GuestGid' }
export type HostUid = number & { readonly __brand: 'HostUid' }
export type HostGid = number & { readonly __brand: 'HostGid' }
export type Fid = number & { readonly __brand: 'Fid' }
export type Tag = number & { readonly __brand: 'Tag' }

export const guestUid = (id: number): GuestUid => (id >>> 0) as GuestUid
export const guestGid = (id: number): GuestGid => (id >>> 0) as GuestGid
export const hostUid = (id: number): HostUid => (id >>> 0) as HostUid
export const hostGid = (id: number): HostGid => (id >>> 0) as HostGid

/** "Nobody in particular": a uid or gid that is never stored and leaves what is there (chown's −1, 9P's NONUNAME). */
export const NO_ID = 0xffff_ffff

/** A device number in parts. Both may use all 32 bits in glibc's 64-bit dev_t. */
export interface DeviceNumber {
  readonly major: number
  readonly minor: number
}

/**
 * glibc's dev_t: `minor[7:0] | major[11:0]<<8 | minor[31:8]<<20 | major[31:12]<<44` (gnu_dev_makedev, bits/sysmacros.h).
 * QEMU stores it in user.virtfs.rdev and sends it in Rgetattr (reference §1.2).
 */
export function packDevice({ major, minor }: DeviceNumber): bigint {
  const low = (((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0) >>> 0
  const high = ((minor >>> 20) | (major & 0xfffff000)) >>> 0
  return (BigInt(high) << 32n) | BigInt(low)
}

/** The inverse of `packDevice`; bits beyond 64 are not looked at. */
export function unpackDevice(dev: bigint): DeviceNumber {
  const low = Number(dev & 0xffff_ffffn)
  const high = Number((dev >> 32n) & 0xffff_ffffn)
  return {
    major: (((low >>> 8) & 0xfff) | (high & 0xfffff000)) >>> 0,
    minor: ((low & 0xff) | ((low >>> 12) & 0xfff00) | ((high & 0xfff) << 20)) >>> 0,
  }
}
