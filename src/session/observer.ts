// Looking on while a session works: for metrics and traces. Where nobody looks on, nothing is measured.

import type { MessageName, Request } from '../wire/messages.js'

/** A request as it was taken from the stream, before anything is believed of it. */
export interface TakenRequest {
  readonly tag: number
  /** Undefined for a type that is no request. */
  readonly request: Request | undefined
  readonly type: number
  /** Bytes of the frame. */
  readonly size: number
}

/** A reply on its way. */
export interface SentReply extends TakenRequest {
  readonly message: MessageName
  readonly body: unknown
  /** Bytes of the reply's frame. */
  readonly replySize: number
  /** 0 unless it is a refusal. */
  readonly errno: number
  /** How long it took, in milliseconds. */
  readonly elapsed: number
}

export interface SessionObserver {
  /** A request is about to be answered. */
  taken(request: TakenRequest): void
  /** Its fields are known. They are the frame's own bytes where they can be, so they must be looked at now. */
  decoded(request: TakenRequest, body: unknown): void
  answered(reply: SentReply): void
}

/** Several that look on. */
export const observers = (all: readonly SessionObserver[]): SessionObserver => ({
  taken: (request) => all.forEach((observer) => observer.taken(request)),
  decoded: (request, body) => all.forEach((observer) => observer.decoded(request, body)),
  answered: (reply) => all.forEach((observer) => observer.answered(reply)),
})

/** One request that somebody looks on at, and since when it is under way. */
export class Watch {
  private readonly since = performance.now()

  constructor(
    private readonly observer: SessionObserver,
    private readonly request: TakenRequest,
  ) {
    observer.taken(request)
  }

  decoded(body: unknown): void {
    this.observer.decoded(this.request, body)
  }

  answered(message: MessageName, body: unknown, replySize: number, errno: number): void {
    const elapsed = performance.now() - this.since
    this.observer.answered({ ...this.request, message, body, replySize, errno, elapsed })
  }
}
