// One side's tree on the host, as the host has it: who lies under which name, and everything about each object. Nothing
// of the view or the stores takes part.

import { type BigIntStats, constants, lstatSync, openSync, readFileSync, readlinkSync, statfsSync } from 'node:fs'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import { getdents64 } from '../../src/sys/directory.js'
import { Fd } from '../../src/sys/fd.js'
import { getxattr, listxattr } from '../../src/sys/xattr.js'
import type { Clock } from './clock.js'
import { pathIn, statIn } from './paths.js'

/** One name on the host, in a form that two sides can be compared by. */
export interface HostObject {
  /** Latin-1, relative; '' is the root. */
  readonly path: string
  /** The whole st_mode in octal. */
  readonly mode: string
  readonly owner: string
  readonly rdev: number
  readonly links: number
  readonly size: number
  /** All names of this inode. */
  readonly names: string
  readonly accessed: string
  readonly modified: string
  /** A file's bytes or a symlink's target (Latin-1). */
  readonly content: string
  readonly attributes: Readonly<Record<string, string>>
}

/** The directory of mapped-file's records. */
export const RECORDS = '.virtfs_metadata'
/** Types of file systems (linux/magic.h): ext2 to ext4, tmpfs. */
const COUNT_ALIKE = [0xef53, 0x0102_1994]
/** Bytes of the longest file that is read whole. */
const CONTENT_MAX = 1 << 20
const METADATA = [RECORDS, '.virtfs_metadata_root']

/** Where mapped-file keeps the record of `path`. */
export const recordOf = (path: string): string =>
  path === '' ? '.virtfs_metadata_root' : path.replace(/[^/]*$/, `${RECORDS}/$&`)

export class HostTree {
  private index: Map<bigint, string> | undefined
  /** What nameless inodes were called when they still had names. */
  private readonly former = new Map<bigint, string>()

  /**
   * True where equal files take equally many blocks. Elsewhere that depends on what room the file system has, and on how
   * far ahead it reserves.
   */
  readonly countsBlocksAlike: boolean

  constructor(readonly root: string) {
    this.countsBlocksAlike = COUNT_ALIKE.includes(statfsSync(root).type)
  }

  /** To be called when names may have changed. */
  changed(): void {
    this.index = undefined
  }

  /**
   * What identifies an inode to both sides: its names in this tree or, when it has none any more, those that it had.
   * Inode numbers of two trees are never equal, and a number is used again for another object, on each side in its turn.
   */
  identityOf(ino: bigint): string {
    this.index ??= this.makeIndex()
    const names = this.index.get(ino)
    if (names !== undefined) return `"${names}"`
    return `removed "${this.former.get(ino) ?? '(never seen)'}"`
  }

  /** The inode of `path`; undefined where there is nothing. */
  inodeOf(path: string): bigint | undefined {
    return statIn(this.root, path)?.ino
  }

  /** Every name below the root, with all that it shows. */
  record(clock: Clock): HostObject[] {
    this.changed()
    return this.paths().map((path) => this.describe(path, clock))
  }

  private describe(path: string, clock: Clock): HostObject {
    const at = pathIn(this.root, path)
    const stat = lstatSync(at, { bigint: true })
    // The guest cannot set or ask for the times of what a store keeps for itself, nor can it read those.
    const isStores = path.split('/').some((name) => METADATA.includes(name))
    return {
      path,
      mode: stat.mode.toString(8),
      owner: `${stat.uid}:${stat.gid}`,
      rdev: Number(stat.rdev),
      links: Number(stat.nlink),
      size: Number(stat.size),
      names: this.identityOf(stat.ino),
      accessed: isStores ? '' : clock.show(stat.atimeNs),
      modified: isStores ? '' : clock.show(stat.mtimeNs),
      content: contentOf(at, stat),
      attributes: hexOf(attributesIn(this.root, path)),
    }
  }

  private paths(directory = ''): string[] {
    const found: string[] = [directory]
    for (const name of namesIn(pathIn(this.root, directory))) {
      const path = directory === '' ? name : `${directory}/${name}`
      if (statIn(this.root, path)?.isDirectory() === true) found.push(...this.paths(path))
      else found.push(path)
    }
    return directory === '' ? found.sort() : found
  }

  private makeIndex(): Map<bigint, string> {
    const index = new Map<bigint, string>()
    for (const path of this.paths()) {
      const { ino } = lstatSync(pathIn(this.root, path), { bigint: true })
      const others = index.get(ino)
      index.set(ino, others === undefined ? path : `${others}", "${path}`)
    }
    for (const [ino, names] of index) this.former.set(ino, names)
    return index
  }
}

// Looking must not move the times of access that are compared.
const LOOKING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NOATIME

function contentOf(at: Buffer, stat: BigIntStats): string {
  if (stat.isSymbolicLink()) return readlinkSync(at, 'latin1')
  // A file may be as long as the host can count; then its length says enough.
  if (!stat.isFile() || stat.size > CONTENT_MAX) return ''
  using file = new Fd(openSync(at, LOOKING))
  return readFileSync(file.number, 'latin1')
}

function namesIn(at: Buffer): string[] {
  using directory = new Fd(openSync(at, LOOKING | constants.O_DIRECTORY))
  const buffer = Buffer.allocUnsafe(32_768)
  const names: string[] = []
  for (;;) {
    const entries = getdents64(directory, buffer)
    if (entries.length === 0) return names
    names.push(...entries.map(({ name }) => name).filter((name) => name !== '.' && name !== '..'))
  }
}

/** The attributes of a file or directory; of anything else none, for to open a fifo is to wait for its other end. */
export function attributesIn(root: string, path: string): Record<string, Buffer> {
  const stat = statIn(root, path)
  if (stat?.isFile() !== true && stat?.isDirectory() !== true) return {}
  using object = new Fd(openSync(pathIn(root, path), LOOKING))
  const names = listxattr(object).sort()
  return Object.fromEntries(names.map((name) => [name, getxattr(object, name) ?? Buffer.alloc(0)]))
}

const hexOf = (attributes: Readonly<Record<string, Buffer>>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, value.toString('hex')]))

/** The guest's st_mode of an object as it is stored; undefined where there is nothing or nothing is stored. */
export function storedMode(model: SecurityModel, root: string, path: string): number | undefined {
  try {
    if (model === 'mapped-xattr') {
      const value = attributesIn(root, path)['user.virtfs.mode']
      return value?.length === 4 ? value.readUInt32LE() : undefined
    }
    if (model === 'mapped-file') {
      const line = /^virtfs\.mode=(-?\d+)$/m.exec(readFileSync(pathIn(root, recordOf(path)), 'latin1'))
      return line === null ? undefined : Number(line[1]) >>> 0
    }
    return undefined
  } catch {
    return undefined
  }
}
