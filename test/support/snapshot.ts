// A directory as the host has it, all of it, by node:fs and by attributes read from plain descriptors: nothing of the
// view or the stores takes part. Two snapshots that are equal mean that nothing changed between them.

import { constants, lstatSync, openSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { Fd } from '../../src/sys/fd.js'
import { getxattr, listxattr } from '../../src/sys/xattr.js'

/** Every path below a directory, and what is there in one line. */
export type Snapshot = Record<string, string>

/**
 * Takes a snapshot. Times are left out where undoing a change moves them: ctime everywhere, mtime of directories and
 * of what lies in a directory of side files.
 */
export function snapshot(directory: string | Buffer): Snapshot {
  const found: Snapshot = {}
  visit(Buffer.from(directory), Buffer.alloc(0), found)
  return found
}

const SLASH = Buffer.from('/')

function visit(path: Buffer, relative: Buffer, found: Snapshot): void {
  const stat = lstatSync(path, { bigint: true })
  const isSide = relative.includes('.virtfs_metadata')
  const line = [
    `mode=0${stat.mode.toString(8)} owner=${stat.uid}:${stat.gid} rdev=${stat.rdev}`,
    stat.isDirectory() ? '' : `nlink=${stat.nlink} size=${stat.size}`,
    stat.isDirectory() || isSide ? '' : `mtime=${stat.mtimeNs}`,
    stat.isFile() ? `content=${readFileSync(path).toString('latin1')}` : '',
    stat.isSymbolicLink() ? `target=${readlinkSync(path, 'latin1')}` : '',
    stat.isFile() || stat.isDirectory() ? attributesOf(path) : '',
  ]
  found[relative.toString('latin1')] = line.filter((part) => part !== '').join(' ')
  if (!stat.isDirectory()) return
  for (const name of readdirSync(path, { encoding: 'buffer' })) {
    visit(Buffer.concat([path, SLASH, name]), Buffer.concat([relative, SLASH, name]), found)
  }
}

function attributesOf(path: Buffer): string {
  using fd = new Fd(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW))
  const names = listxattr(fd).sort()
  return names.map((name) => `${name}=${getxattr(fd, name)?.toString('hex')}`).join(' ')
}
