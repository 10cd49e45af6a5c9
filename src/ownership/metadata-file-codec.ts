// The text in which QEMU's mapped-file model keeps a guest's ownership: `virtfs.KEY=DECIMAL` lines (reference §1.3;
// docs/formats.md). Reading is exactly as lenient as QEMU's loop of fgets(3), strncmp(3) and atoi(3)
// (local_mapped_file_attr), so that a guest sees the same in any bytes. Pure: a store does the I/O.

import { type DeviceNumber, type GuestGid, type GuestUid, packDevice, unpackDevice } from '../ids.js'
import { type Ownership, OWNERSHIP_KEYS, type OwnershipKey, type Writable } from './ownership.js'

/** QEMU writes at most 84 bytes. A record beyond this says nothing, however long a host process has made it. */
export const RECORD_MAX = 65_536

/** What fgets(3) puts into QEMU's buffer of 100 bytes: more of a line counts as another line. */
const CHUNK = 99

const PREFIX_OF: Readonly<Record<OwnershipKey, string>> = {
  uid: 'virtfs.uid',
  gid: 'virtfs.gid',
  mode: 'virtfs.mode',
  rdev: 'virtfs.rdev',
}

/** Cuts a record (Latin-1) into the pieces that QEMU looks at, each with its newline if it has one. */
export function chunksOf(record: string): string[] {
  const chunks: string[] = []
  for (let at = 0; at < record.length;) {
    const newline = record.indexOf('\n', at)
    const end = Math.min(newline === -1 ? record.length : newline + 1, at + CHUNK)
    chunks.push(record.slice(at, end))
    at = end
  }
  return chunks
}

/** The member that a chunk gives; what follows the key is not looked at. */
export const keyOf = (chunk: string): OwnershipKey | undefined =>
  OWNERSHIP_KEYS.find((key) => chunk.startsWith(PREFIX_OF[key]))

/** What stands where "=" belongs, which QEMU skips unseen, and the text that it takes for a number. */
export function valueOf(chunk: string, key: OwnershipKey): { readonly separator: string; readonly digits: string } {
  const at = PREFIX_OF[key].length
  return { separator: chunk.slice(at, at + 1), digits: chunk.slice(at + 1) }
}

const NUMBER = /^[ \t\n\v\f\r]*([+-]?)([0-9]*)/
/** More decimal digits than these may not be exact as a double. */
const EXACT_DIGITS = 15
const LONG_MAX = 0x7fff_ffff_ffff_ffffn

/** glibc's atoi on a 64-bit machine: `(int)strtol(text, NULL, 10)`, clamped to a long and then cut to 32 bits. */
export function atoi(text: string): number {
  const [, sign = '', digits = ''] = NUMBER.exec(text) ?? []
  if (digits.length <= EXACT_DIGITS) return Number(sign + (digits || '0')) | 0
  const magnitude = BigInt(digits)
  const long = sign === '-' ? -magnitude : magnitude
  const clamped = long > LONG_MAX ? LONG_MAX : long < -LONG_MAX - 1n ? -LONG_MAX - 1n : long
  return Number(BigInt.asIntN(32, clamped))
}

/** Reads a record: the last line of a key wins, lines that give none are passed over. One beyond RECORD_MAX may be cut. */
export function decodeRecord(record: Buffer): Ownership {
  const found: Writable<Ownership> = {}
  if (record.length > RECORD_MAX) return found
  for (const chunk of chunksOf(record.toString('latin1'))) {
    const key = keyOf(chunk)
    if (key === undefined) continue
    const value = atoi(valueOf(chunk, key).digits)
    if (key === 'uid') found.uid = (value >>> 0) as GuestUid
    else if (key === 'gid') found.gid = (value >>> 0) as GuestGid
    else if (key === 'mode') found.mode = value >>> 0
    // QEMU sends the int sign-extended to 64 bits, and Linux takes 32 of them: that is the number which a guest sees,
    // and the one which it stored.
    else found.rdev = unpackDevice(BigInt(value >>> 0))
  }
  return found
}

/** QEMU keeps the low 32 bits, which hold every device number that a Linux guest can make. */
const cut = (rdev: DeviceNumber): number => Number(BigInt.asIntN(32, packDevice(rdev)))

/** Writes a record: QEMU's order, each value as a signed 32-bit decimal, none that is absent or −1. */
export function encodeRecord({ uid, gid, mode, rdev }: Ownership): Buffer {
  const values = { uid, gid, mode, rdev: rdev && cut(rdev) }
  const lines = OWNERSHIP_KEYS.map((key) => {
    const value = values[key]
    return value === undefined || (value | 0) === -1 ? '' : `${PREFIX_OF[key]}=${value | 0}\n`
  })
  return Buffer.from(lines.join(''), 'latin1')
}
