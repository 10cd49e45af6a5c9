// One thing that a generated sequence does next. A step is plain data, so that fast-check can make it simpler; what it
// sends may depend on what was answered before (see perform.ts).

import fc from 'fast-check'
import type { Body, Request } from '../../../src/wire/messages.js'
import { type Sent, sentOf } from '../messages.js'
import { weighted } from './drawing.js'

export type Step =
  /** One message, as it is. */
  | { readonly does: 'send'; readonly sent: Sent; readonly isDaring: boolean }
  /** A fid is freed if need be, walked to a path from the root, and perhaps opened: with bits of the dialect's own. */
  | {
      readonly does: 'reach'
      readonly fid: number
      readonly path: readonly string[]
      readonly flags: number | undefined
    }
  /** The version is agreed upon anew, which ends every fid, and the root attached again. */
  | { readonly does: 'renew'; readonly nUname: number; readonly msize: number }
  /** Permission bits are changed as Linux does: with the type bits that the object has. */
  | { readonly does: 'chmod'; readonly fid: number; readonly permissions: number; readonly ctime: boolean }
  /** Permission bits are changed as 9P2000.u's client does: with the bits that say what the object is. */
  | { readonly does: 'wstat mode'; readonly fid: number; readonly permissions: number }
  /** An attribute is set on a clone of the fid. */
  | {
      readonly does: 'setxattr'
      readonly fid: number
      readonly name: string
      readonly value: string
      readonly flags: number
    }
  /** An attribute, or the list of them, is read through a fid of its own. */
  | { readonly does: 'getxattr'; readonly fid: number; readonly name: string }

/** The fid that a step takes for itself and gives back. */
export const SPARE_FID = 9

/** One message with drawn members. Daring ones are sent though it is known that the two servers may differ on them. */
export function message<N extends Request>(
  name: N,
  members: { [K in keyof Body<N>]: fc.Arbitrary<Body<N>[K]> },
): fc.Arbitrary<Step> {
  const body = fc.record(members)
  const isDaring = weighted([30, fc.constant(false)], [1, fc.constant(true)])
  return fc.record({ body, isDaring }).map((drawn): Step => ({
    does: 'send',
    sent: sentOf(name, drawn.body),
    isDaring: drawn.isDaring,
  }))
}
