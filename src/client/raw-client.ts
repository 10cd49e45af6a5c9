// A client without manners: sends any bytes and shows whatever comes back. For tests of what a server does with
// malformed, hostile or merely unusual streams.

import { type AnyMessage, decodeFrame, encodeFrame } from '../wire/codec.js'
import { type Body, type MessageName } from '../wire/messages.js'
import type { Address } from './address.js'
import { Connection } from './connection.js'

/** No reply of any server is larger: a frame's size is bounded by the protocol's customs, not by what we agreed on. */
const LIMIT = 16 * 1024 * 1024

export class RawClient implements AsyncDisposable {
  #connection!: Connection
  readonly #frames: Buffer[] = []
  readonly #waiting: ((frame: Buffer | undefined) => void)[] = []
  #isOver = false

  private constructor() {}

  /** Connects without saying anything. */
  static async connect(address: string | Address): Promise<RawClient> {
    const client = new RawClient()
    client.#connection = await Connection.open(address, LIMIT, {
      frame: ({ cursor, size }) => client.#deliver(Buffer.from(cursor.bytes.subarray(cursor.end - size, cursor.end))),
      end: () => client.#end(),
    })
    return client
  }

  /** Sends bytes as they are; text is hexadecimal. */
  send(bytes: Uint8Array | string): void {
    this.#connection.send(typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes)
  }

  /** Sends one well-formed frame; any message, any tag. */
  sendMessage<N extends MessageName>(tag: number, message: N, body: Body<N>): void {
    this.send(encodeFrame(tag, message, body))
  }

  /** The next frame as bytes of its own; undefined once the server has ended the connection. */
  nextFrame(): Promise<Buffer | undefined> {
    const frame = this.#frames.shift()
    if (frame !== undefined || this.#isOver) return Promise.resolve(frame)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** The next frame decoded; undefined once the server has ended the connection. */
  async nextMessage(): Promise<AnyMessage | undefined> {
    const frame = await this.nextFrame()
    return frame && decodeFrame(frame)
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #deliver(frame: Buffer): void {
    const waiting = this.#waiting.shift()
    if (waiting) waiting(frame)
    else this.#frames.push(frame)
  }

  #end(): void {
    this.#isOver = true
    for (const resolve of this.#waiting.splice(0)) resolve(undefined)
  }
}
