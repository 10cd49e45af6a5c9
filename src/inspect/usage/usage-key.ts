// By what the entries of a tree are told apart. Each asks for no more than it needs: it is asked of every entry.

import type { PassedObject } from '../../ownership/evidence.js'
import { cover, type OwnershipKey } from '../../ownership/ownership.js'
import type { EntryReader } from '../entry.js'
import { fileType } from '../file-type.js'
import { S_IFDIR, S_IFMT } from '../../sys/constants.js'

/** The guest's owner, its group, the type of file, or the directory below the root in which an entry is. */
export const usageKeys = ['user', 'group', 'type', 'top'] as const
export type UsageKey = (typeof usageKeys)[number]

/** The key of an entry; `path` is relative to the root, '' for the root itself. */
export type KeyOf = (object: PassedObject, path: string, reader: EntryReader) => number | string

/** What of the root is in no directory below it: the root itself, and the files in it. */
const ROOT_KEY = '.'

const UID: readonly OwnershipKey[] = ['uid']
const GID: readonly OwnershipKey[] = ['gid']

export const keysOf: Readonly<Record<UsageKey, KeyOf>> = {
  user: (object, _path, { reader }) => cover(object.host, reader.ownershipOf(object, UID)).uid,
  group: (object, _path, { reader }) => cover(object.host, reader.ownershipOf(object, GID)).gid,
  type: (object, _path, reader) => fileType(reader.modeOf(object)),
  top: ({ host }, path) => {
    const slash = path.indexOf('/')
    if (slash >= 0) return path.slice(0, slash)
    return path !== '' && (host.mode & S_IFMT) === S_IFDIR ? path : ROOT_KEY
  },
}
