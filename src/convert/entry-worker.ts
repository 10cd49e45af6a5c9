// Does something to the names of portions, one after the other.

import { type HostDirectory } from '../host/host-directory.js'
import { descriptorOf } from '../host/linux-host.js'
import type { Name } from '../name.js'
import { surroundingsIn } from '../ownership/surroundings.js'
import { Trail } from '../walk/trail.js'
import type { Act, EntryPlace } from './acts.js'
import { namesOf, type Portion, type PortionOutcome, type Run } from './portion.js'
import { Tally } from './tally.js'

/** Directories between the root and where a thread is that it keeps open. */
const OPEN_DIRECTORIES = 32

export class EntryWorker implements Disposable {
  private readonly trail: Trail
  private readonly destinations: Trail | undefined

  /** The roots stay the caller's; `destination` is that of a new tree. */
  constructor(
    root: HostDirectory,
    destination: HostDirectory | undefined,
    private readonly act: Act,
    private readonly isLogged: boolean,
  ) {
    this.trail = new Trail(root, OPEN_DIRECTORIES, () => {})
    this.destinations = destination && new Trail(destination, OPEN_DIRECTORIES, () => {})
  }

  work(portion: Portion): PortionOutcome {
    const tally = new Tally(this.isLogged)
    portion.forEach((run, index) => {
      // The first is told from the root.
      if (tally.fatal === undefined) this.workOff(index === 0 ? { ...run, shared: 0 } : run, tally)
    })
    return tally.outcome
  }

  [Symbol.dispose](): void {
    this.trail[Symbol.dispose]()
    this.destinations?.[Symbol.dispose]()
  }

  private workOff(run: Run, tally: Tally): void {
    const entered = this.enter(tally, run)
    if (entered === undefined) return
    using _ = entered.surroundings
    for (const name of namesOf(run)) {
      if (tally.fatal !== undefined) return
      const path = (): string => this.pathOf(name)
      tally.attempt(path, () => {
        const change = this.act(entered, name)
        if (change !== undefined) tally.count(path, change)
      })
    }
  }

  /** Undefined where the directory cannot be found, which fails all names in it. */
  private enter(tally: Tally, { shared, down, destination, dev, ino }: Run): EntryPlace | undefined {
    let entered: EntryPlace | undefined
    tally.attempt(
      () => this.trail.path,
      () => {
        this.trail.moveTo(shared, down, { dev, ino })
        const directory = lastOf(this.trail)
        this.destinations?.moveTo(shared, down, destination)
        const to = this.destinations && descriptorOf(lastOf(this.destinations))
        entered = { directory, surroundings: surroundingsIn(directory), destination: to }
      },
    )
    tally.done -= 1
    return entered
  }

  private pathOf(name: Name): string {
    const { path } = this.trail
    return path === '' ? name : `${path}/${name}`
  }
}

const lastOf = (trail: Trail): HostDirectory => trail.at(trail.level)!
