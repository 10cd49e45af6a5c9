// What the handlers of one connection share.

import type { Clock } from '../clock.js'
import type { GuestView } from '../view/view.js'
import { IOHDRSZ, TEXT_REPLY_MAX } from '../wire/constants.js'
import type { Body } from '../wire/messages.js'
import type { Dialect } from './dialect.js'
import type { Fids } from './fids.js'
import type { Qids } from './qids.js'
import type { Turns } from './turns.js'

/** State of one connection, as handlers see it. */
export interface Connection {
  readonly view: GuestView
  readonly fids: Fids
  readonly qids: Qids
  /** Negotiated by Tversion. */
  readonly msize: number
  readonly dialect: Dialect
  readonly clock: Clock
  /** Turns at what may wait for a disk. */
  readonly disk: Turns
  /** The place for a payload of at most `count` bytes in the reply being answered: filling it there saves a copy. */
  payload(count: number): Buffer
  /** Counts memory that a request under way holds until `action` is done, so that a client cannot ask for all of it. */
  holding<T>(bytes: number, action: () => Promise<T>): Promise<T>
  /** Tversion: forgets everything that came before and settles on a size and a dialect. */
  negotiate(request: Body<'Tversion'>): Body<'Rversion'>
  /** Tflush: resolves when the request with that tag has been answered; undefined when nothing is to be waited for. */
  flush(tag: number): Promise<void> | undefined
}

/** The most payload that fits a reply: Linux 6.1 refuses a frame of msize bytes, so one byte less than that. */
export const payloadLimit = (msize: number, count: number): number => Math.min(count, msize - IOHDRSZ)

/** The most text in the reply to a Treadlink or Tstat: Linux ends a connection that brings more than it has room for. */
export const textLimit = (msize: number): number => Math.min(msize, TEXT_REPLY_MAX) - IOHDRSZ
