// The four attributes in which QEMU's mapped-xattr model keeps a guest's ownership: little-endian integers, each on its
// own, written only when there is a value (reference §1.2; docs/formats.md). Pure: a store does the I/O.

import { type DeviceNumber, type GuestGid, type GuestUid, NO_ID, packDevice, unpackDevice } from '../ids.js'
import { type Ownership, OWNERSHIP_KEYS, type OwnershipKey } from './ownership.js'

/** Everything that the model keeps for itself is called so; the guest neither sees nor sets it. */
export const OWN_PREFIX = 'user.virtfs.'

/** The attribute that holds each member. */
export const ATTRIBUTE_OF: Readonly<Record<OwnershipKey, string>> = {
  uid: 'user.virtfs.uid',
  gid: 'user.virtfs.gid',
  mode: 'user.virtfs.mode',
  rdev: 'user.virtfs.rdev',
}

/** How many bytes QEMU on Linux writes for each member. */
export const WIDTH: Readonly<Record<OwnershipKey, number>> = { uid: 4, gid: 4, mode: 4, rdev: 8 }

/** The widths of macOS hosts, whose mode_t has 16 and dev_t 32 bits. They are read, and never written. */
export const MACOS_WIDTH: Readonly<Partial<Record<OwnershipKey, number>>> = { mode: 2, rdev: 4 }

/** A uid or gid from the first `length` bytes of `view`; undefined for any width but 4. */
export const decodeId = (view: DataView, length: number): number | undefined =>
  length === 4 ? view.getUint32(0, true) : undefined

/** A whole st_mode, type bits included; undefined for any width but 4 and macOS's 2. */
export function decodeMode(view: DataView, length: number): number | undefined {
  if (length === 4) return view.getUint32(0, true)
  return length === 2 ? view.getUint16(0, true) : undefined
}

/** A device number; undefined for any width but glibc's 8 bytes and macOS's 4 (major 8 bits, minor 24 bits). */
export function decodeRdev(view: DataView, length: number): DeviceNumber | undefined {
  if (length === 8) return unpackDevice(view.getBigUint64(0, true))
  if (length !== 4) return undefined
  const dev = view.getUint32(0, true)
  return { major: dev >>> 24, minor: dev & 0xff_ffff }
}

/** What a set of attributes says, by name. A member of a wrong width is absent: it may be cut or foreign. */
export function decodeXattrs(attributes: ReadonlyMap<string, Uint8Array>): Ownership {
  const view = (key: OwnershipKey): DataView | undefined => {
    const bytes = attributes.get(ATTRIBUTE_OF[key])
    return bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }
  const [uid, gid, mode, rdev] = OWNERSHIP_KEYS.map(view)
  const guestUid = uid && decodeId(uid, uid.byteLength)
  const guestGid = gid && decodeId(gid, gid.byteLength)
  const guestMode = mode && decodeMode(mode, mode.byteLength)
  const guestRdev = rdev && decodeRdev(rdev, rdev.byteLength)
  return {
    ...(guestUid !== undefined && { uid: guestUid as GuestUid }),
    ...(guestGid !== undefined && { gid: guestGid as GuestGid }),
    ...(guestMode !== undefined && { mode: guestMode }),
    ...(guestRdev !== undefined && { rdev: guestRdev }),
  }
}

/** One attribute as it goes to the host. */
export interface StoredAttribute {
  readonly key: OwnershipKey
  readonly name: string
  readonly bytes: Buffer
}

function u32(value: number | undefined): Buffer | undefined {
  if (value === undefined || value >>> 0 === NO_ID) return undefined
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

const UNSET_DEVICE = 0xffff_ffff_ffff_ffffn

function u64(rdev: DeviceNumber | undefined): Buffer | undefined {
  if (rdev === undefined) return undefined
  const packed = packDevice(rdev)
  if (packed === UNSET_DEVICE) return undefined
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(packed)
  return bytes
}

/** The attributes to write, in QEMU's order. A member that is absent or −1 (NO_ID) is not written. */
export function encodeXattrs({ uid, gid, mode, rdev }: Ownership): StoredAttribute[] {
  const attributes: StoredAttribute[] = []
  const put = (key: OwnershipKey, bytes: Buffer | undefined): void => {
    if (bytes !== undefined) attributes.push({ key, name: ATTRIBUTE_OF[key], bytes })
  }
  put('uid', u32(uid))
  put('gid', u32(gid))
  put('mode', u32(mode))
  put('rdev', u64(rdev))
  return attributes
}
