// A position in a buffer that frames are read from or written to. One cursor serves a whole connection: making one
// costs more than decoding a small message, so it is pointed at the next frame instead.

import { ErrnoError } from '../errors.js'

declare global {
  interface Buffer {
    // Node's own primitives behind toString('latin1') and write(…, 'latin1'), without the parsing of their arguments.
    latin1Slice(start: number, end: number): string
    latin1Write(text: string, start: number, length: number): number
  }
}

/** A read or write position. `claim` and `reserve` are the only ways forward, so they are the only bounds checks. */
export class Cursor {
  bytes: Buffer
  view: DataView
  position: number
  /** Where the frame being read, or the room for writing, ends. */
  end: number
  /** True if decoded payloads are copies; otherwise they are views that live only as long as the buffer's content. */
  readonly copiesPayload: boolean

  constructor(bytes: Buffer, { copiesPayload = false } = {}) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.position = 0
    this.end = bytes.length
    this.copiesPayload = copiesPayload
  }

  /** Points at `bytes` from `position` to `end`. */
  reset(bytes: Buffer, position = 0, end = bytes.length): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    }
    this.position = position
    this.end = end
  }

  /** Takes the next `size` bytes for reading and returns where they start. A frame too short for them is EPROTO. */
  claim(size: number): number {
    const start = this.position
    if (size > this.end - start)
      throw new ErrnoError('EPROTO', { op: 'read message', needed: size, left: this.end - start })
    this.position = start + size
    return start
  }

  /** Takes the next `size` bytes for writing and returns where they start. Too little room is a defect, not an answer. */
  reserve(size: number): number {
    const start = this.position
    if (size > this.end - start)
      throw new RangeError(`Cannot write message: ${size} bytes needed, ${this.end - start} left`)
    this.position = start + size
    return start
  }
}
