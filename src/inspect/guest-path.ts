// The way from an export's root to an object: the directories entered so far, of which the last few are open. A guest may
// have made a path that is longer than a process may have descriptors.

import { ErrnoError } from '../errors.js'
import type { HostDirectory } from '../host/host-directory.js'
import type { Name } from '../name.js'
import { type Surroundings, surroundingsIn } from '../ownership/surroundings.js'
import type { HostStat } from '../sys/stat.js'

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

interface Entered {
  readonly name: Name
  readonly dev: number
  readonly ino: bigint
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

  /** The directory that is above the last one, and the last one's name in it; undefined at the root. */
  last(): { readonly parent: Step; readonly name: Name } | undefined {
    const last = this.entered.at(-1)
    return last && { parent: this.stepAt(this.entered.length - 1), name: last.name }
  }

  /** The directory that is reached. */
  top(): Step {
    return this.stepAt(this.entered.length)
  }

  /** Goes into the directory `name`, which was seen to be `host`. */
  enter(name: Name, host: HostStat): void {
    this.entered.push({ name, dev: host.dev, ino: host.ino, step: undefined })
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
    this.entered.pop()?.step?.[Symbol.dispose]()
  }

  toRoot(): void {
    while (this.entered.length > 0) this.leave()
  }

  [Symbol.dispose](): void {
    this.toRoot()
    this.root[Symbol.dispose]()
  }

  /** The step into the first `count` directories, opened from the nearest one above that is open. */
  private stepAt(count: number): Step {
    const entered = this.entered[count - 1]
    if (entered === undefined) return this.root
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
}

/** Opens a directory that was seen before; ESTALE where another has its name by now. */
function reopened(parent: HostDirectory, { name, dev, ino }: Entered): Step {
  const step = stepInto(parent.openDirectory(name))
  const found = step.directory.stat('.')
  if (found?.ino === ino && found.dev === dev) return step
  step[Symbol.dispose]()
  throw new ErrnoError('ESTALE', { op: 'enter a directory', name })
}
