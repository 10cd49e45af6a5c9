// Looks at an object and decides about it.

import type { HostDirectory, NameOrSelf } from '../host/host-directory.js'
import { linuxHost } from '../host/linux-host.js'
import type { PassedObject } from '../ownership/evidence.js'
import type { Surroundings } from '../ownership/surroundings.js'
import { Decider, type Decision } from './decision.js'
import { InodeSet } from './inode-set.js'
import { type Observation, Observer } from './observation.js'
import type { ConversionSettings } from './settings.js'

/** What was seen of an object, and decided about it. */
export interface Considered {
  readonly observation: Observation
  readonly decision: Decision
}

export class Consideration {
  readonly decider: Decider
  private readonly observer: Observer

  constructor(settings: ConversionSettings) {
    this.decider = new Decider(settings, new InodeSet(settings.left))
    this.observer = new Observer(linuxHost, settings)
  }

  of(object: PassedObject): Considered {
    const observation = this.observer.observe(object)
    return { observation, decision: this.decider.decide(observation) }
  }

  /** The same for what is under a name; undefined where there is nothing any more. */
  at(directory: HostDirectory, name: NameOrSelf, surroundings: Surroundings): Considered | undefined {
    const host = directory.stat(name)
    return host && this.of({ directory, name, host, surroundings })
  }
}
