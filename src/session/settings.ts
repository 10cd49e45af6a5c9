// What all sessions of an export are told. Plain data: a worker thread gets it by message.

import type { Multidevs } from './devices.js'

export interface SessionSettings {
  /** Most bytes of one frame, 4096 to 1 MiB. */
  readonly msize: number
  /** How objects of further file systems inside the export are told apart. */
  readonly multidevs: Multidevs
  /** Most fids at once. */
  readonly maxFids: number
  /** Most requests under way at once: beyond that the client's frames wait unread. */
  readonly maxInFlight: number
  /** Most fids at once that hold an attribute; each may hold 64 KiB (CVE-2026-8348). */
  readonly maxXattrFids: number
}

export const sessionDefaults: SessionSettings = {
  msize: 1 << 20,
  multidevs: 'remap',
  // Far above what a client's dentry cache holds, and a bound on what one can make us keep.
  maxFids: 1 << 19,
  // QEMU's MAX_REQ.
  maxInFlight: 128,
  // QEMU's max_xattr.
  maxXattrFids: 1024,
}
