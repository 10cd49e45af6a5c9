// Requests and their replies over one connection: any number in flight, matched by tag.

import { ErrnoError } from '../errors.js'
import { decode, encode, replyTo, rows } from '../wire/codec.js'
import { NOTAG } from '../wire/constants.js'
import type { FrameReader } from '../wire/frames.js'
import type { Body, ReplyTo, Request } from '../wire/messages.js'
import type { Address } from './address.js'
import { Connection } from './connection.js'

/** A request on its way: `tag` names it for Tflush. */
export interface Call<N extends Request> {
  readonly tag: number
  readonly reply: Promise<Body<ReplyTo<N>>>
}

interface Pending {
  readonly message: Request
  settle(reader: FrameReader): void
  reject(reason: unknown): void
}

export class Rpc implements AsyncDisposable {
  #connection!: Connection
  readonly #pending = new Map<number, Pending>()
  readonly #freeTags: number[] = []
  #tagsMade = 0
  #failure: Error | undefined

  private constructor() {}

  /** Connects without saying anything yet; `msize` bounds the frames of both directions until `msize` is set again. */
  static async open(address: string | Address, msize: number): Promise<Rpc> {
    const rpc = new Rpc()
    rpc.#connection = await Connection.open(address, msize, {
      frame: (reader) => rpc.#take(reader),
      end: (reason) => rpc.#fail(reason ?? new ErrnoError('EPIPE', { op: 'await reply' })),
    })
    return rpc
  }

  get isOpen(): boolean {
    return this.#connection.isOpen
  }

  get msize(): number {
    return this.#connection.reader.limit
  }

  set msize(bytes: number) {
    this.#connection.reader.limit = bytes
  }

  /** Requests that wait for a reply. */
  get inFlight(): number {
    return this.#pending.size
  }

  /**
   * Sends a request. The reply rejects with ErrnoError: what Rlerror said, EPIPE or the socket's error if the
   * connection ended first, EPROTO if the server broke the protocol. Throws RangeError for a body beyond msize, and
   * EAGAIN if all 65,535 tags are in flight.
   */
  start<N extends Request>(message: N, body: Body<N>): Call<N> {
    if (this.#failure !== undefined) return { tag: NOTAG, reply: Promise.reject(this.#failure) }
    const tag = message === 'Tversion' ? NOTAG : this.#takeTag()
    const output = this.#connection.outputFor(this.msize)
    const start = output.position
    const end = output.end
    output.end = start + this.msize
    try {
      encode(output, tag, message, body)
    } catch (defect) {
      output.position = start
      this.#releaseTag(tag)
      throw defect
    } finally {
      output.end = end
    }
    const reply = new Promise<Body<ReplyTo<N>>>((resolve, reject) => {
      const expected = replyTo(message)
      this.#pending.set(tag, { message, settle: (reader) => resolve(decode(reader.cursor, expected)), reject })
    })
    return { tag, reply }
  }

  /** Sends a request and gives its reply: see `start`. */
  call<N extends Request>(message: N, body: Body<N>): Promise<Body<ReplyTo<N>>> {
    return this.start(message, body).reply
  }

  /** Cancels a call as Linux does: it settles with its reply if that comes before Rflush, otherwise with EINTR. */
  async flush({ tag }: { readonly tag: number }): Promise<void> {
    const flushed = this.#pending.get(tag)
    await this.call('Tflush', { oldtag: tag })
    if (flushed === undefined || this.#pending.get(tag) !== flushed) return
    this.#pending.delete(tag)
    this.#releaseTag(tag)
    flushed.reject(new ErrnoError('EINTR', { op: flushed.message }))
  }

  /** Ends the connection and waits until it is over; calls in flight reject with EPIPE. */
  async close(): Promise<void> {
    await this.#connection.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #take(reader: FrameReader): void {
    const { tag, type } = reader
    const pending = this.#pending.get(tag)
    if (pending === undefined) throw new ErrnoError('EPROTO', { op: 'match reply', tag, type })
    const isError = type === rows.Rlerror.type
    if (!isError && type !== rows[pending.message].type + 1) {
      throw new ErrnoError('EPROTO', { op: 'match reply', message: pending.message, tag, type })
    }
    this.#pending.delete(tag)
    this.#releaseTag(tag)
    try {
      if (isError) pending.reject(new ErrnoError(decode(reader.cursor, 'Rlerror').ecode, { op: pending.message }))
      else pending.settle(reader)
    } catch (malformed) {
      pending.reject(malformed)
    }
  }

  #fail(reason: Error): void {
    this.#failure ??= reason
    for (const { reject } of this.#pending.values()) reject(this.#failure)
    this.#pending.clear()
  }

  #takeTag(): number {
    const tag = this.#freeTags.pop() ?? this.#tagsMade++
    if (tag < NOTAG) return tag
    this.#tagsMade--
    throw new ErrnoError('EAGAIN', { op: 'take a tag', inFlight: this.inFlight })
  }

  #releaseTag(tag: number): void {
    if (tag !== NOTAG) this.#freeTags.push(tag)
  }
}
