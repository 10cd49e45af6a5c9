// What every security model must do: keep a guest's ownership, and give its objects a body on the host.

import type { DeviceNumber } from '../ids.js'
import type { Name } from '../name.js'
import type { Fd } from '../sys/fd.js'
import type { Ownership } from './ownership.js'

/** A name in an open directory. */
export interface Place {
  readonly dir: Fd
  readonly name: Name
}

/** What a name was found to mean. */
export interface FoundObject {
  readonly dev: number
  readonly ino: bigint
}

/** An object as a store sees it. Descriptors are borrowed: a store never closes or keeps them. */
export interface StoredObject {
  /** Host device and inode, to tell whether a name still means this object. */
  readonly dev: number
  readonly ino: bigint
  /** A descriptor of the object, perhaps only O_PATH. */
  handle(): Fd
  /**
   * A descriptor opened for reading, which takes the f-calls of xattrs; undefined for anything but regular files and
   * directories, and where the host refuses to open it.
   */
  readable(): Fd | undefined
  /** Where the object is, as far as is known; undefined for the export's root and for what has lost its name. */
  place(): Place | undefined
  /** Looks for the object once `place` has turned out to mean something else; it may be anywhere in the export. */
  findPlace?(): Place | undefined
  /** True for the export's root, which has no name inside the export. */
  readonly isRoot: boolean
  /** What a store whose data lies beside the name last knew, for the time after the name is gone. The store's own. */
  remembered: Ownership | undefined
}

/** Why a tree cannot be used: the errno's name, and what to do instead. */
export interface Refusal {
  readonly code: string
  readonly advice: string
}

/**
 * Where the guest's uid, gid, mode and rdev live. One object a security model; no caller asks which one it has.
 *
 * Every method may throw ErrnoError. A method that throws has left its own data as it was, as far as the host lets it.
 */
export interface OwnershipStore {
  /** Why this tree cannot keep what the model stores; undefined when it can. Changes nothing. */
  refusalOf(tree: Fd): Refusal | undefined

  /** True for a name that the store keeps its own data under: refused in every message (EINVAL), hidden in listings. */
  isReserved(name: Name): boolean

  /**
   * True where what is at `place`, under a name that is not reserved, is what the store keeps its own data in: a file
   * system that ignores case, or makes short names, has several names for it. Refused like a reserved name. `found` is
   * what the caller knows to be there, if it does.
   */
  isOwn(place: Place, found?: FoundObject): boolean

  /** What is stored. Absent, unreadable or malformed members are absent in the answer; it never throws for those. */
  load(object: StoredObject): Ownership

  /**
   * Stores the ownership of an object that the caller has just created, exclusively, at its place. Nothing that an
   * earlier object of that name left behind shows through. On failure the caller removes the object.
   */
  adopt(object: StoredObject, ownership: Ownership): void

  /** Replaces the members given and leaves the others. `mode` comes with type bits. Bumps the object's ctime. */
  save(object: StoredObject, change: Ownership): void

  /** Called after `object` got the further name `to`. On failure the caller removes that name. */
  linked(object: StoredObject, to: Place): void

  /**
   * Renames `from` to `to`, the object and what is stored beside it, replacing what `to` was. All or nothing.
   * `flags` are renameat2's.
   */
  rename(from: Place, to: Place, flags: number): void

  /** Removes the name (`isDirectory`: an empty directory's), and then what is stored beside it. All or nothing. */
  unlink(place: Place, isDirectory: boolean): void
}

/** How the guest's kinds of object exist on the host: as themselves, or as regular files and directories. */
export interface Embodiment {
  /** Creates a regular file, exclusively, open with `flags` (access mode, O_APPEND, O_SYNC, …). */
  createFile(dir: Fd, name: Name, flags: number, guestMode: number): Fd
  createDirectory(dir: Fd, name: Name, guestMode: number): void
  /** Creates a device, fifo or socket (`guestMode` has the type), or a regular file. */
  createNode(dir: Fd, name: Name, guestMode: number, rdev: DeviceNumber): void
  /** `target` is Latin-1 bytes. On failure nothing is left behind. */
  createSymlink(dir: Fd, name: Name, target: string): void
  /** The target of a symlink. Unless `isAccess`, its time of access stays where the host lets it. */
  readSymlink(object: StoredObject, isAccess?: boolean): string
}

/** Which host attribute a guest's attribute is kept in (reference §2.3). */
export interface XattrNames {
  /**
   * The host's name for a guest's attribute.
   * `hidden`: exists for the store only (get ENODATA, set EACCES); `unsupported`: EOPNOTSUPP.
   */
  toHost(guestName: string): { readonly host: string } | 'hidden' | 'unsupported'
  /** The guest's name for a host attribute; undefined for one that the guest does not see. */
  toGuest(hostName: string): string | undefined
}

/** What a model can keep, for tests and for those who ask what would be lost. */
export interface Capabilities {
  /** Any uid and gid, without privilege. */
  readonly keepsAnyOwner: boolean
  /** Device nodes, without privilege. */
  readonly keepsDevices: boolean
  /** All 64 bits of a device number. */
  readonly keepsWideDevices: boolean
  /** POSIX ACLs that the guest set. */
  readonly keepsAcls: boolean
  /** Ownership lies beside the name rather than in the inode. */
  readonly keepsBesideName: boolean
}

/** Where a model keeps ownership: in attributes of the object, in a file beside it, or in the host inode itself. */
export type StoredForm = 'xattr' | 'sidecar' | 'inode'

/** One security model, chosen once: everything that differs between models is behind these. */
export interface Model {
  readonly store: OwnershipStore
  readonly embodiment: Embodiment
  readonly xattrs: XattrNames
  readonly capabilities: Capabilities
  readonly storedAs: StoredForm
}
