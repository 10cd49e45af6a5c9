// What is told of a conversion, in whatever form. Pure.

import type { ChangeCounts, ConversionRequest, Failed, Outcome, Plan } from '../../src/index.js'

export interface ConversionReport {
  readonly request: ConversionRequest
  readonly plan: Plan
  /** What became of the plan; undefined for a dry run. */
  readonly outcome: Outcome | undefined
  readonly seconds: number
}

/** The counts: of what was done or, for a dry run, of what would be. */
export const countsOf = ({
  plan,
  outcome,
}: ConversionReport): { readonly changed: number; readonly unchanged: number; readonly changes: ChangeCounts } =>
  outcome ?? plan

/** What failed when it was to be changed, besides what could not be looked at already. */
export function failedChanges(plan: Plan, outcome: Outcome): Failed[] {
  const known = new Set(plan.failed.map(({ path }) => path))
  return outcome.failed.filter(({ path }) => !known.has(path))
}

/** "1 entry", "2 entries". */
export const entriesText = (count: number): string => `${count} ${count === 1 ? 'entry' : 'entries'}`
