// The dialects of 9P that a session can agree on, and what depends on which one it is.

import { errorText } from '../sys/error-text.js'
import type { Body, Request } from '../wire/messages.js'

/** How a request is refused. */
export type Refusal =
  | { readonly message: 'Rlerror'; readonly body: Body<'Rlerror'> }
  | { readonly message: 'Rerror'; readonly body: Body<'Rerror'> }

/** What Tversion settled on. Both dialects take each other's requests, as in QEMU, with what differs listed here. */
export interface Dialect {
  /** As Tversion spells it; undefined before there was one. */
  readonly version: string | undefined
  /** True where a directory is read by Tread, as stat records; otherwise it is read by Treaddir. */
  readonly readsDirectoriesAsFiles: boolean
  /** The request whose fields a request has: Topen and Tlopen are laid out as the session's dialect has its own. */
  laidOutAs(request: Request): Request
  refusal(errno: number): Refusal
}

const withText = (errno: number): Refusal => ({ message: 'Rerror', body: { ename: errorText(errno), errno } })

export const dotl: Dialect = {
  version: '9P2000.L',
  readsDirectoriesAsFiles: false,
  laidOutAs: (request) => (request === 'Topen' ? 'Tlopen' : request),
  refusal: (errno) => ({ message: 'Rlerror', body: { ecode: errno } }),
}

export const dotu: Dialect = {
  version: '9P2000.u',
  readsDirectoriesAsFiles: true,
  laidOutAs: (request) => (request === 'Tlopen' ? 'Topen' : request),
  refusal: withText,
}

/** Before the first Tversion that names a dialect. */
export const undecided: Dialect = { ...dotl, version: undefined, refusal: withText }

/** The dialect of that exact name; undefined for any other, plain 9P2000 included. */
export const dialectOf = (version: string): Dialect | undefined =>
  [dotl, dotu].find((dialect) => dialect.version === version)
