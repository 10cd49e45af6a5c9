// What a case adds to both trees before it starts: things that a host process, another server or a crash may leave.

import {
  chmodSync,
  constants,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { nameFromText } from '../../src/name.js'
import { mknodat } from '../../src/sys/directory.js'
import { Fd } from '../../src/sys/fd.js'
import { openTree } from '../../src/sys/open.js'
import { setxattr } from '../../src/sys/xattr.js'
import { pathIn } from './paths.js'
import type { HostOwner } from './start-tree.js'

/** Every path is relative to the root; what is made belongs to whoever runs the servers. */
export class PlantedTree {
  constructor(
    private readonly root: string,
    private readonly owner: HostOwner,
  ) {}

  directory(path: string, mode = 0o755): void {
    mkdirSync(this.at(path))
    chmodSync(this.at(path), mode)
    this.own(path)
  }

  file(path: string, content: string | Buffer = '', mode = 0o644): void {
    writeFileSync(this.at(path), content)
    chmodSync(this.at(path), mode)
    this.own(path)
  }

  /** A file of `length` zero bytes that takes no room. */
  hole(path: string, length: number): void {
    this.file(path)
    truncateSync(this.at(path), length)
  }

  symlink(path: string, target: string): void {
    symlinkSync(target, this.at(path))
    this.own(path)
  }

  /** A fifo, socket or device at the root of the tree: `mode` has the type. */
  node(name: string, mode: number, major = 0, minor = 0): void {
    using directory = openTree(this.root)
    mknodat(directory, nameFromText(name), mode, { major, minor })
    this.own(name)
  }

  link(path: string, to: string): void {
    linkSync(this.at(path), this.at(to))
  }

  remove(path: string): void {
    rmSync(this.at(path), { recursive: true })
  }

  attribute(path: string, name: string, value: Buffer): void {
    using object = new Fd(openSync(this.at(path), constants.O_RDONLY | constants.O_NOFOLLOW))
    setxattr(object, name, value)
  }

  private own(path: string): void {
    lchownSync(this.at(path), this.owner.uid, this.owner.gid)
  }

  private at(path: string): Buffer {
    return pathIn(this.root, path)
  }
}
