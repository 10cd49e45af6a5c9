// A server that does exactly what a test says, right or wrong, to see what a client makes of it.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AnyMessage, decodeFrame, encodeFrame } from '../../src/wire/codec.js'
import { FrameReader } from '../../src/wire/frames.js'
import type { Body, MessageName } from '../../src/wire/messages.js'

/** One request and ways to answer it: with a message, by default for its own tag, or with any bytes. */
export interface Turn {
  readonly request: AnyMessage
  reply<N extends MessageName>(message: N, body: Body<N>, tag?: number): void
  sendRaw(bytes: Uint8Array): void
  hangUp(): void
}

export class ScriptedServer implements AsyncDisposable {
  readonly address: string
  /** Every request received. */
  readonly requests: AnyMessage[] = []
  readonly #directory = mkdtempSync(join(tmpdir(), 'virtfs-scripted-'))
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(script: (turn: Turn) => void, msize: number) {
    this.address = `unix:${join(this.#directory, 'socket')}`
    this.#server = createServer((socket) => this.#serve(socket, script, msize))
  }

  /** Answers Tversion with `msize`, and everything else as `script` does. */
  static async listen(script: (turn: Turn) => void, msize = 65536): Promise<ScriptedServer> {
    const made = new ScriptedServer(script, msize)
    await new Promise<void>((resolve) => made.#server.listen(made.address.slice('unix:'.length), resolve))
    return made
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
    rmSync(this.#directory, { recursive: true })
  }

  #serve(socket: Socket, script: (turn: Turn) => void, msize: number): void {
    this.#sockets.add(socket)
    const reader = new FrameReader(1 << 24)
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      for (let at = 0; at < bytes.length;) {
        const count = Buffer.from(bytes).copy(reader.tail(), 0, at)
        at += count
        reader.received(count)
        while (reader.next()) this.#take(reader, socket, script, msize)
      }
    })
  }

  #take({ cursor, size }: FrameReader, socket: Socket, script: (turn: Turn) => void, msize: number): void {
    const request = decodeFrame(Buffer.from(cursor.bytes.subarray(cursor.end - size, cursor.end)))
    this.requests.push(request)
    const turn: Turn = {
      request,
      reply: (message, body, tag = request.tag) => socket.write(encodeFrame(tag, message, body)),
      sendRaw: (bytes) => socket.write(bytes),
      hangUp: () => socket.destroy(),
    }
    if (request.message === 'Tversion') turn.reply('Rversion', { msize, version: request.body.version })
    else script(turn)
  }
}
