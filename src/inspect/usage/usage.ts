// Who uses a tree: its entries, counted and summed by owner, group, type or first directory, as du(1) counts.

import { ErrnoError } from '../../errors.js'
import type { Inspector } from '../inspector.js'
import type { Naming } from '../naming.js'
import { pathBelow } from '../path.js'
import type { SelectionRules } from '../selection.js'
import { UsageCounter, type UsagePart } from './usage-counter.js'
import { keysOf, type UsageKey } from './usage-key.js'
import { type Usage, UsageSum } from './usage-sum.js'

export interface UsageQuestion {
  readonly by: UsageKey
  /** The root is wanted where everything is. */
  readonly rules: SelectionRules
  /** What is on other file systems is passed over. */
  readonly isOneFileSystem: boolean
  /** How many threads look; as many as there are processors if absent. */
  readonly jobs?: number | undefined
  /** Told now and then how many entries the walk has come by. */
  readonly progress?: ((visited: number) => void) | undefined
}

/**
 * Counts the tree at `root`, a host path in bytes, of which the root is an entry, too. An inode with several names counts
 * once, for the name that the walk comes to first. `failed` is told what could not be counted, by host paths.
 */
export async function usageOf(
  inspector: Inspector,
  root: string,
  { by, ...purpose }: UsageQuestion,
  failed: (path: string, error: ErrnoError) => void,
): Promise<Usage> {
  const sum = new UsageSum()
  const naming = inspector.look(root, (object, reader) => {
    const counter = new UsageCounter(keysOf[by])
    if (purpose.rules.include.length === 0) counter.pass(object, '', reader)
    const found = counter.take()
    if (found !== undefined) sum.add(found.result)
    return reader.naming
  })
  const visitor = new URL('./usage-visitor.js', import.meta.url).href
  for await (const part of inspector.below<UsagePart>(root, { ...purpose, visitor, options: { by } })) {
    sum.add(part)
    for (const { path, errno, op } of part.failures) failed(pathBelow(root, path), new ErrnoError(errno, { op }))
  }
  return sum.usage(namesOf(by, naming))
}

const NO_NAMES: ReadonlyMap<number | string, string> = new Map()

function namesOf(by: UsageKey, { users, groups }: Naming): ReadonlyMap<number | string, string> {
  if (by === 'user') return users
  return by === 'group' ? groups : NO_NAMES
}
