// Counts the entries of a walk, in the thread that looks at them.

import type { Visitor } from '../../walk/visitor.js'
import { type PassingSettings, PassingVisitor } from '../passing-visitor.js'
import { UsageCounter, type UsagePart } from './usage-counter.js'
import { keysOf, type UsageKey } from './usage-key.js'

export interface CountingOptions {
  readonly settings: PassingSettings
  readonly by: UsageKey
}

/** See VisitorModule. */
export function createVisitor(options: unknown): Visitor<UsagePart, unknown> {
  const { settings, by } = options as CountingOptions
  return new PassingVisitor(settings, new UsageCounter(keysOf[by]))
}
