// Makes trees of every kind of object in the form of any model, with node:fs and plain system calls: no store takes part.
// Takes root.

import {
  chmodSync,
  constants,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { nameFromBytes } from '../../../src/name.js'
import type { StoredForm } from '../../../src/ownership/store.js'
import { S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../../src/sys/constants.js'
import { mknodat } from '../../../src/sys/directory.js'
import { Fd } from '../../../src/sys/fd.js'
import { utimensat } from '../../../src/sys/inode.js'
import { openPath } from '../../../src/sys/open.js'
import { setxattr } from '../../../src/sys/xattr.js'
import { translateAcl } from '../../../src/ownership/acl-ids.js'
import { guestObjects, hostObjects, partialObjects, type SampleObject, type Times } from './sample-objects.js'

/** Whom the files of a mapped tree belong to on the host, and what nearly all of them look like there. */
export const BODY = { uid: 500, gid: 501, fmode: 0o600, dmode: 0o700 } as const
/** Of one file and one directory of a mapped tree that look otherwise. */
const ODD_LOOKS: Readonly<Record<string, { uid: number; gid: number; mode: number }>> = {
  'group/attributes': { uid: 502, gid: 503, mode: 0o644 },
  deep: { uid: 502, gid: 501, mode: 0o755 },
}

const USUAL_TIMES: Times = [1_700_000_000, 123_456_789, 1_690_000_000, 987_654_321]

const METADATA = '.virtfs_metadata'
const ROOT_RECORD = '.virtfs_metadata_root'

const typeOf = (mode: number): number => mode & S_IFMT
const isPlain = (mode: number): boolean => typeOf(mode) === S_IFREG || typeOf(mode) === S_IFDIR

export interface SampleOptions {
  /** Added to every id in the inode form: as `--map-uid 0:OFFSET:65536` has it. */
  readonly offset?: number
  /** What it has; one of everything when absent. */
  readonly objects?: readonly SampleObject[]
}

const sampleObjects = [...guestObjects, ...partialObjects, ...hostObjects]

/** Makes the tree at `root` (text), in the place of what may be there. */
export function makeSampleTree(
  root: string,
  form: StoredForm,
  { offset = 0, objects = sampleObjects }: SampleOptions = {},
): void {
  rmSync(root, { recursive: true, force: true })
  const maker = new Maker(Buffer.from(root), form, offset)
  for (const object of objects) maker.make(object)
  if (form === 'sidecar' && objects === sampleObjects) maker.makeOrphans()
  // What is made in a directory changes its times.
  for (const object of objects.toReversed()) maker.setTimes(object)
}

class Maker {
  constructor(
    private readonly root: Buffer,
    private readonly form: StoredForm,
    private readonly offset: number,
  ) {}

  make(object: SampleObject): void {
    const path = this.at(object.path)
    if (this.form === 'inode' || object.stored?.length === 0) this.makeReal(path, object)
    else this.makeMapped(path, object)
    for (const link of object.links ?? []) linkSync(path, this.at(link))
  }

  makeOrphans(): void {
    mkdirSync(this.at(`deep/deeper/none/${METADATA}`), 0o700)
    writeFileSync(this.at(`deep/deeper/none/${METADATA}/gone`), 'virtfs.uid=1\n', { mode: 0o600 })
    writeFileSync(this.at(`${METADATA}/gone too`), 'virtfs.uid=2\n', { mode: 0o600 })
    // Of a part of the tree that was once exported by itself.
    writeFileSync(this.at(`deep/${ROOT_RECORD}`), 'virtfs.uid=3\n', { mode: 0o600 })
  }

  setTimes({ path, times = USUAL_TIMES }: SampleObject): void {
    const [atimeSec, atimeNsec, mtimeSec, mtimeNsec] = times
    using handle = handleOf(this.at(path))
    utimensat(handle, { sec: atimeSec, nsec: atimeNsec }, { sec: mtimeSec, nsec: mtimeNsec })
  }

  private makeReal(path: Buffer, object: SampleObject): void {
    const { mode, uid, gid, rdev, content = '', acls = {}, attributes = {}, stored } = object
    // What the host has made has the host's owner in every form.
    const offset = this.form === 'inode' || stored?.length !== 0 ? this.offset : 0
    if (typeOf(mode) === S_IFLNK) symlinkSync(Buffer.from(content, 'latin1'), path)
    else if (isPlain(mode)) makePlain(path, mode, content)
    else makeNode(path, mode, rdev)
    lchownSync(path, uid + offset, gid + offset)
    if (typeOf(mode) === S_IFLNK) return
    setAttributes(path, attributes)
    for (const [name, value] of Object.entries(acls)) setAttribute(path, name, moved(value, offset))
    chmodSync(path, mode & 0o7777)
  }

  private makeMapped(path: Buffer, object: SampleObject): void {
    const { mode, uid, gid, rdev, content = '', acls = {}, attributes = {} } = object
    const stored = object.stored ?? (['uid', 'gid', 'mode'] as const)
    const type = isPlain(mode) ? mode : S_IFREG
    makePlain(path, type, content)
    const isDirectory = typeOf(mode) === S_IFDIR
    const looks = ODD_LOOKS[object.path] ?? { ...BODY, mode: isDirectory ? BODY.dmode : BODY.fmode }
    lchownSync(path, looks.uid, looks.gid)
    chmodSync(path, looks.mode)
    setAttributes(path, attributes)
    const members = { uid, gid, mode, rdev }
    const device = rdev && typeOf(mode) !== S_IFIFO && typeOf(mode) !== S_IFSOCK ? rdev : undefined
    const packed = device ?? (isPlain(mode) || typeOf(mode) === S_IFLNK ? undefined : ([0, 0] as const))
    for (const [name, value] of Object.entries(acls)) {
      setAttribute(path, this.form === 'xattr' ? `user.virtfs.${name}` : name, value)
    }
    if (this.form === 'xattr') {
      for (const key of stored) setAttribute(path, `user.virtfs.${key}`, u32(members[key]))
      if (packed) setAttribute(path, 'user.virtfs.rdev', u64(packDevice(packed)))
      return
    }
    const lines = stored.map((key) => `virtfs.${key}=${members[key]}\n`)
    if (packed) lines.push(`virtfs.rdev=${packDevice(packed)}\n`)
    this.writeRecord(object, lines.join(''))
  }

  /** Further names share the record. */
  private writeRecord({ path, links = [] }: SampleObject, text: string): void {
    const [first, ...others] = [path, ...links].map((name) => this.recordOf(name))
    writeFileSync(first!, text, { mode: 0o600 })
    lchownSync(first!, BODY.uid, BODY.gid)
    for (const other of others) linkSync(first!, other)
  }

  private recordOf(path: string): Buffer {
    if (path === '') return this.at(ROOT_RECORD)
    const slash = path.lastIndexOf('/') + 1
    const metadata = this.at(`${path.slice(0, slash)}${METADATA}`)
    mkdirSync(metadata, { recursive: true, mode: 0o700 })
    lchownSync(metadata, BODY.uid, BODY.gid)
    return this.at(`${path.slice(0, slash)}${METADATA}/${path.slice(slash)}`)
  }

  private at(path: string): Buffer {
    return path === '' ? this.root : Buffer.concat([this.root, Buffer.from(`/${path}`, 'latin1')])
  }
}

function makePlain(path: Buffer, mode: number, content: string): void {
  if (typeOf(mode) === S_IFDIR) mkdirSync(path)
  else writeFileSync(path, content, 'latin1')
}

function makeNode(path: Buffer, mode: number, [major, minor]: readonly [number, number] = [0, 0]): void {
  const slash = path.lastIndexOf('/')
  using directory = handleOf(path.subarray(0, slash))
  mknodat(directory, nameFromBytes(path.subarray(slash + 1)), mode, { major, minor })
}

function setAttributes(path: Buffer, attributes: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(attributes)) setAttribute(path, name, Buffer.from(text, 'latin1'))
}

function setAttribute(path: Buffer, name: string, value: Buffer): void {
  using handle = handleOf(path)
  setxattr(handle, name, value)
}

/** A handle of what is at a path; never of what a symlink leads to. */
export function handleOf(path: Buffer): Fd {
  const slash = path.lastIndexOf('/')
  using above = new Fd(openSync(path.subarray(0, slash + 1), constants.O_RDONLY | constants.O_DIRECTORY))
  const handle = openPath(above, nameFromBytes(path.subarray(slash + 1)))
  if (handle === undefined) throw new Error(`Cannot find ${path.toString('latin1')}`)
  return handle
}

const moved = (value: Buffer, offset: number): Buffer =>
  translateAcl(value, { uid: (id) => id + offset, gid: (id) => id + offset })!

/** As glibc's makedev(3) has it, for what fits into 32 bits. */
const packDevice = ([major, minor]: readonly [number, number]): number => ((major & 0xfff) << 8) | (minor & 0xff)

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
