// The directory that a copy is built in: one that is not there yet, or is empty, or was begun by an interrupted run.

import { basename, dirname } from 'node:path'
import { isErrno, UsageError } from '../errors.js'
import type { HostDirectory } from '../host/host-directory.js'
import { listedNames } from '../host/listed-names.js'
import { LinuxDirectory } from '../host/linux-host.js'
import { bytesOf, type Name, nameFromBytes } from '../name.js'
import { CONVERT_DIRECTORY } from '../ownership/unfinished.js'
import { printable } from '../printable.js'
import { mkdirat } from '../sys/directory.js'
import { openTree } from '../sys/open.js'
import { cannotConvert, openHeld } from './held-tree.js'
import { PreviousRun } from './previous-run.js'

export class NewTree implements Disposable {
  private constructor(
    private readonly path: string,
    /** The directory itself; undefined while it is not there. */
    private directory: HostDirectory | undefined,
    private readonly parent: HostDirectory | undefined,
    readonly previous: PreviousRun,
  ) {}

  /** Looks at the path (Latin-1) and changes nothing. Refuses what holds something, and a place inside of `source`. */
  static at(path: string, source: HostDirectory): NewTree {
    const directory = openIfThere(path)
    if (directory === undefined) {
      const parent = new LinuxDirectory(openParentOf(path))
      try {
        refuseInside(path, parent, source)
        return new NewTree(path, undefined, parent, PreviousRun.none(path))
      } catch (cause) {
        parent[Symbol.dispose]()
        throw cause
      }
    }
    try {
      refuseInside(path, directory, source)
      const previous = PreviousRun.in(directory.descriptor, path)
      if (!previous.hasMarks) refuseContent(path, directory)
      return new NewTree(path, directory, undefined, previous)
    } catch (cause) {
      directory[Symbol.dispose]()
      throw cause
    }
  }

  /** What tells of the file system that it will be on. */
  get place(): HostDirectory {
    return this.directory ?? this.parent!
  }

  /** The directory, which is made if need be and held from now on. */
  open(): HostDirectory {
    if (this.directory !== undefined) return this.directory
    mkdirat((this.parent as LinuxDirectory).descriptor, lastNameOf(this.path), PRIVATE)
    this.directory = new LinuxDirectory(openHeld(this.path))
    return this.directory
  }

  [Symbol.dispose](): void {
    this.previous[Symbol.dispose]()
    this.directory?.[Symbol.dispose]()
    this.parent?.[Symbol.dispose]()
  }
}

/** Until everything is in it. */
const PRIVATE = 0o700

function openIfThere(path: string): LinuxDirectory | undefined {
  try {
    openTree(path, true).close()
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return undefined
  }
  return new LinuxDirectory(openHeld(path))
}

function openParentOf(path: string): ReturnType<typeof openTree> {
  try {
    return openTree(dirname(path))
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT')) throw cause
    throw new UsageError(`Cannot make "${printable(path)}": ENOENT (make the directory above it first)`)
  }
}

function lastNameOf(path: string): Name {
  return nameFromBytes(bytesOf(basename(path)))
}

/** It would be copied into itself. */
function refuseInside(path: string, place: HostDirectory, source: HostDirectory): void {
  const [inside, outside] = [place.realPath(), source.realPath()]
  if (inside !== outside && !inside.startsWith(outside === '/' ? '/' : `${outside}/`)) return
  throw new UsageError(
    `Cannot use --output "${printable(path)}": it lies in the tree itself (name a directory outside of it)`,
  )
}

function refuseContent(path: string, directory: HostDirectory): void {
  for (const name of listedNames(directory)) {
    if (name !== CONVERT_DIRECTORY)
      throw cannotConvert(path, 'ENOTEMPTY', 'name an empty directory, or one that is not there')
  }
}
