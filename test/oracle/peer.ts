// A side of the comparison: something that takes 9P frames and gives frames back.

import { systemClock } from '../../src/clock.js'
import { ErrnoError } from '../../src/errors.js'
import { type SecurityModel } from '../../src/ownership/security-models.js'
import { openModel } from '../../src/ownership/models.js'
import { Session } from '../../src/session/session.js'
import { sessionDefaults } from '../../src/session/settings.js'
import { openTree } from '../../src/sys/open.js'
import type { Fd } from '../../src/sys/fd.js'
import { DescriptorBudget } from '../../src/view/descriptor-budget.js'
import { readOnly } from '../../src/view/read-only.js'
import { openView } from '../../src/view/view.js'
import { FrameReader } from '../../src/wire/frames.js'
import { asNobody } from '../support/host/nobody.js'

export interface Peer {
  exchange(frame: Buffer): Promise<Buffer>
  /** Sends frames together; gives as many replies in the order in which they came. */
  exchangeAll(frames: readonly Buffer[]): Promise<Buffer[]>
}

/** The stream has lost its frames: a server would end the connection. */
export class StreamEnded extends Error {
  override readonly name = 'StreamEnded'
}

export interface SessionPeerOptions {
  readonly isReadOnly?: boolean
  /** Acts without privilege while a request is answered. */
  readonly isUnprivileged?: boolean
}

/** The session's most: above everything that a test reads or writes at once. */
export const SESSION_MSIZE = 1 << 20

/** Our session, without a socket. */
export class SessionPeer implements Peer, Disposable {
  private readonly exported: Fd
  private readonly budget = new DescriptorBudget(1000)
  private readonly reader = new FrameReader(SESSION_MSIZE)
  private readonly session: Session
  private readonly defects: unknown[] = []
  private readonly replies: Buffer[] = []
  private readonly act: (action: () => void) => void
  private wake: (() => void) | undefined

  constructor(tree: string, model: SecurityModel, { isReadOnly = false, isUnprivileged = false }: SessionPeerOptions) {
    this.act = isUnprivileged ? asNobody : (action) => action()
    this.exported = openTree(tree)
    const view = openView(this.exported, openModel(model), this.budget)
    this.session = new Session(isReadOnly ? readOnly(view) : view, this.reader, {
      settings: { ...sessionDefaults, msize: SESSION_MSIZE },
      send: (bytes, done) => {
        this.take(bytes)
        done()
      },
      onReady: () => this.receive(),
      onDefect: (defect) => this.defects.push(defect),
      log: () => undefined,
      clock: systemClock,
    })
  }

  async exchange(frame: Buffer): Promise<Buffer> {
    const [reply] = await this.exchangeAll([frame])
    return reply!
  }

  async exchangeAll(frames: readonly Buffer[]): Promise<Buffer[]> {
    for (const frame of frames) this.put(frame)
    try {
      this.receive()
    } catch (cause) {
      if (cause instanceof ErrnoError) throw new StreamEnded(cause.message)
      throw cause
    }
    while (this.replies.length < frames.length) await new Promise<void>((resolve) => (this.wake = resolve))
    return this.replies.splice(0, frames.length)
  }

  [Symbol.dispose](): void {
    this.session[Symbol.dispose]()
    this.exported.close()
    if (this.budget.inUse !== 0) this.defects.push(new Error(`${this.budget.inUse} descriptors were left open`))
    if (this.defects.length > 0) throw new AggregateError(this.defects, 'Cannot call that an answer: defects')
  }

  private put(frame: Buffer): void {
    for (let done = 0; done < frame.length;) {
      const count = frame.copy(this.reader.tail(), 0, done)
      this.reader.received(count)
      done += count
    }
  }

  private receive(): void {
    this.act(() => this.session.receive())
  }

  private take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const size = bytes.readUInt32LE(at)
      this.replies.push(Buffer.from(bytes.subarray(at, at + size)))
      at += size
    }
    this.wake?.()
  }
}
