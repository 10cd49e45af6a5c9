// Paths of the guest as bytes of the host: names need not be text, and symlinks are not followed.

import { type BigIntStats, lstatSync } from 'node:fs'

/** The host's path of `path` (Latin-1, relative; '' is the root itself) below `root`. */
export function pathIn(root: string, path: string): Buffer {
  return path === '' ? Buffer.from(root) : Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')])
}

/**
 * What lies at `path`; undefined where there is nothing. A symlink on the way ends it, as it does for the servers: to
 * follow one would move the times of the tree that is looked at.
 */
export function statIn(root: string, path: string): BigIntStats | undefined {
  const names = path === '' ? [] : path.split('/')
  let stat = lstatSync(root, { bigint: true })
  for (let length = 1; length <= names.length; length += 1) {
    if (!stat.isDirectory()) return undefined
    const next = statName(pathIn(root, names.slice(0, length).join('/')))
    if (next === undefined) return undefined
    stat = next
  }
  return stat
}

function statName(path: Buffer): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    // No host has such a name: it is too long, or holds NUL.
    return undefined
  }
}
