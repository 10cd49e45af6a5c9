// What can be done to one entry of a portion.

import type { HostDirectory } from '../host/host-directory.js'
import type { Name } from '../name.js'
import type { Surroundings } from '../ownership/surroundings.js'
import type { Fd } from '../sys/fd.js'
import type { Change } from './decision.js'
import { EntryConverter } from './entry-converter.js'
import { EntryCopier } from './entry-copier.js'
import type { ConversionSettings } from './settings.js'
import type { Staging } from './staging.js'

/**
 * `complete`: what is stored in part is stored whole. `convert`: what has one name is converted where it is. `copy`: it is
 * made anew in another tree.
 */
export type Task = 'complete' | 'convert' | 'copy'

/** Where an entry is, and the open directory of the new tree that it goes to. */
export interface EntryPlace {
  readonly directory: HostDirectory
  readonly surroundings: Surroundings
  readonly destination: Fd | undefined
}

/** Does it; returns the change that it was, if that counts as one. */
export type Act = (place: EntryPlace, name: Name) => Change | undefined

export function actOf(task: Task, settings: ConversionSettings, staging: Staging): Act {
  if (task === 'copy') return copying(new EntryCopier(settings, staging))
  const converter = new EntryConverter(settings, staging)
  return task === 'complete' ? completing(converter) : converting(converter)
}

const converting =
  (converter: EntryConverter): Act =>
  ({ directory, surroundings }, name) => {
    const considered = converter.consideration.changeAt(directory, name, surroundings)
    if (considered === undefined) return undefined
    converter.convert(directory, name, considered, considered.decision)
    return considered.decision
  }

const completing =
  (converter: EntryConverter): Act =>
  ({ directory, surroundings }, name) => {
    const considered = converter.consideration.changeAt(directory, name, surroundings)
    if (considered === undefined) return undefined
    if (converter.consideration.decider.isPartial(considered.observation))
      converter.complete(directory, name, considered)
    return undefined
  }

const copying =
  (copier: EntryCopier): Act =>
  ({ directory, surroundings, destination }, name) => {
    const considered = copier.consideration.at(directory, name, surroundings)
    if (considered === undefined || destination === undefined) return undefined
    copier.copy(directory, name, considered, destination)
    return considered.decision.kind === 'change' ? considered.decision : undefined
  }
