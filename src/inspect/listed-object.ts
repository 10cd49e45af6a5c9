// What a line of a long listing shows of an object.

import type { DeviceNumber } from '../ids.js'
import type { PassedObject } from '../ownership/evidence.js'
import { S_IFDIR, S_IFLNK, S_IFMT } from '../sys/constants.js'
import type { EntryReader } from './entry.js'

/** Flat and small, since the widths of columns are known only when a whole directory was seen. Strings are bytes. */
export interface ListedObject {
  readonly mode: number
  /** An ACL says more than the mode. */
  readonly hasAcl: boolean
  readonly nlink: number
  readonly uid: number
  readonly gid: number
  /** What the owner is called; undefined where nobody knows such an id. */
  readonly user: string | undefined
  readonly group: string | undefined
  readonly rdev: DeviceNumber
  readonly size: number
  /** Of 512 bytes. */
  readonly blocks: number
  /** Seconds since 1970. */
  readonly mtimeSec: number
  /** Of a symlink; undefined for anything else, and where it cannot be read. */
  readonly target: string | undefined
}

/** Looks at an object for a long listing. */
export function listedObject(reader: EntryReader, object: PassedObject): ListedObject {
  const { host, uid, gid, mode, rdev } = reader.guestOf(object)
  const { user, group } = reader.namesOf(uid, gid)
  const type = mode & S_IFMT
  const isSymlink = type === S_IFLNK
  return {
    mode,
    hasAcl: !isSymlink && reader.hasAcl(object, type === S_IFDIR),
    nlink: host.nlink,
    uid,
    gid,
    user,
    group,
    rdev,
    size: host.size,
    blocks: host.blocks,
    mtimeSec: host.mtimeSec,
    target: isSymlink ? reader.targetOf(object) : undefined,
  }
}
