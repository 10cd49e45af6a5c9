// 9P2000.L frames made by hand: `size[4] type[1] tag[2] body`, little-endian. Written apart from src/wire on purpose: the
// load costs no more than the bytes it sends, and a mistake in the product's codec shows as a failed run.

/** The messages sent here. A reply's type is its request's plus one (include/net/9p/9p.h). */
export const MessageType = {
  Rlerror: 7,
  Tlopen: 12,
  Tlcreate: 14,
  Tgetattr: 24,
  Treaddir: 40,
  Tmkdir: 72,
  Tversion: 100,
  Tattach: 104,
  Twalk: 110,
  Tread: 116,
  Twrite: 118,
  Tclunk: 120,
} as const

export const HEADER_SIZE = 7
export const NOTAG = 0xffff
export const NOFID = 0xffff_ffff

/** What the Linux client asks for: on a lookup (BASIC and GEN), and on stat(2) (everything). */
export const LOOKUP_MASK = 0x17ff
export const STAT_MASK = 0x3fff

/** What the Linux client sends with open(2) for writing a new file: O_WRONLY, O_CREAT, O_EXCL, O_LARGEFILE. */
export const CREATE_FLAGS = 0o100301
export const O_RDONLY = 0
export const O_RDWR = 2

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

export function str(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([u16(bytes.length), bytes])
}

/** One whole frame. */
export function frame(type: number, tag: number, ...body: readonly Buffer[]): Buffer {
  const size = body.reduce((sum, part) => sum + part.length, HEADER_SIZE)
  return Buffer.concat([u32(size), Buffer.from([type]), u16(tag), ...body])
}
