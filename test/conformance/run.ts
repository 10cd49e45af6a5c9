// Running one case: a fresh tree, the case, and then the question whether anything was forgotten.

import { expect } from 'vitest'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { scratchMemory } from '../support/scratch-memory.js'
import { NOTHING_LEFT, ViewedTree } from '../support/viewed-tree.js'
import type { Case } from './case.js'

/** Runs a case. It fails too when a descriptor, node or inode outlives what was given back. */
export function runCase({ run, isLong }: Case, model: SecurityModel): void {
  const before = openDescriptors()
  {
    // A disk would be most of what a long case waits for.
    using tree = new ViewedTree(model, { parent: isLong === true ? scratchMemory() : undefined })
    run(tree)
    tree.releaseAll()
    expect(tree.leftovers()).toEqual(NOTHING_LEFT)
  }
  expect(openDescriptors()).toEqual(before)
}
