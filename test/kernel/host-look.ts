// What the host's own tools say of a tree: GNU find and stat, getfacl and getfattr. Under passthrough everything that a guest
// sees lies in the inodes, so they say it in the words of a guest's listing, and the two can be compared.

import { execFileSync } from 'node:child_process'
import { type GuestEntry, typeOfMode } from '../../fixtures/guest-view.js'

/** All that find and stat know of an object. */
export type HostObject = Omit<GuestEntry, 'xattrs'>

export interface HostLook {
  /** Depth first, in byte order, the root first. */
  readonly objects: readonly HostObject[]
  /** What getfacl prints, as the guest's does (see `ACLS`). */
  readonly acls: string
  /** Paths of what has a name that means something to a model or to a conversion. */
  readonly hiddenNames: readonly string[]
  /** What getfattr prints of the attributes in which a model, or a conversion, keeps what it has to. */
  readonly hiddenAttributes: string
}

/** Prints the ACLs of what has some. Ids are numbers, since host and guest have users of their own. */
export const ACLS = 'getfacl -R -P -n acls inherited set-id turns'

export const lookOnHost = (tree: string): HostLook => ({
  objects: listOnHost(tree),
  acls: execFileSync('/bin/sh', ['-c', ACLS], { cwd: tree, encoding: 'latin1' }),
  hiddenNames: hiddenNames(tree),
  hiddenAttributes: hiddenAttributes(tree),
})

/** As find's -printf takes them, each ended by NUL, which is in none of them. */
const FIELDS = ['%P', '%y', '%m', '%U', '%G', '%s', '%n', '%T@', '%l', '%i']
const EXPRESSION = [
  '-printf',
  FIELDS.map((field) => `${field}\\0`).join(''),
  // find has no word for a device's number: stat prints it, in hexadecimal digits.
  ...['(', '-type', 'b,c', '-execdir', 'stat', '--printf', '%t:%T', '{}', ';', '-o', '-true', ')'],
  ...['-printf', '\\0'],
]

/** Letters of find's %y. */
const types: Readonly<Record<string, number>> = {
  b: 0o060000,
  c: 0o020000,
  d: 0o040000,
  f: 0o100000,
  l: 0o120000,
  p: 0o010000,
  s: 0o140000,
}

function listOnHost(tree: string): HostObject[] {
  const objects = recordsOf(tree, EXPRESSION, FIELDS.length + 1)
  objects.sort(([one = ''], [other = '']) => (inOrder(one) < inOrder(other) ? -1 : 1))
  const names = new Map<string, string>()
  return objects.map((fields) => describe(fields, names))
}

/** When each object but the directories, which looking at them changes, was last read: by its path. */
export const accessTimes = (tree: string): Record<string, string> =>
  Object.fromEntries(
    recordsOf(tree, ['!', '-type', 'd', '-printf', '%P\\0%A@\\0'], 2).map(([path = '', time = '']) => [path, time]),
  )

/** Runs find, which goes down by descriptors: paths may be longer than PATH_MAX. */
function recordsOf(tree: string, expression: readonly string[], width: number): string[][] {
  const printed = execFileSync('find', ['.', ...expression], { cwd: tree, encoding: 'latin1', maxBuffer: 2 ** 26 })
  const values = printed.split('\0').slice(0, -1)
  return Array.from({ length: values.length / width }, (_, index) => values.slice(index * width, (index + 1) * width))
}

/** Directories come before what is in them, and that before what else is beside them. */
const inOrder = (path: string): string => path.replaceAll('/', '\0')

/** `names` collects the first name of each inode that has several. */
function describe(fields: readonly string[], names: Map<string, string>): HostObject {
  const [path = '', letter = '', mode = '', uid, gid, size, nlink, mtime = '', target = '', inode = '', rdev = ''] =
    fields
  const type = typeOfMode(types[letter] ?? 0)
  const first = names.get(inode)
  if (type !== 'directory' && Number(nlink) > 1 && first === undefined) names.set(inode, path)
  const [seconds = '', fraction = ''] = mtime.split('.')
  return {
    path,
    type,
    mode: mode.padStart(4, '0'),
    uid: Number(uid),
    gid: Number(gid),
    rdev:
      rdev === ''
        ? null
        : rdev
            .split(':')
            .map((part) => Number.parseInt(part, 16))
            .join(':'),
    size: type === 'directory' ? null : Number(size),
    nlink: Number(nlink),
    // find prints what the kernel has: whole seconds, rounded down, and nanoseconds behind the point.
    mtime: [Number(seconds), Number(fraction.slice(0, 9))],
    target: type === 'symlink' ? target : null,
    sameAs: first ?? null,
  }
}

function hiddenNames(tree: string): string[] {
  const names = ['.virtfs_metadata', '.virtfs_metadata_root', '.virtfs_convert'].flatMap((name) => [
    '-o',
    '-name',
    name,
  ])
  const found = recordsOf(tree, ['(', ...names.slice(1), ')', '-printf', '%P\\0'], 1)
  return found.map(([path = '']) => path).sort()
}

/** By find, since getfattr's own walk goes by paths, which may be too long. */
const hiddenAttributes = (tree: string): string =>
  execFileSync('find', ['.', '-execdir', 'getfattr', '-h', '-d', '-m', '^user\\.virtfs\\.', '{}', '+'], {
    cwd: tree,
    encoding: 'latin1',
    maxBuffer: 2 ** 26,
  })
