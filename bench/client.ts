// One request at a time, with its reply looked at: what prepares a measurement, and what checks that a server which
// answers fast also answers right.

import { ErrnoError } from '../src/errors.js'
import type { Connection } from './connection.js'
import { CREATE_FLAGS, frame, HEADER_SIZE, MessageType, NOFID, NOTAG, STAT_MASK, str, u16, u32, u64 } from './frames.js'

/** The most that is asked for; a server may answer with less. */
const MSIZE = 2 ** 20
/** Rread and Twrite, header and fixed fields; the Linux client leaves as much (P9_IOHDRSZ). */
const IO_HEADER_SIZE = 24

/** The members of Rgetattr that the benchmark checks. */
export interface Attributes {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: bigint
}

export class Client {
  /** The most bytes one Tread or Twrite can carry. */
  readonly ioSize: number
  private readonly incoming = Buffer.alloc(MSIZE)
  private lastFid = 0
  readonly root = 0

  /** Attaches as root to `aname` (diod: the exported path). */
  constructor(
    readonly connection: Connection,
    aname: string,
  ) {
    const version = this.call('Tversion', u32(MSIZE), str('9P2000.L'))
    this.ioSize = version.readUInt32LE(0) - IO_HEADER_SIZE
    this.call('Tattach', u32(this.root), u32(NOFID), str('root'), str(aname), u32(0))
  }

  /** Sends one request and returns the body of its reply, valid until the next call. */
  call(name: Exclude<keyof typeof MessageType, 'Rlerror'>, ...body: readonly Buffer[]): Buffer {
    const type = MessageType[name]
    const request = frame(type, type === MessageType.Tversion ? NOTAG : 0, ...body)
    this.connection.write(request, request.length)
    let end = 0
    do end += this.connection.read(this.incoming, end)
    while (end < HEADER_SIZE || end < this.incoming.readUInt32LE(0))
    const reply = this.incoming.subarray(HEADER_SIZE, end)
    if (this.incoming[4] === MessageType.Rlerror)
      throw new ErrnoError(reply.readUInt32LE(0), { op: `complete ${name}` })
    if (this.incoming[4] !== type + 1) throw new Error(`Cannot accept a reply of type ${this.incoming[4]} to ${name}`)
    return reply
  }

  /** A fid that nobody uses yet. */
  newFid(): number {
    return ++this.lastFid
  }

  /** Walks from `fid` to `names` and returns the new fid. */
  walk(fid: number, ...names: readonly string[]): number {
    const newfid = this.newFid()
    const reply = this.call('Twalk', u32(fid), u32(newfid), u16(names.length), ...names.map(str))
    if (reply.readUInt16LE(0) !== names.length) throw new Error(`Cannot walk to "${names.join('/')}"`)
    return newfid
  }

  /** Walks to a file and opens it. */
  open(fid: number, flags: number, ...names: readonly string[]): number {
    const opened = this.walk(fid, ...names)
    this.call('Tlopen', u32(opened), u32(flags))
    return opened
  }

  mkdir(dfid: number, name: string): void {
    this.call('Tmkdir', u32(dfid), str(name), u32(0o755), u32(0))
  }

  /** Creates a file, writes `content`, and clunks. */
  create(dfid: number, name: string, mode: number, gid: number, content: Buffer): void {
    const fid = this.walk(dfid)
    this.call('Tlcreate', u32(fid), str(name), u32(CREATE_FLAGS), u32(mode), u32(gid))
    for (let offset = 0; offset < content.length;) {
      const part = content.subarray(offset, offset + this.ioSize)
      offset += this.call('Twrite', u32(fid), u64(offset), u32(part.length), part).readUInt32LE(0)
    }
    this.call('Tclunk', u32(fid))
  }

  getattr(fid: number): Attributes {
    const reply = this.call('Tgetattr', u32(fid), u64(STAT_MASK))
    return {
      mode: reply.readUInt32LE(21),
      uid: reply.readUInt32LE(25),
      gid: reply.readUInt32LE(29),
      size: reply.readBigUInt64LE(49),
    }
  }
}
