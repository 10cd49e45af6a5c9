// What one stretch of the look through a tree comes to: plain data, which crosses threads.

import type { Name } from '../name.js'
import type { HostStatTimes } from './bodies.js'
import type { Look, ObjectTimes } from './journal.js'
import type { TargetStat } from './decision.js'
import type { ChangeKind, Lost, Refused } from './plan.js'

/** Which directory: its identity on the host. */
export interface DirectoryIdentity {
  readonly dev: number
  readonly ino: bigint
}

/** A directory that was met, in the order of the walk: those above it come earlier. */
export interface MetDirectory extends DirectoryIdentity, HostStatTimes {
  readonly parent: DirectoryIdentity
  readonly name: Name
  /** It is to be changed itself. */
  readonly isChanged: boolean
}

/** Names in one directory that are to be changed, each with a slash behind it: one that no name has in it. */
export interface NamesIn {
  readonly directory: DirectoryIdentity
  readonly names: string
}

/** One of several names of an object. */
export interface LinkedName extends DirectoryIdentity {
  readonly directory: DirectoryIdentity
  readonly name: Name
  readonly nlink: number
  /** A new object takes its place. */
  readonly isReplaced: boolean
  readonly changes: readonly ChangeKind[]
  /** It stays as it is. */
  readonly isRefused: boolean
  /** What it is to be, which a record beside each name says for itself; undefined where it stays what it is. */
  readonly stat: TargetStat | undefined
}

export interface ScanFailure {
  readonly path: string
  readonly errno: number
  readonly op: string
}

export interface ScanPart {
  readonly entries: number
  readonly unchanged: number
  readonly changed: number
  readonly changes: Partial<Record<ChangeKind, number>>
  readonly bytesToCopy: number
  readonly refused: readonly Refused[]
  readonly forbidden: readonly Refused[]
  readonly lost: readonly Lost[]
  readonly failed: readonly ScanFailure[]
  readonly directories: readonly MetDirectory[]
  readonly work: readonly NamesIn[]
  readonly linked: readonly LinkedName[]
  /** Names, directories' too, of what is stored in part and to be changed. */
  readonly partial: readonly NamesIn[]
  /** Times of symlinks of the host that are to be read, which changes them. */
  readonly symlinks: readonly ObjectTimes[]
  /** Looks on the host of what is to change them, where they are not the usual ones. */
  readonly looks: readonly Look[]
  /** Inodes that no run of this conversion is to touch. */
  readonly left: readonly bigint[]
  /** Objects that have attributes, or a record, of a mapped model: whatever the source is. */
  readonly withAttributes: number
  readonly withRecord: number
  /** Objects that are stored whole in the target's form. */
  readonly stored: number
  /** Where the target would keep its own data, and something else is; other file systems. */
  readonly reserved: readonly string[]
  readonly elsewhere: readonly string[]
}
