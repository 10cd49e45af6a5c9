// What is mounted where, as this process sees it (/proc/self/mountinfo, proc(5)).

import { readFileSync } from 'node:fs'

/** One mounted file system. */
export interface Mount {
  /** Major number × 2^32 + minor, as in HostStat. */
  readonly dev: number
  /** Latin-1 bytes. */
  readonly path: string
}

const unescaped = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** All mounts, in the kernel's order; none where /proc does not say. */
export function mounts(): Mount[] {
  let table: string
  try {
    table = readFileSync('/proc/self/mountinfo', 'latin1')
  } catch {
    return []
  }
  return Array.from(table.matchAll(/^\d+ \d+ (\d+):(\d+) \S+ (\S+) /gm), ([, major, minor, path = '']) => ({
    dev: Number(major) * 2 ** 32 + Number(minor),
    path: unescaped(path),
  }))
}
