// Where a directory is to be seen, when its file system is mounted more than once: by `mount --bind`, or in a container.

import type { Mount } from '../sys/mounts.js'

/** A directory by its file system, and where in that it is. */
export interface Located {
  readonly dev: number
  /** From the file system's own root on (Latin-1 bytes). */
  readonly path: string
}

/** A path at which a directory, or a part of it, is seen. */
export interface Place {
  /** Latin-1 bytes. */
  readonly path: string
  /** The mount that shows it: below `path` others may hide it. */
  readonly mount: number
}

/** True for a path at or below another one. */
export const isWithin = (path: string, above: string): boolean =>
  path === above || path.startsWith(above === '/' ? above : `${above}/`)

/** What leads from one path to another one at or below it: '', or beginning with a slash. */
const below = (path: string, above: string): string =>
  path === above ? '' : path.slice(above === '/' ? 0 : above.length)

const joined = (path: string, end: string): string => (path === '/' && end !== '' ? end : path + end)

/** Locates what is at `path`, which `mount` shows; undefined when that is not below the mount. */
export const locatedIn = (mount: Mount, path: string): Located | undefined =>
  isWithin(path, mount.path) ? { dev: mount.dev, path: joined(mount.root, below(path, mount.path)) } : undefined

/** Where the directory, or a part of it, is seen through `mounts`. */
export function placesOf({ dev, path }: Located, mounts: readonly Mount[]): Place[] {
  return mounts.flatMap((mount) => {
    if (mount.dev !== dev) return []
    if (isWithin(path, mount.root)) return [{ path: joined(mount.path, below(path, mount.root)), mount: mount.id }]
    return isWithin(mount.root, path) ? [{ path: mount.path, mount: mount.id }] : []
  })
}
