// One socket that carries frames: received ones are shown where they lie in the receive buffer, those to be sent are
// gathered in one buffer and leave together at the end of the current turn of the event loop.

import { connect, type Socket } from 'node:net'
import { ErrnoError } from '../errors.js'
import { Cursor } from '../wire/cursor.js'
import { FrameReader } from '../wire/frames.js'
import { type Address, parseAddress } from './address.js'

/** Bytes of small requests that may gather before they are sent within a turn. */
const OUTPUT_CAPACITY = 65536

export interface ConnectionEvents {
  /** Called for each complete frame, with the reader standing at its body. What it throws ends the connection. */
  frame(reader: FrameReader): void
  /** Called once when the connection is over; `reason` says why unless we closed it or the server did so in order. */
  end(reason: Error | undefined): void
}

export class Connection implements AsyncDisposable {
  readonly reader: FrameReader
  readonly #socket: Socket
  readonly #closed: Promise<void>
  #output = new Cursor(Buffer.allocUnsafeSlow(OUTPUT_CAPACITY))
  #isFlushDue = false
  #failure: Error | undefined

  private constructor(address: Address, limit: number, events: ConnectionEvents) {
    this.reader = new FrameReader(limit, { copiesPayload: true })
    const onread = {
      buffer: () => this.reader.tail(),
      callback: (count: number) => this.#receive(count, events),
    }
    this.#socket = connect({ ...address, onread })
    this.#socket.setNoDelay(true)
    this.#socket.on('error', (error) => (this.#failure ??= error))
    this.#closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        events.end(this.#failure)
        resolve()
      })
    })
  }

  /** Connects. `limit` is the most bytes of a frame that the other side may send. Rejects with the socket's error. */
  static async open(address: string | Address, limit: number, events: ConnectionEvents): Promise<Connection> {
    const where = typeof address === 'string' ? parseAddress(address) : address
    const connection = new Connection(where, limit, events)
    await new Promise<void>((resolve, reject) => {
      connection.#socket.once('connect', resolve).once('error', reject)
    })
    return connection
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed
  }

  /** A cursor with room for a frame of `size` bytes; what is encoded there leaves at the end of this turn. */
  outputFor(size: number): Cursor {
    if (this.#output.end - this.#output.position < size) this.#flush()
    if (this.#output.end < size) this.#output.reset(Buffer.allocUnsafeSlow(size + OUTPUT_CAPACITY))
    if (!this.#isFlushDue) {
      this.#isFlushDue = true
      process.nextTick(() => {
        this.#isFlushDue = false
        this.#flush()
      })
    }
    return this.#output
  }

  /** Sends any bytes, after what was encoded before. */
  send(bytes: Uint8Array): void {
    this.#flush()
    this.#socket.write(bytes)
  }

  /** Ends the connection at once; calls in flight learn `reason`. */
  destroy(reason: Error): void {
    this.#failure ??= reason
    this.#socket.destroy()
  }

  /** Sends what is waiting, ends the connection and waits until it is over. */
  async close(): Promise<void> {
    this.#flush()
    this.#socket.end()
    this.#socket.destroySoon()
    await this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #flush(): void {
    const output = this.#output
    if (output.position === 0) return
    if (!this.isOpen) {
      output.position = 0
      return
    }
    this.#socket.write(output.bytes.subarray(0, output.position))
    // The kernel usually takes everything at once. If not, the socket still reads from this buffer: leave it to it.
    if (this.#socket.writableLength > 0) output.reset(Buffer.allocUnsafeSlow(output.end))
    else output.position = 0
  }

  #receive(count: number, events: ConnectionEvents): boolean {
    this.reader.received(count)
    try {
      while (this.isOpen && this.reader.next()) events.frame(this.reader)
    } catch (cause) {
      this.destroy(cause instanceof ErrnoError ? cause : new ErrnoError('EPROTO', { op: 'read frames' }, { cause }))
    }
    return this.isOpen
  }
}
