// Who this process is to the kernel where it uses files: ids, groups, capabilities, and which ids there are for it (proc(5)).

import { readFileSync, readlinkSync } from 'node:fs'

/** `count` ids from `first` on, as this process sees them. */
export interface IdSpan {
  readonly first: number
  readonly count: number
}

/** Plain data. Ids are those of the process's user namespace. */
export interface Credentials {
  /** The ids that count for files (fsuid and fsgid, which follow the effective ones). */
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
  /** The first 32 effective capabilities, a bit each. */
  readonly capabilities: number
  /** Ids that mean anything to this process: all but the last one, outside of containers. */
  readonly uids: readonly IdSpan[]
  readonly gids: readonly IdSpan[]
  /** True outside of every user namespace, where root is root. */
  readonly isInInitialNamespace: boolean
}

/** include/uapi/linux/capability.h */
export const CAP_CHOWN = 0
export const CAP_FOWNER = 3
export const CAP_FSETID = 4
export const CAP_MKNOD = 27

/** What /proc/PID has of a process that concerns its rights: the files `status`, `uid_map` and `gid_map`, the link `ns/user`. */
export interface ProcTexts {
  readonly status: string
  readonly uidMap: string
  readonly gidMap: string
  readonly userNamespace: string
}

/** USER_NS_INIT_INO in include/uapi/linux/nsfs.h: the same on every Linux since 3.8. */
const INITIAL_NAMESPACE = 'user:[4026531837]'

/** Reads what /proc says; a line that is missing grants nothing. */
export function parseCredentials({ status, uidMap, gidMap, userNamespace }: ProcTexts): Credentials {
  const fieldsOf = (name: string): string[] =>
    (new RegExp(`^${name}:(.*)$`, 'm').exec(status)?.[1] ?? '').match(/\S+/g) ?? []
  // Real, effective, saved and file system's.
  const idOf = (name: string): number => Number(fieldsOf(name)[3])
  return {
    uid: idOf('Uid'),
    gid: idOf('Gid'),
    groups: fieldsOf('Groups').map(Number),
    capabilities: parseInt((fieldsOf('CapEff')[0] ?? '0').slice(-8), 16),
    uids: parseMap(uidMap),
    gids: parseMap(gidMap),
    isInInitialNamespace: userNamespace === INITIAL_NAMESPACE,
  }
}

/** Lines of the first id inside, the first one outside, and how many. */
const parseMap = (text: string): IdSpan[] =>
  Array.from(text.matchAll(/^\s*(\d+)\s+\d+\s+(\d+)\s*$/gm), ([, first, count]) => ({
    first: Number(first),
    count: Number(count),
  }))

/** This process's credentials at this moment; throws as node:fs does where /proc is not mounted. */
export function ownCredentials(): Credentials {
  const textOf = (name: string): string => readFileSync(`/proc/self/${name}`, 'latin1')
  return parseCredentials({
    status: textOf('status'),
    uidMap: textOf('uid_map'),
    gidMap: textOf('gid_map'),
    userNamespace: readlinkSync('/proc/self/ns/user', 'latin1'),
  })
}
