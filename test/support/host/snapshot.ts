// All that matters of a tree on the host, to compare a state with another one.

import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { nameFromText } from '../../../src/name.js'
import { getxattr, listxattr } from '../../../src/sys/xattr.js'
import { openPath, openTree } from '../../../src/sys/open.js'

const METADATA = '.virtfs_metadata'
const ROOT_RECORD = '.virtfs_metadata_root'

export interface Snapshot {
  /** By path: type, mode, owner, links, content, attributes, record. Inodes are numbered in the order of their paths. */
  readonly objects: Record<string, string>
  /** Directories that have a metadata directory. */
  readonly metadataDirectories: readonly string[]
  /** Records of objects that are not there. */
  readonly orphans: readonly string[]
}

/** Describes the tree below `root`. Times are left out: a failed change may have moved them. */
export function snapshot(root: string): Snapshot {
  const inodes = new Map<string, number>()
  const objects: Record<string, string> = { '.': describe(root, join(root, ROOT_RECORD), inodes) }
  const metadataDirectories: string[] = []
  const orphans: string[] = []
  const visit = (directory: string, relative: string): void => {
    const metadata = join(directory, METADATA)
    const hasMetadata = existsSync(metadata) && statSync(metadata).isDirectory()
    if (hasMetadata) {
      metadataDirectories.push(relative)
      const gone = readdirSync(metadata).filter((name) => !existsSync(join(directory, name)))
      orphans.push(...gone.map((name) => join(relative, name)))
    }
    for (const name of readdirSync(directory).sort()) {
      if (name === METADATA || name === ROOT_RECORD) continue
      const path = join(directory, name)
      objects[join(relative, name)] = describe(path, join(metadata, name), inodes)
      if (lstatSync(path).isDirectory()) visit(path, join(relative, name))
    }
  }
  visit(root, '.')
  return { objects, metadataDirectories, orphans }
}

function describe(path: string, record: string, inodes: Map<string, number>): string {
  const stat = lstatSync(path)
  const text = existsSync(record)
    ? `${identity(record, inodes)}=${JSON.stringify(readFileSync(record, 'latin1'))}`
    : 'none'
  const content = stat.isFile() ? readFileSync(path, 'latin1') : ''
  // How many links a directory has depends on whether there is metadata in it, which is listed anyway.
  const links = stat.isDirectory() ? '' : stat.nlink
  return [
    `inode ${identity(path, inodes)} links ${links} mode ${stat.mode.toString(8)} owner ${stat.uid}:${stat.gid}`,
    `rdev ${stat.rdev} content ${JSON.stringify(content)} attributes ${attributes(path)} record ${text}`,
  ].join(' ')
}

function identity(path: string, inodes: Map<string, number>): number {
  const { dev, ino } = lstatSync(path, { bigint: true })
  const key = `${dev}:${ino}`
  const known = inodes.get(key) ?? inodes.size
  inodes.set(key, known)
  return known
}

function attributes(path: string): string {
  const stat = lstatSync(path)
  if (!stat.isDirectory() && !stat.isFile()) return ''
  using dir = openTree(dirname(path), true)
  using handle = openPath(dir, nameFromText(basename(path)))
  if (handle === undefined) return ''
  const pairs = listxattr(handle).map((name) => `${name}=${getxattr(handle, name)?.toString('hex') ?? ''}`)
  return pairs.sort().join(' ')
}
