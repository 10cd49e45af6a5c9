// A session without a socket: frames are put in, replies come out, and every reply is checked for what holds of all.

import { ErrnoError } from '../../src/errors.js'
import { guestUid } from '../../src/ids.js'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import type { SessionObserver } from '../../src/session/observer.js'
import { Session } from '../../src/session/session.js'
import { sessionDefaults, type SessionSettings } from '../../src/session/settings.js'
import { readOnly } from '../../src/view/read-only.js'
import type { Throttle } from '../../src/session/throttle.js'
import type { GuestView } from '../../src/view/view.js'
import { type AnyMessage, decodeFrame, encodeFrame } from '../../src/wire/codec.js'
import { NOFID, NOTAG } from '../../src/wire/constants.js'
import { FrameReader } from '../../src/wire/frames.js'
import type { Body, ReplyTo, Request } from '../../src/wire/messages.js'
import { ManualClock } from './manual-clock.js'
import { ViewedTree } from './viewed-tree.js'

export interface ExchangeOptions {
  readonly model?: SecurityModel
  readonly isReadOnly?: boolean
  /** The dialect to agree on. Default 9P2000.L. */
  readonly version?: string
  /** The session's most, and what is negotiated. */
  readonly msize?: number
  /** Further settings of the session. */
  readonly settings?: Partial<SessionSettings>
  readonly throttle?: Throttle
  readonly observer?: SessionObserver
  /** A tree that is there already, and stays. */
  readonly beside?: ViewedTree
  /** What the session sees instead of the bare view. */
  readonly wrap?: (view: GuestView) => GuestView
  /** True to leave it to the test when what was sent has been read: see `drain`. */
  readonly isSlow?: boolean
  /** Done before the session starts. */
  readonly furnish?: (tree: ViewedTree) => void
}

export class Exchange implements Disposable {
  readonly tree: ViewedTree
  readonly session: Session
  /** Replies in the order in which they were sent, those that `call` waited for included. */
  readonly replies: AnyMessage[] = []
  readonly clock = new ManualClock()
  /** What the session had to say to the operator. */
  readonly log: string[] = []
  /** Bytes sent that the other side has not read. */
  unread = 0
  readonly #reader: FrameReader
  readonly #waiting = new Map<number, (reply: AnyMessage) => void>()
  readonly #read: (() => void)[] = []
  readonly #defects: unknown[] = []
  readonly #msize: number
  #nextTag = 1

  constructor({
    model = 'mapped-xattr',
    isReadOnly = false,
    msize = 8192,
    settings = {},
    beside,
    throttle,
    observer,
    wrap = (view) => view,
    isSlow = false,
    furnish,
  }: ExchangeOptions = {}) {
    this.#msize = msize
    this.tree = new ViewedTree(model, { beside })
    furnish?.(this.tree)
    this.tree.releaseAll()
    const view = wrap(this.tree.openView())
    this.#reader = new FrameReader(msize)
    this.session = new Session(isReadOnly ? readOnly(view) : view, this.#reader, {
      settings: { ...sessionDefaults, msize, ...settings },
      send: (bytes, done) => {
        this.unread += bytes.length
        this.#take(bytes)
        const read = (): void => {
          this.unread -= bytes.length
          done()
        }
        if (isSlow) this.#read.push(read)
        else queueMicrotask(read)
      },
      onReady: () => this.session.receive(),
      onDefect: (defect) => this.#defects.push(defect),
      log: (line) => this.log.push(line),
      clock: this.clock,
      throttle,
      observer,
    })
  }

  /** A session with its version agreed and the root attached as fid 0. */
  static async attached(options: ExchangeOptions = {}, nUname = 1000): Promise<Exchange> {
    const exchange = new Exchange(options)
    await exchange.call('Tversion', { msize: exchange.#msize, version: options.version ?? '9P2000.L' })
    await exchange.attach(0, nUname)
    return exchange
  }

  attach(fid: number, nUname: number): Promise<Body<'Rattach'>> {
    return this.call('Tattach', { fid, afid: NOFID, uname: '', aname: '', nUname: guestUid(nUname) })
  }

  /** Walks from fid 0 to a fid. */
  async walk(path: string, newfid: number, fid = 0): Promise<number> {
    const wnames = path.split('/').filter((name) => name !== '') as Body<'Twalk'>['wnames']
    const { wqids } = await this.call('Twalk', { fid, newfid, wnames })
    if (wqids.length < wnames.length) throw new ErrnoError('ENOENT', { op: 'walk', path })
    return newfid
  }

  /** Puts bytes in, as a socket would. */
  feed(bytes: Buffer): void {
    for (let done = 0; done < bytes.length;) {
      const count = bytes.copy(this.#reader.tail(), 0, done)
      this.#reader.received(count)
      done += count
      if (!this.session.isBusy) this.session.receive()
    }
  }

  /** Sends a request and leaves its reply to be looked at later. */
  send<N extends Request>(message: N, body: Body<N>, tag = this.#tag(message)): number {
    this.feed(encodeFrame(tag, message, body))
    return tag
  }

  /** Sends a request and gives its reply's body; an Rlerror or Rerror is thrown. */
  async call<N extends Request>(message: N, body: Body<N>): Promise<Body<ReplyTo<N>>> {
    const tag = this.#tag(message)
    const reply = this.replyTo(tag)
    this.feed(encodeFrame(tag, message, body))
    const answer = await reply
    if (answer.message === 'Rlerror') throw new ErrnoError(answer.body.ecode, { op: message })
    if (answer.message === 'Rerror') throw new ErrnoError(answer.body.errno, { op: message })
    if (answer.message !== `R${message.slice(1)}`) throw new Error(`Cannot take ${answer.message} for ${message}`)
    return answer.body as Body<ReplyTo<N>>
  }

  /** The errno's name with which a request is refused; undefined when it is not. */
  async refusal<N extends Request>(message: N, body: Body<N>): Promise<string | undefined> {
    try {
      await this.call(message, body)
      return undefined
    } catch (cause) {
      if (cause instanceof ErrnoError) return cause.code
      throw cause
    }
  }

  /** The next reply with that tag. */
  replyTo(tag: number): Promise<AnyMessage> {
    return new Promise((resolve) => this.#waiting.set(tag, resolve))
  }

  /** Reads everything that was sent so far. */
  drain(): void {
    for (const read of this.#read.splice(0)) read()
  }

  [Symbol.dispose](): void {
    this.session[Symbol.dispose]()
    this.drain()
    this.tree[Symbol.dispose]()
    if (this.#defects.length > 0) throw new AggregateError(this.#defects, 'Cannot call that an answer: defects')
  }

  #tag(message: Request): number {
    if (message === 'Tversion') return NOTAG
    this.#nextTag = this.#nextTag === NOTAG - 1 ? 1 : this.#nextTag + 1
    return this.#nextTag
  }

  #take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const size = bytes.readUInt32LE(at)
      // Linux 6.1 takes a frame of msize bytes for an error.
      if (size >= this.#msize) throw new Error(`Cannot accept a reply of ${size} bytes: msize is ${this.#msize}`)
      const reply = decodeFrame(Buffer.from(bytes.subarray(at, at + size)))
      at += size
      this.replies.push(reply)
      this.#waiting.get(reply.tag)?.(reply)
      this.#waiting.delete(reply.tag)
    }
  }
}
