// The messages of 9P2000.L and 9P2000.u, one row each (Linux: include/net/9p/9p.h, net/9p/client.c). Field names are the protocol's
// in camel case. A reply's type is its request's plus one. Types are inferred from the table: nothing is said twice.

import { ErrnoError } from '../errors.js'
import type { DotRefusal } from '../name.js'
import { attributes } from './attributes.js'
import { MAXWELEM, SETATTR_SIZE } from './constants.js'
import {
  cstring,
  data,
  type Field,
  gid,
  i64,
  id64,
  list,
  mask64,
  name,
  offset64,
  struct,
  text,
  u16,
  u32,
  u64,
  u8,
  uid,
  type ValueOf,
  walkName,
} from './fields.js'
import { messagesOfU } from './messages-u.js'
import { qid } from './qid.js'

// What "." and ".." answer differs from message to message in QEMU (hw/9pfs/9p.c); "", "/" and NUL are ENOENT always.
const onCreate: DotRefusal = { dot: 'EEXIST', dotDot: 'EEXIST' }
const onRename: DotRefusal = { dot: 'EISDIR', dotDot: 'EISDIR' }
const onUnlink: DotRefusal = { dot: 'EINVAL', dotDot: 'ENOTEMPTY' }

const newName = name(onCreate)
const movedName = name(onRename)

const setattrLayout = {
  fid: u32,
  valid: u32,
  mode: u32,
  uid,
  gid,
  size: i64,
  atimeSec: i64,
  atimeNsec: u64,
  mtimeSec: i64,
  mtimeNsec: u64,
} as const

const rawSetattr = struct(setattrLayout)

/** A negative size is EINVAL as an offset's would be, but only where SETATTR_SIZE says that there is a size at all. */
const setattr: Field<ValueOf<typeof setattrLayout>> = {
  kind: rawSetattr.kind,
  read(c) {
    const body = rawSetattr.read(c)
    if ((body.valid & SETATTR_SIZE) !== 0 && body.size < 0) {
      throw new ErrnoError('EINVAL', { op: 'accept size', size: body.size })
    }
    return body
  },
  write: rawSetattr.write,
  size: rawSetattr.size,
}

const lockRange = { start: id64, length: id64, procId: u32, clientId: text } as const

/** Every message: its type and the fields of its body, in wire order. */
export const messages = {
  ...messagesOfU,
  Rlerror: { type: 7, body: struct({ ecode: u32 }) },
  Tstatfs: { type: 8, body: struct({ fid: u32 }) },
  Rstatfs: {
    type: 9,
    body: struct({
      type: u32,
      bsize: u32,
      blocks: u64,
      bfree: u64,
      bavail: u64,
      files: u64,
      ffree: u64,
      fsid: id64,
      namelen: u32,
    }),
  },
  Tlopen: { type: 12, body: struct({ fid: u32, flags: u32 }) },
  Rlopen: { type: 13, body: struct({ qid, iounit: u32 }) },
  Tlcreate: { type: 14, body: struct({ fid: u32, name: newName, flags: u32, mode: u32, gid }) },
  Rlcreate: { type: 15, body: struct({ qid, iounit: u32 }) },
  Tsymlink: { type: 16, body: struct({ dfid: u32, name: newName, symtgt: cstring, gid }) },
  Rsymlink: { type: 17, body: struct({ qid }) },
  Tmknod: { type: 18, body: struct({ dfid: u32, name: newName, mode: u32, major: u32, minor: u32, gid }) },
  Rmknod: { type: 19, body: struct({ qid }) },
  Trename: { type: 20, body: struct({ fid: u32, dfid: u32, name: movedName }) },
  Rrename: { type: 21, body: struct({}) },
  Treadlink: { type: 22, body: struct({ fid: u32 }) },
  Rreadlink: { type: 23, body: struct({ target: text }) },
  Tgetattr: { type: 24, body: struct({ fid: u32, requestMask: mask64 }) },
  Rgetattr: {
    type: 25,
    body: attributes,
  },
  Tsetattr: { type: 26, body: setattr },
  Rsetattr: { type: 27, body: struct({}) },
  Txattrwalk: { type: 30, body: struct({ fid: u32, newfid: u32, name: cstring }) },
  Rxattrwalk: { type: 31, body: struct({ size: u64 }) },
  Txattrcreate: { type: 32, body: struct({ fid: u32, name: cstring, attrSize: u64, flags: u32 }) },
  Rxattrcreate: { type: 33, body: struct({}) },
  Treaddir: { type: 40, body: struct({ fid: u32, offset: id64, count: u32 }) },
  Rreaddir: { type: 41, body: struct({ data }) },
  Tfsync: { type: 50, body: struct({ fid: u32, datasync: u32 }) },
  Rfsync: { type: 51, body: struct({}) },
  Tlock: { type: 52, body: struct({ fid: u32, type: u8, flags: u32, ...lockRange }) },
  Rlock: { type: 53, body: struct({ status: u8 }) },
  Tgetlock: { type: 54, body: struct({ fid: u32, type: u8, ...lockRange }) },
  Rgetlock: { type: 55, body: struct({ type: u8, ...lockRange }) },
  Tlink: { type: 70, body: struct({ dfid: u32, fid: u32, name: newName }) },
  Rlink: { type: 71, body: struct({}) },
  Tmkdir: { type: 72, body: struct({ dfid: u32, name: newName, mode: u32, gid }) },
  Rmkdir: { type: 73, body: struct({ qid }) },
  Trenameat: { type: 74, body: struct({ olddirfid: u32, oldname: movedName, newdirfid: u32, newname: movedName }) },
  Rrenameat: { type: 75, body: struct({}) },
  Tunlinkat: { type: 76, body: struct({ dirfid: u32, name: name(onUnlink), flags: u32 }) },
  Runlinkat: { type: 77, body: struct({}) },
  Tversion: { type: 100, body: struct({ msize: u32, version: text }) },
  Rversion: { type: 101, body: struct({ msize: u32, version: text }) },
  Tauth: { type: 102, body: struct({ afid: u32, uname: text, aname: text, nUname: uid }) },
  Rauth: { type: 103, body: struct({ aqid: qid }) },
  Tattach: { type: 104, body: struct({ fid: u32, afid: u32, uname: text, aname: text, nUname: uid }) },
  Rattach: { type: 105, body: struct({ qid }) },
  Tflush: { type: 108, body: struct({ oldtag: u16 }) },
  Rflush: { type: 109, body: struct({}) },
  Twalk: { type: 110, body: struct({ fid: u32, newfid: u32, wnames: list(walkName, MAXWELEM, 'EINVAL') }) },
  Rwalk: { type: 111, body: struct({ wqids: list(qid, MAXWELEM, 'EINVAL') }) },
  Tread: { type: 116, body: struct({ fid: u32, offset: offset64, count: u32 }) },
  Rread: { type: 117, body: struct({ data }) },
  Twrite: { type: 118, body: struct({ fid: u32, offset: offset64, data }) },
  Rwrite: { type: 119, body: struct({ count: u32 }) },
  Tclunk: { type: 120, body: struct({ fid: u32 }) },
  Rclunk: { type: 121, body: struct({}) },
  Tremove: { type: 122, body: struct({ fid: u32 }) },
  Rremove: { type: 123, body: struct({}) },
} as const

export type MessageName = keyof typeof messages
/** The body of a message, as decoding makes it and encoding takes it. */
export type Body<N extends MessageName> = (typeof messages)[N]['body'] extends Field<infer T> ? T : never
export type Request = Extract<MessageName, `T${string}`>
export type ReplyTo<N extends Request> = N extends `T${infer Operation}` ? Extract<MessageName, `R${Operation}`> : never
