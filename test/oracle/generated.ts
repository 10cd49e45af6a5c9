// Generated sequences: from a seed that the run prints, until enough messages were exchanged.

import fc from 'fast-check'
import type { Oracle } from './oracle.js'
import { seed } from '../support/seed.js'
import { perform } from './perform.js'
import { steps } from './steps.js'

/** How many messages a model and dialect are exchanged at least; VIRTFS_ORACLE_MESSAGES asks for more. */
export const messagesWanted = Number(process.env['VIRTFS_ORACLE_MESSAGES'] ?? 2000)

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
  for (let chunk = 0; oracle.messageCount < messagesWanted; chunk += 1) {
    await fc.assert(property, { seed: seed + chunk, numRuns: CHUNK, includeErrorInReport: true })
  }
}
