// One client's socket and its session. The socket reads straight into the session's frame buffer; when too much is
// under way it is paused, so that the client feels it.

import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net'
import { isErrno } from '../errors.js'
import { Session } from '../session/session.js'
import type { Fd } from '../sys/fd.js'
import type { GuestView } from '../view/view.js'
import { FrameReader } from '../wire/frames.js'

/** What the server wants to hear of a connection. */
export interface ConnectionEvents {
  readonly onDefect: (defect: unknown) => void
  /** The stream could not be read any further; the connection ends. */
  readonly onBroken: (reason: Error) => void
  readonly onClosed: () => void
}

export class Connection {
  private readonly socket: Socket
  private readonly session: Session
  private readonly reader: FrameReader
  private isEnding = false

  /** Takes over the descriptor of a connected socket, and the view. */
  constructor(
    descriptor: Fd,
    view: GuestView,
    msize: number,
    private readonly events: ConnectionEvents,
  ) {
    const reader = new FrameReader(msize)
    this.reader = reader
    const options: SocketConstructorOpts & ConnectOpts = {
      fd: descriptor.release(),
      readable: true,
      writable: true,
      onread: { buffer: () => reader.tail(), callback: (length) => this.read(length) },
    }
    this.socket = new Socket(options)
    this.socket.setNoDelay(true)
    this.session = new Session(view, reader, {
      msize,
      send: (bytes, done) => this.socket.write(bytes, () => done()),
      onReady: () => this.goOn(),
      onDefect: events.onDefect,
    })
    // A reset connection is a client that left: 'close' follows.
    this.socket.on('error', () => undefined)
    this.socket.on('close', () => {
      this.session[Symbol.dispose]()
      this.events.onClosed()
    })
    this.socket.resume()
  }

  /** Answers what has arrived and what is under way, then closes. */
  end(): void {
    this.isEnding = true
    this.socket.pause()
    this.session.whenIdle(() => this.socket.end(() => this.socket.destroy()))
  }

  /** Closes at once. */
  destroy(): void {
    this.socket.destroy()
  }

  private read(length: number): boolean {
    this.reader.received(length)
    this.answer()
    return !this.session.isBusy
  }

  private goOn(): void {
    this.answer()
    if (!this.session.isBusy && !this.isEnding) this.socket.resume()
  }

  private answer(): void {
    try {
      this.session.receive()
    } catch (cause) {
      if (!isErrno(cause, 'EMSGSIZE')) this.events.onDefect(cause)
      this.events.onBroken(cause instanceof Error ? cause : new Error(String(cause)))
      this.socket.destroy()
    }
  }
}
