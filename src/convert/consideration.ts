// Looks at an object and decides about it.

import { ErrnoError } from '../errors.js'
import type { HostDirectory, NameOrSelf } from '../host/host-directory.js'
import { linuxHost } from '../host/linux-host.js'
import type { PassedObject } from '../ownership/evidence.js'
import type { Surroundings } from '../ownership/surroundings.js'
import { type Change, Decider, type Decision } from './decision.js'
import { InodeSet } from './inode-set.js'
import { type Observation, Observer } from './observation.js'
import type { ConversionSettings } from './settings.js'

/** What was seen of an object, and decided about it. */
export interface Considered {
  readonly observation: Observation
  readonly decision: Decision
}

/** The same of what is to be changed. */
export interface ConsideredChange extends Considered {
  readonly decision: Change
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

  /**
   * What is to be changed under a name of which the plan has said so: undefined where that is gone, or done. ESTALE where
   * it would be refused by now, which nobody was told of.
   */
  changeAt(directory: HostDirectory, name: NameOrSelf, surroundings: Surroundings): ConsideredChange | undefined {
    const considered = this.at(directory, name, surroundings)
    if (considered?.decision.kind === 'refuse') throw new ErrnoError('ESTALE', { op: 'find what was looked at' })
    const { observation, decision } = considered ?? {}
    return observation && decision?.kind === 'change' ? { observation, decision } : undefined
  }
}
