// A directory as the host has it with everything that a conversion is to keep, times and hard links included: by node:fs and
// by attributes read from plain descriptors. Two portraits that are equal mean that the trees are.

import { constants, lstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { Fd } from '../../../src/sys/fd.js'
import { getxattr, listxattr } from '../../../src/sys/xattr.js'

/** Every path below a directory (Latin-1; the directory itself is '') and what is there, in one line. */
export type Portrait = Record<string, string>

const SLASH = Buffer.from('/')
const NOATIME = 0o1000000

/** Takes it. What is read of a file leaves its times alone; a symlink's time of access is changed afterwards. */
export function portrait(root: string): Portrait {
  const found: Portrait = {}
  visit(Buffer.from(root), Buffer.alloc(0), found, new Map())
  return found
}

/** `known` has the objects that were met, by inode: they are not to be looked at twice. */
function visit(path: Buffer, relative: Buffer, found: Portrait, known: Map<string, string>): void {
  const { dev, ino } = lstatSync(path, { bigint: true })
  const key = `${dev}:${ino}`
  const line = known.get(key)
  const name = relative.toString('latin1')
  if (line !== undefined) {
    found[name] = line
    return
  }
  // Names of one object are named after the first.
  found[name] = `of ${JSON.stringify(name)} ${describe(path, relative)}`
  known.set(key, found[name])
  if (!lstatSync(path).isDirectory()) return
  for (const entry of readdirSync(path, { encoding: 'buffer' }).sort(Buffer.compare)) {
    const below = relative.length === 0 ? entry : Buffer.concat([relative, SLASH, entry])
    visit(Buffer.concat([path, SLASH, entry]), below, found, known)
  }
}

function describe(path: Buffer, relative: Buffer): string {
  const stat = lstatSync(path, { bigint: true })
  // What a model keeps beside objects is new after a conversion, and its times are nobody's.
  const isKept = !relative.includes('.virtfs_metadata')
  return [
    `mode=0${stat.mode.toString(8)} owner=${stat.uid}:${stat.gid} rdev=${stat.rdev}`,
    stat.isDirectory() ? '' : `nlink=${stat.nlink} size=${stat.size}`,
    isKept ? `atime=${stat.atimeNs} mtime=${stat.mtimeNs}` : '',
    stat.isFile() ? `content=${JSON.stringify(contentOf(path))}` : '',
    stat.isSymbolicLink() ? `target=${readlinkSync(path, 'latin1')}` : '',
    stat.isFile() || stat.isDirectory() ? attributesOf(path) : '',
  ]
    .filter((part) => part !== '')
    .join(' ')
}

const openUnseen = (path: Buffer): Fd => new Fd(openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | NOATIME))

function contentOf(path: Buffer): string {
  using file = openUnseen(path)
  return readFileSync(file.number, 'latin1')
}

function attributesOf(path: Buffer): string {
  using file = openUnseen(path)
  const names = listxattr(file).sort()
  return names.map((name) => `${name}=${getxattr(file, name)?.toString('hex')}`).join(' ')
}

/** The paths of which two portraits say something else, each with what one and the other say. */
export function differences(wanted: Portrait, found: Portrait): string[] {
  const paths = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort()
  return paths
    .filter((path) => wanted[path] !== found[path])
    .map((path) => `${JSON.stringify(path)}: ${wanted[path] ?? 'nothing'} became ${found[path] ?? 'nothing'}`)
}

/** Whoever lists a directory, or reads a symlink of the host, moves its time of access. */
export const withoutAccess = (looks: Portrait): Portrait =>
  Object.fromEntries(Object.entries(looks).map(([path, line]) => [path, line.replaceAll(/ atime=-?\d+/g, '')]))

/** What is made in a directory inherits its default ACL: in a mapped-file tree the hidden directory and what is in it, too. */
export const withoutInherited = (looks: Portrait): Portrait =>
  Object.fromEntries(
    Object.entries(looks).map(([path, line]) => [
      path,
      path.includes('.virtfs_metadata') ? line.replaceAll(/ system\.posix_acl_\w+=[0-9a-f]*/g, '') : line,
    ]),
  )
