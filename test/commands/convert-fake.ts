// `virtfs convert` over conversions that do nothing: what the command makes of plans and outcomes, whatever they are.

import RealConvert, { type OpenedConversion } from '../../commands/convert.js'
import type { ChangeCounts, ConversionObserver, ConversionRequest, Outcome as Ended, Plan } from '../../src/index.js'
import { changeKinds } from '../../src/index.js'
import { type Outcome, run } from './run.js'

export const noChanges = Object.fromEntries(changeKinds.map((kind) => [kind, 0])) as Record<keyof ChangeCounts, number>

/** A plan for a tree of ten entries, two of which are to be changed. */
export const plan: Plan = {
  ...{ from: 'mapped-xattr', to: 'passthrough', isResumed: false, isAbort: false },
  ...{ entries: 10, changed: 2, unchanged: 8, bytesToCopy: 0 },
  changes: { ...noChanges, owner: 2, symlink: 1 },
  ...{ refused: [], forbidden: [], lost: [], failed: [] },
}

/** What becomes of it where all goes well. */
export const done: Ended = {
  ...{ changed: 2, unchanged: 8, changes: plan.changes, failed: [] },
  ...{ differences: undefined, compared: 0, whyNotCompared: undefined, interruption: undefined, isFinished: true },
}

/** What a conversion tells, and whether it was carried out. */
export interface Fake {
  readonly plan?: Partial<Plan>
  readonly outcome?: Partial<Ended>
  /** Done while it is carried out. */
  readonly during?: (observer: ConversionObserver) => void | Promise<void>
}

export interface Conducted extends Outcome {
  /** What the library was asked; undefined where it was not asked. */
  readonly request: ConversionRequest | undefined
  readonly isCarriedOut: boolean
  readonly isClosed: boolean
}

/** Runs the command over a conversion that tells what it is told to. */
export async function convert(fake: Fake, ...argv: readonly string[]): Promise<Conducted> {
  const seen = { request: undefined as ConversionRequest | undefined, isCarriedOut: false, isClosed: false }
  class Convert extends RealConvert {
    protected override open(request: ConversionRequest): OpenedConversion {
      seen.request = request
      return {
        plan: () => Promise.resolve({ ...plan, ...fake.plan }),
        carryOut: async (_plan, observer = {}) => {
          seen.isCarriedOut = true
          await fake.during?.(observer)
          return { ...done, ...fake.outcome }
        },
        [Symbol.asyncDispose]: async () => {
          await Promise.resolve()
          seen.isClosed = true
        },
      }
    }
  }
  const outcome = await run(Convert, argv)
  return { ...outcome, ...seen }
}
