// A temporary directory to test on, by path for node:fs, and by handle for the code under test.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Name, nameFromText } from '../../../src/name.js'
import type { Ownership } from '../../../src/ownership/ownership.js'
import type { Place, StoredObject } from '../../../src/ownership/store.js'
import { O_RDONLY, S_IFDIR, S_IFMT, S_IFREG } from '../../../src/sys/constants.js'
import type { Fd } from '../../../src/sys/fd.js'
import { openPath, openTree, reopen } from '../../../src/sys/open.js'
import { statx } from '../../../src/sys/stat.js'
import { setxattr } from '../../../src/sys/xattr.js'
import { isErrno } from '../../../src/errors.js'
import { projectRoot } from '../guest/project.js'

/** An object held open by a test, as a view would hold it. */
export class HeldObject implements StoredObject, Disposable {
  remembered: Ownership | undefined
  readonly dev: number
  readonly ino: bigint
  private readonly type: number
  private file: Fd | undefined

  /** Owns `path`, and `dir` when it has one: the directory of its place. */
  constructor(
    private readonly path: Fd,
    private readonly dir: Fd | undefined,
    private readonly name: Name,
  ) {
    const { dev, ino, mode } = statx(path)
    this.dev = dev
    this.ino = ino
    this.type = mode & S_IFMT
  }

  get isRoot(): boolean {
    return this.dir === undefined
  }

  handle(): Fd {
    return this.path
  }

  readable(): Fd | undefined {
    if (this.type !== S_IFREG && this.type !== S_IFDIR) return undefined
    try {
      this.file ??= reopen(this.path, O_RDONLY)
      return this.file
    } catch (cause) {
      if (isErrno(cause, 'EACCES')) return undefined
      throw cause
    }
  }

  place(): Place | undefined {
    return this.dir && { dir: this.dir, name: this.name }
  }

  [Symbol.dispose](): void {
    this.path.close()
    this.file?.close()
    this.dir?.close()
  }
}

/** A directory that a test exports. */
export class HostTree implements Disposable {
  readonly path: string
  readonly root: Fd

  constructor(parent = scratchParent()) {
    this.path = mkdtempSync(join(parent, 'virtfs-test-'))
    this.root = openTree(Buffer.from(this.path, 'utf8').toString('latin1'))
  }

  /** The host path of `relative`. */
  at(relative: string): string {
    return join(this.path, relative)
  }

  /** Opens the directory `relative` ('' is the root); the caller closes it. */
  directory(relative: string): Fd {
    return openTree(Buffer.from(this.at(relative), 'utf8').toString('latin1'), true)
  }

  /** Where `relative` is or will be. The directory is the caller's to close. */
  place(relative: string): Place {
    const parts = relative.split('/')
    const name = nameFromText(parts.pop() ?? '')
    return { dir: this.directory(parts.join('/')), name }
  }

  /** Opens what is at `relative`; '' is the root. */
  object(relative: string): HeldObject {
    if (relative === '') return this.rootObject()
    const { dir, name } = this.place(relative)
    let handle: Fd | undefined
    try {
      handle = openPath(dir, name)
      if (handle === undefined) throw new Error(`Cannot find ${relative}`)
      return new HeldObject(handle, dir, name)
    } catch (cause) {
      handle?.close()
      dir.close()
      throw cause
    }
  }

  private rootObject(): HeldObject {
    const handle = this.directory('')
    try {
      return new HeldObject(handle, undefined, '' as Name)
    } catch (cause) {
      handle.close()
      throw cause
    }
  }

  [Symbol.dispose](): void {
    this.root.close()
    rmSync(this.path, { recursive: true, force: true })
  }
}

let parent: string | undefined

/** A directory on a file system with user attributes: the usual one for temporary files or, failing that, the checkout's. */
export function scratchParent(): string {
  parent ??= hasUserAttributes(tmpdir()) ? tmpdir() : cacheDirectory()
  return parent
}

function cacheDirectory(): string {
  const path = join(projectRoot, '.cache', 'test')
  mkdirSync(path, { recursive: true })
  return path
}

function hasUserAttributes(directory: string): boolean {
  const path = mkdtempSync(join(directory, 'virtfs-probe-'))
  using probe = openTree(path)
  try {
    setxattr(probe, 'user.virtfs.probe', Buffer.from('1'))
    return true
  } catch (cause) {
    if (isErrno(cause, 'EOPNOTSUPP')) return false
    throw cause
  } finally {
    rmSync(path, { recursive: true })
  }
}
