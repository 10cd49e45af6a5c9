// The ownership a guest was told about, and how it covers what the host says.

import { type DeviceNumber, type GuestGid, type GuestUid, NO_ID } from '../ids.js'
import { S_IFMT } from '../sys/constants.js'
import type { HostStat } from '../sys/stat.js'

/** What the guest was told about a file. An absent member means that the host's own value shows through. */
export interface Ownership {
  readonly uid?: GuestUid
  readonly gid?: GuestGid
  /** The whole st_mode, type bits included. */
  readonly mode?: number
  readonly rdev?: DeviceNumber
}

/** Nothing stored: everything shows through. */
export const NO_OWNERSHIP: Ownership = {}

/** The members that a store may hold, in the order in which QEMU writes them. */
export const OWNERSHIP_KEYS = ['uid', 'gid', 'mode', 'rdev'] as const
export type OwnershipKey = (typeof OWNERSHIP_KEYS)[number]

/** An object as the guest sees it: ownership covers the host's uid, gid, mode and rdev; the rest is the host's. */
export interface GuestStat {
  readonly uid: GuestUid
  readonly gid: GuestGid
  readonly mode: number
  readonly rdev: DeviceNumber
  readonly host: HostStat
}

/** A stored mode without type bits would be an object of no type, which no client can use: the host's type shows. */
const withType = (mode: number, host: HostStat): number =>
  (mode & S_IFMT) === 0 ? (mode & 0o7777) | (host.mode & S_IFMT) : mode & 0o177777

/** Lays `ownership` over `host`, each member on its own (reference §1.2). */
export function cover(host: HostStat, ownership: Ownership): GuestStat {
  return {
    uid: ownership.uid ?? (host.uid as number as GuestUid),
    gid: ownership.gid ?? (host.gid as number as GuestGid),
    mode: ownership.mode === undefined ? host.mode : withType(ownership.mode, host),
    rdev: ownership.rdev ?? host.rdev,
    host,
  }
}

/** The same members, for whoever is still putting them together. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** `before` with the members of `change` in place of its own; a value of −1 leaves what is there, as in chown(2). */
export function amend(before: Ownership, { uid, gid, mode, rdev }: Ownership): Ownership {
  return {
    ...before,
    ...(uid !== undefined && uid !== NO_ID && { uid }),
    ...(gid !== undefined && gid !== NO_ID && { gid }),
    ...(mode !== undefined && mode !== NO_ID && { mode }),
    ...(rdev !== undefined && { rdev }),
  }
}
