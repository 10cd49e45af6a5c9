// Holding up transfers of files' contents so that an export stays within its limits (QEMU's throttling.*; reference §4).

import { type Connection, payloadLimit } from './connection.js'

export type Direction = 'read' | 'write'

/** Says how long transfers have to wait. All connections of an export share one. */
export interface Throttle {
  /** Counts a transfer, and says how many milliseconds it has to wait. */
  admit(direction: Direction, bytes: number): number
  /** Takes back one that had to wait and will not be made after all. */
  giveBack(direction: Direction, bytes: number): void
}

export interface Transfer {
  readonly direction: Direction
  readonly bytes: number
}

/** A transfer that has to wait. */
export interface Delay extends Transfer {
  readonly ms: number
  readonly throttle: Throttle
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
