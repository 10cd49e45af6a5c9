// The directories between a walk's start and the place where it is: all their names, and some of them open. Paths can be
// longer than the kernel takes, and there are more levels than descriptors, so directories are opened from open ones.

import { ErrnoError } from '../errors.js'
import { type HostDirectory, SELF } from '../host/host-directory.js'
import type { Name } from '../name.js'
import type { Identity } from './task.js'

interface TrailStep {
  readonly name: Name
  /** Made of the one above, so that it takes little however long it is, until somebody needs its bytes. */
  readonly path: string
  directory: HostDirectory | undefined
}

/** From an open directory so many levels up, then down by names. */
interface Way {
  readonly from: HostDirectory
  readonly up: number
  readonly down: readonly Name[]
}

/** Every directory that is open here was, when it was opened, the one that was meant. */
export class Trail implements Disposable {
  private readonly steps: TrailStep[] = []
  private open = 0

  /** The start stays the caller's. `aboutToClose` is told of a level above the last whose directory is to be closed. */
  constructor(
    private readonly start: HostDirectory,
    private readonly openMost: number,
    private readonly aboutToClose: (level: number) => void,
  ) {}

  /** Levels below the start. */
  get level(): number {
    return this.steps.length
  }

  /** The path of the last directory; '' for the start. */
  get path(): string {
    return this.steps.at(-1)?.path ?? ''
  }

  /** What leads to a level from the one above. */
  nameAt(level: number): Name {
    return this.steps[level - 1]!.name
  }

  /** The directory at a level, if it is open; the start is. */
  at(level: number): HostDirectory | undefined {
    return level === 0 ? this.start : this.steps[level - 1]?.directory
  }

  /** Goes one level down. Throws ESTALE where another directory has come under the name, and stays where it is. */
  descend(name: Name, identity: Identity): void {
    const parent = this.at(this.level)!
    this.append(name, verified(parent.openDirectory(name), identity))
  }

  /**
   * Goes up to a level, then down by names, and has the directory there open. Where it cannot be found the trail leads
   * there nevertheless, without it, and the reason is thrown.
   */
  moveTo(level: number, names: readonly Name[], identity: Identity | undefined): void {
    const isOpen = names.length === 0 && this.at(level) !== undefined
    const found = isOpen ? undefined : this.find(level, names, identity)
    this.backTo(level)
    names.forEach((name, index) => {
      const isLast = index === names.length - 1
      this.append(name, isLast && !(found instanceof ErrnoError) ? found : undefined)
    })
    if (found instanceof ErrnoError) throw found
    if (names.length === 0 && found !== undefined) this.put(level, found)
  }

  [Symbol.dispose](): void {
    this.backTo(0)
  }

  private backTo(level: number): void {
    while (this.steps.length > level) {
      const { directory } = this.steps.pop()!
      if (directory === undefined) continue
      directory[Symbol.dispose]()
      this.open -= 1
    }
  }

  private append(name: Name, directory: HostDirectory | undefined): void {
    const path = this.level === 0 ? name : `${this.path}/${name}`
    this.steps.push({ name, path, directory: undefined })
    if (directory !== undefined) this.put(this.level, directory)
  }

  private put(level: number, directory: HostDirectory): void {
    this.steps[level - 1]!.directory = directory
    this.open += 1
    if (this.open > this.openMost) this.close(this.firstOpen(1))
  }

  private close(level: number): void {
    this.aboutToClose(level)
    const step = this.steps[level - 1]!
    step.directory?.[Symbol.dispose]()
    step.directory = undefined
    this.open -= 1
  }

  /** The first level from `level` on whose directory is open; the one behind the last where none is. */
  private firstOpen(level: number): number {
    while (level <= this.level && this.at(level) === undefined) level += 1
    return level
  }

  private find(level: number, names: readonly Name[], identity: Identity | undefined): HostDirectory | ErrnoError {
    let failure: unknown
    for (const way of this.waysTo(level, names)) {
      try {
        return verified(follow(way), identity)
      } catch (cause) {
        failure = cause
      }
    }
    if (failure instanceof ErrnoError) return failure
    throw failure
  }

  /** The shortest first; from the start at last, which is right even where something was moved. */
  private *waysTo(level: number, names: readonly Name[]): Generator<Way> {
    const under = this.firstOpen(level + 1)
    let above = level
    while (this.at(above) === undefined) above -= 1
    const namesFrom = (from: number): Name[] => [...this.steps.slice(from, level).map(({ name }) => name), ...names]
    if (under <= this.level && under - level < level - above) {
      yield { from: this.at(under)!, up: under - level, down: names }
    }
    yield { from: this.at(above)!, up: 0, down: namesFrom(above) }
    if (above > 0) yield { from: this.start, up: 0, down: namesFrom(0) }
  }
}

function follow({ from, up, down }: Way): HostDirectory {
  let here = from
  const go = (next: HostDirectory): void => {
    if (here !== from) here[Symbol.dispose]()
    here = next
  }
  try {
    for (let level = 0; level < up; level += 1) go(here.openParent())
    for (const name of down) go(here.openDirectory(name))
    return here
  } catch (cause) {
    if (here !== from) here[Symbol.dispose]()
    throw cause
  }
}

/** Passes a directory on, or closes it and throws ESTALE: somebody moved the one that is meant, or put another there. */
function verified(directory: HostDirectory, identity: Identity | undefined): HostDirectory {
  try {
    const stat = directory.stat(SELF)
    if (stat !== undefined && stat.ino === identity?.ino && stat.dev === identity.dev) return directory
    throw new ErrnoError('ESTALE', { op: 'open the directory that was there' })
  } catch (cause) {
    directory[Symbol.dispose]()
    throw cause
  }
}
