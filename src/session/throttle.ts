// Holding up transfers of files' contents so that an export stays within its limits (QEMU's throttling.*; reference §4).

import { type Connection, payloadLimit } from './connection.js'
import { type Direction, LeakyBuckets, type SharedThrottling } from './leaky-buckets.js'

/** How long a transfer has to wait. */
export interface Wait {
  readonly ms: number
  /** Takes the transfer back: it will not be made after all. */
  giveBack(): void
}

/** Says how long transfers have to wait. All connections of an export share one. */
export interface Throttle {
  /** Counts a transfer; undefined where it may be made at once. */
  admit(direction: Direction, bytes: number): Wait | undefined
}

/** The throttle of buckets that other threads use, too. `now` is in nanoseconds, of a clock that all of them share. */
export function bucketThrottle(shared: SharedThrottling, now: () => bigint = process.hrtime.bigint): Throttle {
  const buckets = new LeakyBuckets(shared)
  return {
    admit(direction, bytes) {
      const admission = buckets.admit(direction, bytes, now())
      if (admission.waitNs === 0) return undefined
      return { ms: admission.waitMs, giveBack: () => buckets.giveBack(admission, now()) }
    },
  }
}

export interface Transfer {
  readonly direction: Direction
  readonly bytes: number
}

/** What a Tread or Twrite moves between a file and a guest; undefined for directories and attributes, as in QEMU. */
export function transferOf(
  request: 'Tread' | 'Twrite',
  body: { readonly fid: number; readonly count?: number; readonly data?: Uint8Array },
  { fids, msize }: Connection,
): Transfer | undefined {
  if (fids.find(body.fid)?.role?.kind !== 'file') return undefined
  return request === 'Tread'
    ? { direction: 'read', bytes: payloadLimit(msize, body.count ?? 0) }
    : { direction: 'write', bytes: body.data?.length ?? 0 }
}
