// The kinds of values that 9P messages are made of: how each is read from a frame and written to one. Reading trusts
// nothing: lengths and counts come from the other side, so every byte is claimed before it is looked at and nothing is
// allocated by a claimed size. Writing trusts its caller: strings are Latin-1, numbers in range.

import { ErrnoError, type ErrnoName } from '../errors.js'
import { type GuestGid, type GuestUid, guestGid, guestUid } from '../ids.js'
import { checkName, type DotRefusal, type Name, type WalkName } from '../name.js'
import type { Cursor } from './cursor.js'

/** How one value travels. The wire order of a message is the order of its fields. */
export interface Field<T> {
  /** What this field is, as plain data: for tests and documentation that walk the table. */
  readonly kind: Kind
  read(from: Cursor): T
  write(to: Cursor, value: T): void
  /** Bytes that `write` takes. */
  size(value: T): number
}

/** A field described as data. `refusal` holds the errnos of a name; `most` is the largest count of a list. */
export type Kind =
  | { readonly of: 'u8' | 'u16' | 'u32' | 'id64' | 'u64' | 'offset64' | 'i64' | 'mask64' }
  | { readonly of: 'text' | 'cstring' | 'walkName' | 'changedName' | 'data' }
  | { readonly of: 'name'; readonly refusal: DotRefusal }
  | { readonly of: 'list'; readonly item: Field<unknown>; readonly most: number }
  | { readonly of: 'sized'; readonly item: Field<unknown> }
  | { readonly of: 'struct'; readonly fields: readonly (readonly [string, Field<unknown>])[] }

export type Layout = Readonly<Record<string, Field<unknown>>>
export type ValueOf<L extends Layout> = { readonly [K in keyof L]: L[K] extends Field<infer T> ? T : never }

const TWO_32 = 2 ** 32
/** High words from here on make a number that a double cannot hold exactly. */
const FIRST_UNSAFE_HIGH = 0x20_0000

export const u8: Field<number> = {
  kind: { of: 'u8' },
  read: (c) => c.view.getUint8(c.claim(1)),
  write: (c, value) => c.view.setUint8(c.reserve(1), value),
  size: () => 1,
}

export const u16: Field<number> = {
  kind: { of: 'u16' },
  read: (c) => c.view.getUint16(c.claim(2), true),
  write: (c, value) => c.view.setUint16(c.reserve(2), value, true),
  size: () => 2,
}

export const u32: Field<number> = {
  kind: { of: 'u32' },
  read: (c) => c.view.getUint32(c.claim(4), true),
  write: (c, value) => c.view.setUint32(c.reserve(4), value, true),
  size: () => 4,
}

/** A user id as the guest knows it. */
export const uid: Field<GuestUid> = {
  kind: u32.kind,
  read: (c) => guestUid(u32.read(c)),
  write: u32.write,
  size: u32.size,
}

/** A group id as the guest knows it. */
export const gid: Field<GuestGid> = {
  kind: u32.kind,
  read: (c) => guestGid(u32.read(c)),
  write: u32.write,
  size: u32.size,
}

/** 64 opaque bits, each kept: qid.path, readdir positions, device numbers, generations, lock ranges. */
export const id64: Field<bigint> = {
  kind: { of: 'id64' },
  read: (c) => c.view.getBigUint64(c.claim(8), true),
  write: (c, value) => c.view.setBigUint64(c.reserve(8), value, true),
  size: () => 8,
}

/** A 64-bit quantity at a place already claimed; see `u64`. */
export function getU64(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true)
  return high >= FIRST_UNSAFE_HIGH ? Number.MAX_SAFE_INTEGER : high * TWO_32 + view.getUint32(at, true)
}

/** A signed 64-bit quantity at a place already claimed; see `i64`. */
export function getI64(view: DataView, at: number): number {
  const high = view.getInt32(at + 4, true)
  if (high >= FIRST_UNSAFE_HIGH) return Number.MAX_SAFE_INTEGER
  if (high < -FIRST_UNSAFE_HIGH) return Number.MIN_SAFE_INTEGER
  return Math.max(Number.MIN_SAFE_INTEGER, high * TWO_32 + view.getUint32(at, true))
}

/** Writes an integer, negative ones in two's complement, at a place already reserved. */
export function setNumber64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true)
  view.setInt32(at + 4, Math.floor(value / TWO_32), true)
}

const writeNumber64 = (c: Cursor, value: number): void => setNumber64(c.view, c.reserve(8), value)

/**
 * A 64-bit quantity as a number. From 2^53 on it reads as Number.MAX_SAFE_INTEGER, which is beyond every limit that a
 * quantity is compared with (an xattr's size, a second's nanoseconds), so whoever uses it gives the right refusal.
 * It is not refused here because Linux before 5.17 leaves the fields of Tsetattr that `valid` does not name uninitialised.
 */
export const u64: Field<number> = {
  kind: { of: 'u64' },
  read: (c) => getU64(c.view, c.claim(8)),
  write: writeNumber64,
  size: () => 8,
}

/**
 * A position in a file. From 2^63 on it is negative to the kernel: EINVAL. Between 2^53 and 2^63 it
 * reads as Number.MAX_SAFE_INTEGER: no file reaches that, so the kernel answers as it would have (end of file, EFBIG).
 */
export const offset64: Field<number> = {
  kind: { of: 'offset64' },
  read(c) {
    const offset = i64.read(c)
    if (offset < 0) throw new ErrnoError('EINVAL', { op: 'accept offset', offset })
    return offset
  },
  write: writeNumber64,
  size: () => 8,
}

/** A signed 64-bit quantity (seconds, which may precede 1970), cut to what a number holds exactly. */
export const i64: Field<number> = {
  kind: { of: 'i64' },
  read: (c) => getI64(c.view, c.claim(8)),
  write: writeNumber64,
  size: () => 8,
}

/** A set of flags in 64 bits of which the protocol has never used the upper 32: they are ignored, and written as 0. */
export const mask64: Field<number> = {
  kind: { of: 'mask64' },
  read: (c) => c.view.getUint32(c.claim(8), true),
  write(c, value) {
    const at = c.reserve(8)
    c.view.setUint32(at, value, true)
    c.view.setUint32(at + 4, 0, true)
  },
  size: () => 8,
}

function readText(c: Cursor): string {
  const length = c.view.getUint16(c.claim(2), true)
  const start = c.claim(length)
  return c.bytes.latin1Slice(start, start + length)
}

function writeText(c: Cursor, text: string): void {
  if (text.length > 0xffff)
    throw new RangeError(`Cannot write string: ${text.length} bytes do not fit its length field`)
  c.view.setUint16(c.reserve(2), text.length, true)
  c.bytes.latin1Write(text, c.reserve(text.length), text.length)
}

const textSize = (text: string): number => 2 + text.length

/** Any bytes, empty included, as a Latin-1 string. */
export const text: Field<string> = { kind: { of: 'text' }, read: readText, write: writeText, size: textSize }

/**
 * Bytes that will reach the kernel as a C string: symlink targets, xattr names. A NUL inside would cut the string
 * behind every check made on it, so it is refused like a name's (ENOENT). Empty is accepted: Txattrwalk means a list.
 */
export const cstring: Field<string> = {
  kind: { of: 'cstring' },
  read(c) {
    const value = readText(c)
    if (value.includes('\0')) throw new ErrnoError('ENOENT', { op: 'accept string', value })
    return value
  },
  write: writeText,
  size: textSize,
}

/** One path component. Refusing here is what lets every handler pass a name to an *at() call unchecked. */
export function name(refusal: DotRefusal): Field<Name> {
  return {
    kind: { of: 'name', refusal },
    read: (c) => checkName(readText(c), refusal),
    write: writeText,
    size: textSize,
  }
}

export const walkName: Field<WalkName> = {
  kind: { of: 'walkName' },
  read(c) {
    const value = readText(c)
    return value === '.' || value === '..' ? value : checkName(value, { dot: 'EINVAL', dotDot: 'EINVAL' })
  },
  write: writeText,
  size: textSize,
}

/**
 * Payload bytes behind their count, which must say how many follow: more than are there is EPROTO, fewer EINVAL.
 * Read as a view of the frame unless the cursor copies. Written by copying, except where the payload already lies in
 * its place (see `payloadAt`).
 */
export const data: Field<Uint8Array> = {
  kind: { of: 'data' },
  read(c) {
    const length = c.view.getUint32(c.claim(4), true)
    const start = c.claim(length)
    if (c.position !== c.end)
      throw new ErrnoError('EINVAL', { op: 'accept payload', count: length, present: c.end - start })
    const payload = c.bytes.subarray(start, start + length)
    return c.copiesPayload ? Buffer.from(payload) : payload
  },
  write(c, payload) {
    c.view.setUint32(c.reserve(4), payload.length, true)
    const at = c.reserve(payload.length)
    const isInPlace = payload.buffer === c.bytes.buffer && payload.byteOffset === c.bytes.byteOffset + at
    if (!isInPlace) c.bytes.set(payload, at)
  },
  size: (payload) => 4 + payload.length,
}

/** A count and as many items. More than `most` is refused with `refusal` before any is read. */
export function list<T>(item: Field<T>, most: number, refusal: ErrnoName): Field<readonly T[]> {
  return {
    kind: { of: 'list', item, most },
    read(c) {
      const count = c.view.getUint16(c.claim(2), true)
      if (count > most) throw new ErrnoError(refusal, { op: 'accept list', count, most })
      const items: T[] = []
      for (let i = 0; i < count; i++) items.push(item.read(c))
      return items
    },
    write(c, items) {
      c.view.setUint16(c.reserve(2), items.length, true)
      for (const value of items) item.write(c, value)
    },
    size: (items) => items.reduce((sum, value) => sum + item.size(value), 2),
  }
}

/** Fields one behind the other. Objects are built from {} in field order, which V8 gives one fast shape a message. */
export function struct<L extends Layout>(layout: L): Field<ValueOf<L>> {
  const entries = Object.entries(layout)
  // Trailing bytes are judged against the payload's count, so nothing may follow a payload.
  if (entries.slice(0, -1).some(([, field]) => holdsData(field))) {
    throw new TypeError('Cannot lay out a message: data must be its last field')
  }
  const keys = entries.map(([key]) => key)
  const fields = entries.map(([, field]) => field)
  return {
    kind: { of: 'struct', fields: entries },
    read(c) {
      const value: Record<string, unknown> = {}
      for (let i = 0; i < fields.length; i++) value[keys[i]!] = fields[i]!.read(c)
      return value as ValueOf<L>
    },
    write(c, value) {
      for (let i = 0; i < fields.length; i++) fields[i]!.write(c, value[keys[i]!])
    },
    size: (value) => fields.reduce((sum, field, i) => sum + field.size(value[keys[i]!]), 0),
  }
}

/** A value behind a 16-bit count of its bytes, which is written and not believed: the fields say where they end. */
export function sized<T>(item: Field<T>): Field<T> {
  return {
    kind: { of: 'sized', item },
    read(c) {
      c.claim(2)
      return item.read(c)
    },
    write(c, value) {
      const at = c.reserve(2)
      item.write(c, value)
      c.view.setUint16(at, c.position - at - 2, true)
    },
    size: (value) => 2 + item.size(value),
  }
}

function holdsData({ kind }: Field<unknown>): boolean {
  if (kind.of === 'list' || kind.of === 'sized') return holdsData(kind.item)
  return kind.of === 'data' || (kind.of === 'struct' && kind.fields.some(([, field]) => holdsData(field)))
}
