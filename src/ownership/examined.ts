// Everything that can be said of how one object is stored.

import { gatherEvidence, type PassedObject } from './evidence.js'
import type { Ownership } from './ownership.js'
import { examine, ownershipIn, type Problem } from './problems.js'
import type { StoredForm } from './store.js'

/** An object's ownership, and what is wrong with how it is stored. */
export interface Examined {
  readonly ownership: Ownership
  readonly problems: readonly Problem[]
  /** What a symlink is kept in, whole, where that was read on the way. */
  readonly content?: Buffer
  /** The names of all attributes, each with a NUL behind it, where they were listed on the way. */
  readonly attributeNames?: string
}

/** All there is to know, at the price of a dozen system calls. */
export function examineThoroughly(object: PassedObject, form: StoredForm): Examined {
  const evidence = gatherEvidence(object)
  return { ownership: ownershipIn(evidence, form), problems: examine(evidence, form) }
}
