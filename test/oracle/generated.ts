// Generated sequences: from a seed that the run prints, until enough messages were exchanged.

import fc from 'fast-check'
import type { Oracle } from './oracle.js'
import { perform } from './perform.js'
import { steps } from './steps.js'
import type { Dialect } from './messages.js'

/** The seed of this run: SEED=n repeats it. */
export const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)

/** How many messages a model are exchanged at least; VIRTFS_ORACLE_MESSAGES asks for more. */
export const messagesWanted = (dialect: Dialect): number =>
  Number(process.env['VIRTFS_ORACLE_MESSAGES'] ?? DEFAULT_MESSAGES[dialect])

/** Fewer in 9P2000.u, for the time that it takes: most of what may go wrong there would go wrong in 9P2000.L too. */
const DEFAULT_MESSAGES: Readonly<Record<Dialect, number>> = { '9P2000.L': 2000, '9P2000.u': 1000 }

/** Sequences between two looks at how many messages there were. */
const CHUNK = 20

/** Plays generated sequences; rejects with the simplest one found on which the two sides disagree. */
export async function compareGenerated(oracle: Oracle): Promise<void> {
  const { dialect } = oracle
  const sequence = fc.array(steps[dialect], { minLength: 1, maxLength: 60, size: 'max' })
  const property = fc.asyncProperty(sequence, async (drawn) => {
    await oracle.play(async (pair) => {
      await pair.begin()
      for (const one of drawn) {
        // What the two did is not the same any more, for a reason that is known.
        if (pair.diverged !== undefined) return
        await perform(one, pair)
      }
    })
  })
  for (let chunk = 0; oracle.messageCount < messagesWanted(dialect); chunk += 1) {
    await fc.assert(property, { seed: seed + chunk, numRuns: CHUNK, includeErrorInReport: true })
  }
}
