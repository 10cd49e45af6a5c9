// The way from an export's root to an object: the directories entered so far, of which the last few are open. A guest may
// have made a path that is longer than a process may have descriptors.

import { ErrnoError } from '../errors.js'
import { type HostDirectory, type NameOrSelf, SELF } from '../host/host-directory.js'
import type { Name } from '../name.js'
import { type Surroundings, surroundingsIn } from '../ownership/surroundings.js'
import type { Identity } from '../walk/task.js'

/** A directory on the way. */
export interface Step extends Disposable {
  readonly directory: HostDirectory
  readonly surroundings: Surroundings
}

/** Opens a step into `directory`, which the step owns from now on. */
function stepInto(directory: HostDirectory): Step {
  try {
    const surroundings = surroundingsIn(directory)
    return {
      directory,
      surroundings,
      [Symbol.dispose]: () => {
        surroundings[Symbol.dispose]()
        directory[Symbol.dispose]()
      },
    }
  } catch (cause) {
    directory[Symbol.dispose]()
    throw cause
  }
}

const OPEN_MAX = 32

interface Entered extends Identity {
  readonly name: Name
  step: Step | undefined
}

/** Directories that were entered one below the other. */
export class GuestPath implements Disposable {
  private readonly root: Step
  private readonly entered: Entered[] = []

  /** Begins at an export's root, which it owns from now on. */
  constructor(root: HostDirectory) {
    this.root = stepInto(root)
  }

  /** How many directories were entered below the root. */
  get depth(): number {
    return this.entered.length
  }

  /** Where the directory `levels` above the reached one is: in which directory, and under which name; the root is its own. */
  placeAbove(levels: number): { readonly parent: Step; readonly name: NameOrSelf } {
    const depth = this.entered.length - levels
    const entered = this.entered[depth - 1]
    return entered === undefined
      ? { parent: this.root, name: SELF }
      : { parent: this.stepAt(depth - 1), name: entered.name }
  }

  /** The directory that is reached. */
  top(): Step {
    return this.stepAt(this.entered.length)
  }

  /** Goes into the directory `name`, which was seen to be this device and inode. */
  enter(name: Name, { dev, ino }: Identity): void {
    this.entered.push({ name, dev, ino, step: undefined })
    try {
      this.top()
    } catch (cause) {
      this.entered.pop()
      throw cause
    }
    const closing = this.entered.at(-1 - OPEN_MAX)
    closing?.step?.[Symbol.dispose]()
    if (closing !== undefined) closing.step = undefined
  }

  /** Goes up; the root's parent is the root. */
  leave(): void {
    this.openFromBelow(this.entered.length - 1)
    this.entered.pop()?.step?.[Symbol.dispose]()
  }

  toRoot(): void {
    for (const { step } of this.entered.splice(0)) step?.[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    this.toRoot()
    this.root[Symbol.dispose]()
  }

  /** The step into the first `count` directories, opened from the nearest one above that is open. */
  private stepAt(count: number): Step {
    const entered = this.entered[count - 1]
    if (entered === undefined) return this.root
    this.openFromBelow(count)
    if (entered.step !== undefined) return entered.step
    let open = count - 1
    while (open > 0 && this.entered[open - 1]?.step === undefined) open -= 1
    let from: Step = this.entered[open - 1]?.step ?? this.root
    for (let level = open; level < count; level++) {
      const next = reopened(from.directory, this.entered[level]!)
      if (level > open) from[Symbol.dispose]()
      from = next
    }
    entered.step = from
    return from
  }

  /** From an open directory below it is one step up to one that was closed on the way down; from the root it may be thousands. */
  private openFromBelow(count: number): void {
    const entered = this.entered[count - 1]
    const below = this.entered[count]?.step
    if (entered !== undefined && below !== undefined) entered.step ??= stepAbove(below, entered)
  }
}

/** Opens a directory that was seen before; ESTALE where another has its name by now. */
const reopened = (parent: HostDirectory, entered: Entered): Step =>
  verified(stepInto(parent.openDirectory(entered.name)), entered)

/** Opens the directory above; undefined where that cannot be done from here, or somebody has moved what is below. */
function stepAbove(below: Step, entered: Entered): Step | undefined {
  try {
    return verified(stepInto(below.directory.openParent()), entered)
  } catch (cause) {
    if (cause instanceof ErrnoError) return undefined
    throw cause
  }
}

function verified(step: Step, { name, dev, ino }: Entered): Step {
  const found = step.directory.stat(SELF)
  if (found?.ino === ino && found.dev === dev) return step
  step[Symbol.dispose]()
  throw new ErrnoError('ESTALE', { op: 'enter a directory', name })
}
