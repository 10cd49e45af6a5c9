// One client's socket and its session. The socket reads straight into the session's frame buffer; when too much is
// under way it is paused, so that the client feels it.

import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net'
import type { Clock, Timer } from '../clock.js'
import { errorLine, isErrno } from '../errors.js'
import type { SessionObserver } from '../session/observer.js'
import { Session } from '../session/session.js'
import type { SessionSettings } from '../session/settings.js'
import type { Throttle } from '../session/throttle.js'
import type { Fd } from '../sys/fd.js'
import type { GuestView } from '../view/view.js'
import { FrameReader } from '../wire/frames.js'
import type { RunningConnection } from './connection-host.js'
import type { Log } from './log.js'

export interface ConnectionOptions {
  readonly session: SessionSettings
  readonly idleTimeoutMs: number | undefined
  readonly clock: Clock
  readonly log: Log
  readonly throttle?: Throttle | undefined
  readonly observer?: SessionObserver | undefined
  readonly onClosed: () => void
}

export class Connection implements RunningConnection {
  private readonly socket: Socket
  private readonly session: Session
  private readonly reader: FrameReader
  private isEnding = false
  /** When bytes last came or went, and the timer that looks whether that is too long ago. */
  private lastHeard: number
  private idleTimer: Timer | undefined

  /** Takes over the descriptor of a connected socket, and the view. */
  constructor(
    descriptor: Fd,
    view: GuestView,
    private readonly options: ConnectionOptions,
  ) {
    const { session, clock, log, onClosed } = options
    const reader = new FrameReader(session.msize)
    this.reader = reader
    this.lastHeard = clock.now()
    const socketOptions: SocketConstructorOpts & ConnectOpts = {
      fd: descriptor.release(),
      readable: true,
      writable: true,
      onread: { buffer: () => reader.tail(), callback: (length) => this.read(length) },
    }
    this.socket = new Socket(socketOptions)
    this.socket.setNoDelay(true)
    this.session = new Session(view, reader, {
      settings: session,
      send: (bytes, done) => {
        this.socket.write(bytes, () => {
          // A client that takes its replies slowly is not idle.
          this.lastHeard = clock.now()
          done()
        })
      },
      onReady: () => this.goOn(),
      onDefect: (defect) => this.reportDefect(defect),
      log: (line) => log('warn', line),
      clock,
      throttle: options.throttle,
      observer: options.observer,
    })
    // A reset connection is a client that left: 'close' follows.
    this.socket.on('error', () => undefined)
    this.socket.on('close', () => {
      this.idleTimer?.cancel()
      this.session[Symbol.dispose]()
      onClosed()
    })
    this.watchIdleness()
    this.socket.resume()
  }

  /** Fids in use, and requests that wait. */
  get fids(): number {
    return this.session.fids.count
  }

  get requestsUnderWay(): number {
    return this.session.requestsUnderWay
  }

  end(): void {
    this.isEnding = true
    this.socket.pause()
    this.session.whenIdle(() => this.socket.end(() => this.socket.destroy()))
  }

  destroy(): void {
    this.socket.destroy()
  }

  private read(length: number): boolean {
    this.lastHeard = this.options.clock.now()
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
      if (!isErrno(cause, 'EMSGSIZE')) this.reportDefect(cause)
      this.options.log('warn', `ended: ${errorLine(cause)}`)
      this.socket.destroy()
    }
  }

  private reportDefect(defect: unknown): void {
    this.options.log('error', `defect: ${defect instanceof Error ? (defect.stack ?? defect.message) : String(defect)}`)
  }

  /** Looks again when the connection could be idle for too long at the earliest: no timer is set a message. */
  private watchIdleness(): void {
    const { idleTimeoutMs, clock, log } = this.options
    if (idleTimeoutMs === undefined) return
    const left = this.lastHeard + idleTimeoutMs - clock.now()
    if (left <= 0 && this.session.requestsUnderWay === 0) {
      log('info', `ended: nothing came for ${idleTimeoutMs / 1000} s`)
      this.socket.destroy()
      return
    }
    this.idleTimer = clock.after(left > 0 ? left : idleTimeoutMs, () => this.watchIdleness())
  }
}
