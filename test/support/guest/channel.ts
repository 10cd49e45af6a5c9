// The host's end of the channel to the guest's agent: frames of a type, a 32-bit length and a payload (see agent.pl).

import type { Duplex } from 'node:stream'

/** What the agent sends: ready, bytes of stdout, bytes of stderr, ended. */
export type FrameType = 'H' | 'O' | 'E' | 'X'

/** What the agent is told: run a script, show blocked tasks on the console, power off. */
export type RequestType = 'R' | 'B' | 'Q'

const HEADER = 5

/** Cuts the stream from the guest into frames and hands each to `receive`, in order. */
export class Channel {
  private pending: Buffer[] = []
  private pendingLength = 0

  constructor(
    private readonly stream: Duplex,
    private readonly receive: (type: FrameType, payload: Buffer) => void,
  ) {
    stream.on('data', (chunk: Buffer) => this.accept(chunk))
    // The end of the guest is noticed by the end of its process, which says more than a broken pipe.
    stream.on('error', () => stream.destroy())
  }

  send(type: RequestType, payload: Buffer = Buffer.alloc(0)): void {
    const header = Buffer.alloc(HEADER)
    header.write(type, 'latin1')
    header.writeUInt32LE(payload.length, 1)
    this.stream.write(Buffer.concat([header, payload]))
  }

  /** Closes our end; an agent that is still there then powers its guest off. */
  close(): void {
    this.stream.destroy()
  }

  private accept(chunk: Buffer): void {
    this.pending.push(chunk)
    this.pendingLength += chunk.length
    while (this.pendingLength >= HEADER) {
      const bytes = this.pending.length === 1 ? (this.pending[0] ?? chunk) : Buffer.concat(this.pending)
      this.pending = [bytes]
      const length = bytes.readUInt32LE(1)
      if (bytes.length < HEADER + length) return
      this.pending = [bytes.subarray(HEADER + length)]
      this.pendingLength = bytes.length - HEADER - length
      this.receive(bytes.toString('latin1', 0, 1) as FrameType, bytes.subarray(HEADER, HEADER + length))
    }
  }
}
