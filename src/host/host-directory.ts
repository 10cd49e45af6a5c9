// A directory of the host that is looked at and never changed. Linux's descriptors stand behind it (linux-host.ts), or
// node:fs and fs-xattr where there is no Linux (portable-host.ts): whoever looks at trees asks neither.

import type { Name } from '../name.js'
import type { HostStat, HostStatfs } from '../sys/stat.js'

/** The directory itself, where a name is asked for. */
export const SELF = '.'
export type NameOrSelf = Name | typeof SELF

/** A place in a directory's listing, to go on from; the host's own, good for as long as the directory does not change. */
export type Position = bigint

/** Where every listing begins. */
export const BEGINNING: Position = 0n

/** One name of a listing. */
export interface HostDirent {
  readonly name: Name
  /** The place after it. */
  readonly next: Position
}

/** An attribute's name, made ready to be asked for often by `Host.attributeName`. */
export interface PreparedName {
  readonly text: string
}

/**
 * An open directory. Everything that takes a name takes it relative to this directory, wherever that has been moved,
 * and follows no symlink. Methods throw ErrnoError.
 */
export interface HostDirectory extends Disposable {
  /**
   * The names from `from` on, in the host's order without "." and "..": as many as fit into about `room` bytes (512 to
   * 32768), at least one; none at the end. The directory's time of access stays where the host lets it.
   */
  list(from: Position, room: number): readonly HostDirent[]
  /** What is under the name; undefined where there is nothing. */
  stat(name: NameOrSelf): HostStat | undefined
  /** Opens a directory in this one; ENOTDIR or ELOOP for anything else. */
  openDirectory(name: Name): HostDirectory
  /** Opens the directory above, wherever this one is by now. */
  openParent(): HostDirectory
  /** The names of all attributes (Latin-1), each with a NUL behind it. */
  attributeNames(name: NameOrSelf): string
  /**
   * The length of an attribute's value, the value being in `Host.lastValue` until the next call; or a negated errno
   * (−ENODATA: absent, −ERANGE: longer than `limit` bytes). It never throws.
   */
  peekAttribute(name: NameOrSelf, attribute: PreparedName, limit: number): number
  /** An attribute's value; undefined where it is absent. */
  attribute(name: NameOrSelf, attribute: string): Buffer | undefined
  /** The first `limit` bytes of a regular file, whose time of access stays where the host lets it; ENXIO for others. */
  content(name: Name, limit: number): Buffer
  /** The target of a symlink of the host (Latin-1). */
  readlink(name: Name): string
  /** The file system that holds the directory. */
  statfs(): HostStatfs
  /** Where the directory is at this moment, as a real path (Latin-1). */
  realPath(): string
  /** A path by which another thread of this process opens the same directory, while it is open here. */
  sharedPath(): string
}

/** What a host cannot tell. Each is said to the user where it matters. */
export interface HostLimits {
  /** Attributes of a symlink or special file cannot be asked for without acting on something else. */
  readonly hidesAttributesOfSpecials: boolean
  /** Names are checked and used by path: what another process swaps in between is looked at instead. */
  readonly isRacy: boolean
  /**
   * Why no attribute of anything can be read; undefined where they can be. Everything looks then as on a file system that
   * keeps none (EOPNOTSUPP): whoever would conclude that nothing is stored must ask here first.
   */
  readonly withoutAttributes: string | undefined
}

/** A machine's way to look at its directories. */
export interface Host {
  readonly limits: HostLimits
  /** The value that the last `peekAttribute` found. */
  readonly lastValue: DataView
  attributeName(text: string): PreparedName
  /** Opens a directory by a path (Latin-1), following symlinks as any program does. */
  openDirectory(path: string): HostDirectory
  /** The working directory (Latin-1). */
  workingDirectory(): string
}
