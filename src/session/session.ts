// One connection's session: frames in, replies out. Nothing a client sends makes it throw, except a frame
// whose size is wrong, after which the stream cannot be read any further.

import type { Clock } from '../clock.js'
import { ErrnoError, errnoOf } from '../errors.js'
import { currentPath } from '../sys/open.js'
import type { GuestView } from '../view/view.js'
import { decode, type Handlers, replyTo, requestOfType } from '../wire/codec.js'
import { LEAST_MSIZE } from '../wire/constants.js'
import type { FrameReader } from '../wire/frames.js'
import type { Body, MessageName, ReplyTo, Request } from '../wire/messages.js'
import type { Connection } from './connection.js'
import { devicesOf } from './devices.js'
import { dialectOf, undecided } from './dialect.js'
import { Fids } from './fids.js'
import { fileHandlers } from './handlers-files.js'
import { nameHandlers } from './handlers-names.js'
import { handlersOfU } from './handlers-u.js'
import { walkHandlers } from './handlers-walk.js'
import { xattrHandlers } from './handlers-xattr.js'
import { type SessionObserver, Watch } from './observer.js'
import { type Later, Pending } from './pending.js'
import { Qids } from './qids.js'
import { Replies, type Send } from './replies.js'
import type { SessionSettings } from './settings.js'
import { type Throttle, transferOf, type Wait } from './throttle.js'
import { Turns } from './turns.js'

const handlers: Handlers<[Connection]> = {
  ...walkHandlers,
  ...nameHandlers,
  ...fileHandlers,
  ...xattrHandlers,
  ...handlersOfU,
}

/** What a read-only export answers; everything else is EROFS before it is looked at (reference §3.15). */
const READ_ONLY_REQUESTS: ReadonlySet<Request> = new Set<Request>([
  'Tversion',
  'Tauth',
  'Tattach',
  'Tflush',
  'Twalk',
  'Tclunk',
  'Tgetattr',
  'Tstatfs',
  'Tlopen',
  'Topen',
  'Tstat',
  'Tread',
  'Treaddir',
  'Treadlink',
  'Txattrwalk',
  'Tlock',
  'Tgetlock',
  'Tfsync',
])

/** Of libuv's threads, one connection may keep so many waiting: the others are for the others. */
const DISK_TURNS = 8

export interface SessionOptions {
  readonly settings: SessionSettings
  readonly send: Send
  /** Called when frames that were left in the reader can be answered. */
  readonly onReady: () => void
  /** Told of exceptions that are nobody's answer: bugs. The client sees EIO. */
  readonly onDefect: (defect: unknown) => void
  /** One line for the operator. */
  readonly log: (line: string) => void
  readonly clock: Clock
  readonly throttle?: Throttle | undefined
  readonly observer?: SessionObserver | undefined
}

export class Session implements Connection, Disposable {
  readonly fids: Fids
  readonly qids: Qids
  /** 0 while no version is agreed on. */
  msize = 0
  dialect = undecided
  readonly clock: Clock
  readonly disk = new Turns(DISK_TURNS)
  private readonly replies: Replies
  private readonly pending: Pending
  private isClosed = false
  /** Frames may have been left in the reader. */
  private isStalled = false

  /** The view becomes the session's; it is disposed of with it. */
  constructor(
    readonly view: GuestView,
    private readonly reader: FrameReader,
    private readonly options: SessionOptions,
  ) {
    const { settings } = options
    this.clock = options.clock
    this.fids = new Fids(settings)
    this.pending = new Pending(settings.maxInFlight)
    const root = view.root()
    const path = (): string | undefined => currentPath(root.handle())
    this.qids = new Qids(devicesOf(settings.multidevs, { dev: root.dev, path }, options.log))
    root.release()
    this.replies = new Replies(options.send, () => this.goOnIfStalled())
  }

  /**
   * Answers the complete frames in the reader, up to the point where too much is under way: then `onReady` says when
   * to call again. Throws when the stream has lost its frames.
   */
  receive(): void {
    try {
      while (!this.isBusy && this.reader.next()) this.dispatch(this.reader.tag, this.reader.type)
    } finally {
      this.replies.flush()
      this.isStalled = this.isBusy
    }
  }

  /** True while frames should be left unread. */
  get isBusy(): boolean {
    return this.replies.isFull || this.pending.isFull
  }

  /** Requests that wait for a disk or for their turn. */
  get requestsUnderWay(): number {
    return this.pending.count
  }

  payload(count: number): Buffer {
    return this.replies.payload(count)
  }

  holding<T>(bytes: number, action: () => Promise<T>): Promise<T> {
    return this.pending.holding(bytes, action)
  }

  negotiate({ msize, version }: Body<'Tversion'>): Body<'Rversion'> {
    // A new session: what is under way belongs to nobody any more and is not answered.
    this.pending.abandon()
    this.fids.clear()
    this.msize = 0
    const agreed = Math.min(msize, this.options.settings.msize)
    const dialect = dialectOf(version)
    if (dialect === undefined) return { msize: agreed, version: 'unknown' }
    // Also where it comes to nothing: QEMU words its refusals as the client last asked.
    this.dialect = dialect
    if (msize < LEAST_MSIZE) throw new ErrnoError('EMSGSIZE', { op: 'negotiate', msize, least: LEAST_MSIZE })
    this.msize = agreed
    this.reader.limit = agreed
    return { msize: agreed, version }
  }

  flush(tag: number): Promise<void> | undefined {
    return this.pending.flushed(tag)
  }

  /** Calls `callback` when every request taken so far has been answered. */
  whenIdle(callback: () => void): void {
    this.pending.whenIdle(callback)
  }

  [Symbol.dispose](): void {
    this.isClosed = true
    this.pending.abandon()
    this.fids.clear()
    this.view[Symbol.dispose]()
  }

  private dispatch(tag: number, type: number): void {
    const request = requestOfType(type)
    const { observer } = this.options
    const watched = observer && new Watch(observer, { tag, type, request, size: this.reader.size })
    if (request === undefined)
      this.refuse(tag, new ErrnoError('EOPNOTSUPP', { op: 'understand message', type }), watched)
    else if (this.msize === 0 && request !== 'Tversion') {
      this.refuse(tag, new ErrnoError('EPROTO', { op: 'answer before Tversion', request }), watched)
    } else if (this.view.isReadOnly && !READ_ONLY_REQUESTS.has(request)) {
      this.refuse(tag, new ErrnoError('EROFS', { op: 'change a read-only export', request }), watched)
    } else {
      // The replies to Topen and Tlopen have the same fields.
      const laidOutAs = this.dialect.laidOutAs(request)
      this.answer(tag, laidOutAs, replyTo(request), watched)
    }
  }

  private answer<N extends Request>(tag: number, request: N, reply: ReplyTo<N>, watched?: Watch): void {
    let body: Body<N>
    try {
      body = decode(this.reader.cursor, request)
    } catch (cause) {
      this.refuse(tag, cause, watched)
      return
    }
    watched?.decoded(body)
    const delay = this.delayOf(request, body)
    if (delay === undefined) this.handle(tag, request, body, reply, watched)
    else this.answerAfter(delay, tag, request, body, reply, watched)
  }

  private handle<N extends Request>(tag: number, request: N, body: Body<N>, reply: ReplyTo<N>, watched?: Watch): void {
    let result: Body<ReplyTo<N>> | Promise<Body<ReplyTo<N>>>
    try {
      result = handlers[request](body, this)
    } catch (cause) {
      this.refuse(tag, cause, watched)
      return
    }
    if (result instanceof Promise) this.answerLater(this.pending.add(tag), reply, result, watched)
    else this.reply(tag, reply, result, watched)
  }

  private answerLater<N extends MessageName>(later: Later, reply: N, result: Promise<Body<N>>, watched?: Watch): void {
    result
      .then(
        (body) => {
          if (later.isWanted) this.reply(later.tag, reply, body, watched)
        },
        (cause: unknown) => {
          if (later.isWanted) this.refuse(later.tag, cause, watched)
        },
      )
      .catch(this.options.onDefect)
      .finally(() => {
        // Before anybody who waits for this tag (Tflush) goes on: a reply leaves before the Rflush that names it.
        this.replies.flush()
        this.pending.settle(later)
        this.goOnIfStalled()
      })
      .catch(this.options.onDefect)
  }

  /** How the export's throttling holds up a transfer of a file's bytes; undefined for all else. */
  private delayOf(request: Request, body: unknown): Delay | undefined {
    const { throttle } = this.options
    if (throttle === undefined || (request !== 'Tread' && request !== 'Twrite')) return undefined
    const transfer = transferOf(request, body as Body<'Tread'> | Body<'Twrite'>, this)
    const wait = transfer && throttle.admit(transfer.direction, transfer.bytes)
    return wait && { wait, bytes: transfer.bytes }
  }

  /** Answers once a transfer may be made. Until then a Tflush, or the session's end, takes it back. */
  private answerAfter<N extends Request>(
    { wait, bytes }: Delay,
    tag: number,
    request: N,
    body: Body<N>,
    reply: ReplyTo<N>,
    watched?: Watch,
  ): void {
    const later = this.pending.add(tag)
    const kept = withOwnData(body)
    this.pending.hold(bytes)
    const timer = this.clock.after(wait.ms, () => {
      later.cancel = undefined
      this.pending.letGo(bytes)
      // An answer that is there at once is sent before anything else runs: its data may lie where the next reply's will.
      this.answerLater(
        later,
        reply,
        attempt(() => handlers[request](kept, this)),
        watched,
      )
    })
    later.cancel = () => {
      timer.cancel()
      this.pending.letGo(bytes)
      wait.giveBack()
    }
  }

  private goOnIfStalled(): void {
    if (!this.isStalled || this.isBusy || this.isClosed) return
    this.isStalled = false
    this.options.onReady()
  }

  private refuse(tag: number, cause: unknown, watched?: Watch): void {
    const errno = errnoOf(cause, this.options.onDefect)
    const { message, body } = this.dialect.refusal(errno)
    this.reply(tag, message, body, watched, errno)
  }

  private reply<N extends MessageName>(tag: number, message: N, body: Body<N>, watched?: Watch, errno = 0): void {
    const replySize = this.replies.add(tag, message, body)
    watched?.answered(message, body, replySize, errno)
  }
}

/** A transfer that has to wait. */
interface Delay {
  readonly wait: Wait
  readonly bytes: number
}

/** A body that outlives its frame. */
function withOwnData<B>(body: B): B {
  const { data } = body as { readonly data?: Uint8Array }
  return data === undefined ? body : { ...body, data: Buffer.from(data) }
}

/** What an action answers or throws, as a promise. */
const attempt = async <T>(action: () => T | Promise<T>): Promise<T> => action()
