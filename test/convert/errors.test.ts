// A system call of a conversion in place fails, each once. What comes of it is told, and running again ends as an undisturbed
// run does; or the tree is put back as it was.

import { describe, expect, it } from 'vitest'
import { ErrnoError, type ErrnoName, UsageError } from '../../src/errors.js'
import { differences, withoutAccess } from '../support/conversion/portrait.js'
import { putBackPart } from '../support/conversion/put-back.js'
import { type Conducted, directions, isUsual, SampleConversion } from '../support/conversion/sample-conversion.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { whileFaulty } from '../support/host/faults.js'
import { isRoot } from '../support/host/nobody.js'

const SHOWN = 5

/** Each call fails with one of them; which one moves from direction to direction. */
const ERRORS: readonly ErrnoName[] = ['ENOSPC', 'EIO', 'EPERM', 'EDQUOT', 'EROFS']

/** Every call of the two that most people need fails, and of the others one in so many. */
const STEP = 21

describe.runIf(isRoot)('a conversion of which a system call fails can be gone on with, or put back:', () => {
  it.each(directions.map((direction, index) => [direction.title, direction, index] as const))(
    '%s',
    async (_title, direction, index) => {
      using sample = new SampleConversion(direction)
      sample.begin()
      const before = sample.look()
      const { plan } = await sample.run()
      const converted = withoutAccess(sample.look())
      const descriptors = openDescriptors()
      const wrong: string[] = []
      let put = 0
      for (let n = 1; ; n += isUsual(direction) ? 1 : STEP) {
        sample.begin()
        const errno = ERRORS[(n + index) % ERRORS.length]!
        let first: Conducted | undefined
        let refusal: unknown
        const call = await whileFaulty(n, errno, async () => {
          try {
            first = await sample.run()
          } catch (cause) {
            refusal = cause
          }
        })
        if (call === undefined) break
        const say = (what: string): void => void wrong.push(`${call}, call ${n}, fails with ${errno}: ${what}`)
        const isAnswer = refusal === undefined || refusal instanceof ErrnoError || refusal instanceof UsageError
        if (!isAnswer) say(`it is a defect: ${String(refusal)}`)
        if (isTold(first)) {
          const intent = put < n / 2 && first?.outcome.isFinished === false && sample.isMarked ? 'abort' : 'convert'
          const { outcome } = await sample.run({ intent })
          if (!outcome.isFinished) say(`it does not end: ${JSON.stringify(outcome)}`)
          if (intent === 'abort') {
            put += 1
            const found = differences(putBackPart(before, plan), putBackPart(sample.look(), plan))
            // Once everything is done there is nothing to be put back any more.
            if (found.length === 0) continue
          }
        }
        for (const each of differences(converted, withoutAccess(sample.look()))) say(each)
      }
      expect(wrong.slice(0, SHOWN)).toEqual([])
      expect(put).toBeGreaterThan(10)
      expect(openDescriptors()).toEqual(descriptors)
    },
    300_000,
  )
})

/** False where the user was told that everything went well. */
const isTold = (conducted: Conducted | undefined): boolean =>
  conducted === undefined ||
  !conducted.outcome.isFinished ||
  [conducted.outcome.failed, conducted.plan.failed, conducted.plan.refused].some(({ length }) => length > 0)
