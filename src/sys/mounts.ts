// What is mounted where, as a process sees it (/proc/PID/mountinfo, proc(5)).

import { readFileSync } from 'node:fs'

/** One mounted file system. */
export interface Mount {
  /** What /proc/PID/fdinfo calls mnt_id; given anew once the mount is gone. */
  readonly id: number
  /** Major number × 2^32 + minor, as in HostStat. */
  readonly dev: number
  /** The directory of the file system that is to be seen at `path`: '/', or another one after `mount --bind`. Latin-1 bytes. */
  readonly root: string
  /** Latin-1 bytes. */
  readonly path: string
}

const unescaped = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** All mounts that a process sees, in the kernel's order; none where /proc does not say. */
export function mounts(process: number | 'self' = 'self'): Mount[] {
  let table: string
  try {
    table = readFileSync(`/proc/${process}/mountinfo`, 'latin1')
  } catch {
    return []
  }
  const fields = table.matchAll(/^(\d+) \d+ (\d+):(\d+) (\S+) (\S+) /gm)
  return Array.from(fields, ([, id, major, minor, root = '', path = '']) => ({
    id: Number(id),
    dev: Number(major) * 2 ** 32 + Number(minor),
    root: unescaped(root),
    path: unescaped(path),
  }))
}
