// Races that the attacker wins: what a process of the host does is done right before the n-th system call of an
// operation, for every n, so that every window between two of our steps is tried.

import { expect } from 'vitest'
import { modelKeptAs, type SecurityModel } from '../../src/ownership/security-models.js'
import { injectFaults } from '../../src/sys/call.js'
import { openDescriptors } from './host/descriptors.js'
import { furnish, type Operation } from './operations.js'
import { refusalOf } from './refusal.js'
import { scratchMemory } from './scratch-memory.js'
import { NOTHING_LEFT, ViewedTree } from './viewed-tree.js'

/** More calls than any operation makes. */
const CALLS_MAX = 300

/** A model for each way of keeping ownership: what differs within one is not what happens between system calls. */
export const racedModels: readonly SecurityModel[] = (['xattr', 'sidecar', 'inode'] as const).map(modelKeptAs)

export interface Attack {
  readonly title: string
  /** Changes the host, as some other process would. */
  strike(tree: ViewedTree): void
}

export interface Race {
  readonly tree: ViewedTree
  /** The call before which the attack came, for messages. */
  readonly when: string
  /** What `look` gave right after the attack. */
  readonly struck: unknown
  readonly refusal: string | undefined
}

export interface RaceOptions {
  /** Prepares the host before anything else. */
  readonly prepare?: (tree: ViewedTree) => void
  /** Looks at the host right after the attack, and again by `verify`. */
  readonly look: (tree: ViewedTree) => unknown
  readonly verify: (race: Race) => void
  /** Called before every system call after the attack. */
  readonly watch?: (tree: ViewedTree) => void
}

/** Tries one attack in every window of one operation; each time on a fresh tree, and nothing may stay open. */
export function race(model: SecurityModel, operation: Operation, attack: Attack, options: RaceOptions): void {
  const descriptors = openDescriptors()
  let n = 1
  while (n < CALLS_MAX && raceAt(n, model, operation, attack, options)) n += 1
  expect(openDescriptors()).toEqual(descriptors)
  if (n < CALLS_MAX) return
  throw new Error(`Cannot believe that ${operation.title} takes more than ${CALLS_MAX} system calls`)
}

/** Strikes before the n-th call; false when there are fewer. */
function raceAt(
  n: number,
  model: SecurityModel,
  { act }: Operation,
  attack: Attack,
  { prepare, look, verify, watch }: RaceOptions,
): boolean {
  let calls = 0
  using base = new ViewedTree(model, { parent: scratchMemory() })
  furnish(base)
  prepare?.(base)
  using tree = base.secondView()
  let when = ''
  let struck: unknown
  let mistake: Error | undefined
  injectFaults((call) => {
    calls += 1
    try {
      if (calls === n) {
        when = `call ${n}, ${call}`
        attack.strike(tree)
        struck = look(tree)
      }
      if (calls >= n) watch?.(tree)
    } catch (cause) {
      // Thrown from here it would look like a failing system call, and be forgiven.
      mistake ??= cause instanceof Error ? cause : new Error(String(cause))
    }
    return 0
  })
  let refusal: string | undefined
  try {
    refusal = refusalOf(() => act(tree))
  } finally {
    injectFaults(undefined)
  }
  if (mistake !== undefined) throw mistake
  if (calls >= n) verify({ tree, when, struck, refusal })
  tree.releaseAll()
  expect(tree.leftovers()).toEqual(NOTHING_LEFT)
  return calls >= n
}
