// The stat record of 9P2000.u: what Rstat and a directory's content are made of, and what Twstat changes (reference
// §3.18, §5.1; Linux: struct p9_wstat in include/net/9p/9p.h).

import type { GuestGid, GuestUid } from '../ids.js'
import { checkName, type Name } from '../name.js'
import { Cursor } from './cursor.js'
import { type Field, gid, i64, sized, struct, text, u16, u32, uid, type ValueOf } from './fields.js'
import { qid } from './qid.js'

/** All bits set: in Twstat, "leave this as it is". `length` reads as −1 then. */
export const DONT_TOUCH = 0xffff_ffff
export const DONT_TOUCH_LENGTH = -1

/** A new name, or "" for none. "." and ".." are what they are for rename(2). */
const changedName: Field<Name | ''> = {
  kind: { of: 'changedName' },
  read(c) {
    const value = text.read(c)
    return value === '' ? value : checkName(value, { dot: 'EBUSY', dotDot: 'EBUSY' })
  },
  write: text.write,
  size: text.size,
}

const layoutWith = <T extends string>(name: Field<T>) =>
  ({
    /** For the server's own use: 0. */
    type: u16,
    dev: u32,
    qid,
    /** DM_* and permission bits. */
    mode: u32,
    /** Seconds since 1970. */
    atime: u32,
    mtime: u32,
    /** Bytes. */
    length: i64,
    name,
    /** Names of users, which 9P2000.u has numbers for. */
    uid: text,
    gid: text,
    muid: text,
    /** A symlink's target, a device's "b MAJOR MINOR". */
    extension: text,
    nUid: uid,
    nGid: gid,
    nMuid: u32,
  }) as const

const layout = layoutWith(text)
const changeLayout = layoutWith(changedName)

/** One object as 9P2000.u shows it. Strings are Latin-1 bytes. */
export type StatRecord = ValueOf<typeof layout>
/** What a Twstat asks for. */
export type StatChange = ValueOf<typeof changeLayout>

/** A record with its own size before it, as it stands in a directory. */
export const statRecord: Field<StatRecord> = sized(struct(layout))

/** In Rstat and Twstat another size stands before that, which counts it. */
export const statInMessage: Field<StatRecord> = sized(statRecord)
export const changeInMessage: Field<StatChange> = sized(sized(struct(changeLayout)))

/** The most bytes that a record's size can count. */
export const STAT_RECORD_MAX = 0xffff - 2

/** All records in what a directory was read as. Throws ErrnoError EPROTO where the last one is cut. */
export function readStatRecords(content: Uint8Array): StatRecord[] {
  const cursor = new Cursor(Buffer.from(content.buffer, content.byteOffset, content.length))
  const records: StatRecord[] = []
  while (cursor.position < cursor.end) records.push(statRecord.read(cursor))
  return records
}

/** A change that leaves everything as it is, to begin from: by itself it asks for the file to be synced. */
export const NO_CHANGE: StatChange = {
  type: 0xffff,
  dev: DONT_TOUCH,
  qid: { type: 0xff, version: DONT_TOUCH, path: 0xffff_ffff_ffff_ffffn },
  mode: DONT_TOUCH,
  atime: DONT_TOUCH,
  mtime: DONT_TOUCH,
  length: DONT_TOUCH_LENGTH,
  name: '',
  uid: '',
  gid: '',
  muid: '',
  extension: '',
  nUid: DONT_TOUCH as GuestUid,
  nGid: DONT_TOUCH as GuestGid,
  nMuid: DONT_TOUCH,
}
