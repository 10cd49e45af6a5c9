// The replies of one connection, gathered in one buffer so that everything answered together leaves with one write.
// A buffer is filled again only when its write has finished, and their number is bounded: a client that does not read
// its replies gets no more work done.

import { encode, payloadAt, sizeOf } from '../wire/codec.js'
import { PAYLOAD_HEADER_SIZE } from '../wire/constants.js'
import { Cursor } from '../wire/cursor.js'
import type { Body, MessageName } from '../wire/messages.js'

/** Sends bytes in order; calls `done` when they may be overwritten. */
export type Send = (bytes: Buffer, done: () => void) => void

/** Bytes of a buffer at first; a reply that needs more makes all later buffers as large, up to msize. */
const CAPACITY = 128 * 1024
/** Bytes on their way to a client that does not read, from which on nothing more is answered. */
const QUEUED_MAX = 4 * 1024 * 1024
/** Buffers kept for reuse. */
const SPARE_MAX = 2

export class Replies {
  readonly cursor: Cursor
  private readonly spare: Buffer[] = []
  private queued = 0
  private capacity = CAPACITY

  /** `onDrained` is called when a client that had stopped reading goes on. */
  constructor(
    private readonly send: Send,
    private readonly onDrained: () => void,
  ) {
    this.cursor = new Cursor(Buffer.allocUnsafeSlow(CAPACITY))
  }

  /** True while too much is on its way to go on answering. */
  get isFull(): boolean {
    return this.queued >= QUEUED_MAX
  }

  /** The place for the payload of the reply that is answered next: `count` bytes, which `add` will not copy. */
  payload(count: number): Buffer {
    this.makeRoom(PAYLOAD_HEADER_SIZE + count)
    return payloadAt(this.cursor, count)
  }

  /** Adds a reply; returns the size of its frame. */
  add<N extends MessageName>(tag: number, message: N, body: Body<N>): number {
    this.makeRoom(sizeOf(message, body))
    return encode(this.cursor, tag, message, body)
  }

  /** Sends what was added since. */
  flush(): void {
    const { cursor } = this
    if (cursor.position === 0) return
    const { bytes } = cursor
    const sent = bytes.subarray(0, cursor.position)
    this.queued += sent.length
    cursor.reset(this.spare.pop() ?? Buffer.allocUnsafeSlow(this.capacity))
    this.send(sent, () => {
      const wasFull = this.isFull
      this.queued -= sent.length
      if (bytes.length === this.capacity && this.spare.length < SPARE_MAX) this.spare.push(bytes)
      if (wasFull && !this.isFull) this.onDrained()
    })
  }

  private makeRoom(size: number): void {
    const { cursor } = this
    if (cursor.end - cursor.position >= size) return
    this.flush()
    if (cursor.end >= size) return
    this.capacity = Math.max(this.capacity, size)
    this.spare.length = 0
    cursor.reset(Buffer.allocUnsafeSlow(this.capacity))
  }
}
