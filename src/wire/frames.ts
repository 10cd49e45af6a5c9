// A byte stream to frames, without copying. Made for a net.Socket with `onread: { buffer: () => reader.tail(),
// callback: (n) => … }`: the socket writes into the reader's own buffer, and the frames are looked at where they lie.

import { ErrnoError } from '../errors.js'
import { HEADER_SIZE } from './constants.js'
import { Cursor } from './cursor.js'

const INITIAL_CAPACITY = 65536

export interface FrameReaderOptions {
  /** Bytes of buffer to begin with. */
  readonly capacity?: number
  /** True for a client that keeps what it reads: see Cursor. */
  readonly copiesPayload?: boolean
}

/**
 * The receive side of one connection. After each read call `received(n)`, then `next()` until it returns false (or
 * leave frames for later: they are kept), and give the socket `tail()` for the next read.
 *
 * Whatever was taken from a frame by reference (Twrite's data) is valid until `tail()` is called, that is, until the
 * socket's callback returns: a handler that goes on asynchronously copies it first.
 */
export class FrameReader {
  /** Stands at the body of the frame that `next` found, and ends where it ends. */
  readonly cursor: Cursor
  /** Of the frame that `next` found. */
  type = 0
  tag = 0
  size = 0

  /** Most bytes of one frame: the server's own maximum at first, what Tversion negotiated after that. */
  limit: number

  #buffer: Buffer
  #start = 0
  #end = 0

  constructor(limit: number, { capacity = INITIAL_CAPACITY, copiesPayload = false }: FrameReaderOptions = {}) {
    this.limit = limit
    // Of its own, never out of Node's shared pool: other code may hold slices of that.
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(capacity, HEADER_SIZE))
    this.cursor = new Cursor(this.#buffer, { copiesPayload })
  }

  /** Bytes received and not yet taken as frames. */
  get pending(): number {
    return this.#end - this.#start
  }

  /** The place for the next read, never empty. It stays valid until the next call, whatever `next` does meanwhile. */
  tail(): Buffer {
    if (this.#start === this.#end) this.#start = this.#end = 0
    const wanted =
      this.pending < HEADER_SIZE ? HEADER_SIZE : Math.min(this.cursor.view.getUint32(this.#start, true), this.limit)
    // A frame that cannot end before the buffer does is moved now, while little of it is there; all others stay.
    if (this.#start + wanted > this.#buffer.length || this.#end === this.#buffer.length) this.#moveToFront()
    if (this.#end === this.#buffer.length) this.#grow()
    return this.#buffer.subarray(this.#end)
  }

  /** Says how many bytes the socket put into the tail. */
  received(count: number): void {
    if (count > this.#buffer.length - this.#end) throw new RangeError('Cannot accept bytes: more than the tail holds')
    this.#end += count
  }

  /**
   * Takes the next complete frame: sets `type`, `tag` and `size`, and puts `cursor` at its body. Returns false if there
   * is none yet. Throws ErrnoError EMSGSIZE for a size below the header's or above `limit`: the stream has lost its
   * frames and cannot be read any further, so the connection must end.
   */
  next(): boolean {
    const { view } = this.cursor
    const start = this.#start
    const pending = this.#end - start
    if (pending < 4) return false
    const size = view.getUint32(start, true)
    if (size < HEADER_SIZE || size > this.limit) {
      throw new ErrnoError('EMSGSIZE', { op: 'accept frame', size, limit: this.limit })
    }
    if (pending < size) return false
    this.size = size
    this.type = view.getUint8(start + 4)
    this.tag = view.getUint16(start + 5, true)
    this.cursor.position = start + HEADER_SIZE
    this.cursor.end = start + size
    this.#start = start + size
    return true
  }

  #moveToFront(): void {
    this.#buffer.copyWithin(0, this.#start, this.#end)
    this.#end -= this.#start
    this.#start = 0
  }

  /**
   * Doubles a buffer that is full, so that memory follows the bytes that arrived and never a size that a frame claims.
   * One partial frame needs no more than `limit`; only complete frames left for later can make it larger.
   */
  #grow(): void {
    const { length } = this.#buffer
    const doubled = Buffer.allocUnsafeSlow(length < this.limit ? Math.min(length * 2, this.limit) : length * 2)
    this.#buffer.copy(doubled, 0, this.#start, this.#end)
    this.#end -= this.#start
    this.#start = 0
    this.#buffer = doubled
    this.cursor.reset(doubled)
  }
}
