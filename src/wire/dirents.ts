// The entries inside Rreaddir's payload. They are written one by one into their place in the reply, and only whole
// ones: Linux answers EIO to a payload that ends within an entry (p9dirent_read).

import { Cursor } from './cursor.js'
import type { WalkName } from '../name.js'
import { id64, struct, u8, type ValueOf, walkName } from './fields.js'
import { qid } from './qid.js'

const layout = { qid, offset: id64, type: u8, name: walkName } as const

/** One directory entry. `offset` is the position behind it, for the next Treaddir; `type` is a DT_* of dirent.h. */
export type Dirent = ValueOf<typeof layout>

/** One directory entry; a server writes it with a second cursor that stands in the payload's place. */
export const dirent = struct(layout)

/** Bytes that an entry with this name takes. */
export const direntSize = (name: WalkName): number => 24 + name.length

/** All entries of one Rreaddir. Throws ErrnoError EPROTO where the last one is cut. */
export function readDirents(payload: Uint8Array): Dirent[] {
  const cursor = new Cursor(Buffer.from(payload.buffer, payload.byteOffset, payload.length))
  const entries: Dirent[] = []
  while (cursor.position < cursor.end) entries.push(dirent.read(cursor))
  return entries
}
