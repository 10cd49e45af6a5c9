// A conversion in place that was killed is put back: the tree is as it was before.

import { describe, expect, it } from 'vitest'
import { differences, type Portrait } from '../support/conversion/portrait.js'
import { putBackPart } from '../support/conversion/put-back.js'
import { type Direction, directions, isUsual, SampleConversion } from '../support/conversion/sample-conversion.js'
import { changesTree, killedWhile } from '../support/host/faults.js'
import { isRoot } from '../support/host/nobody.js'

const SHOWN = 5
/** Every so manieth moment; each second of them is followed by a death of the abort itself. */
const step = (direction: Direction): number => (isUsual(direction) ? 3 : 7)

describe.runIf(isRoot)('a conversion that is killed and put back leaves the tree as it was:', () => {
  it.each(directions.map((direction) => [direction.title, direction] as const))(
    '%s',
    async (_title, direction) => {
      using sample = new SampleConversion(direction)
      sample.begin()
      const { plan } = await sample.run()
      const compared = (looks: Portrait): Portrait => putBackPart(looks, plan)
      const converted = compared(sample.look())
      const wrong: string[] = []
      for (let n = 1; ; n += step(direction)) {
        sample.begin()
        const before = sample.look()
        sample.begin()
        if (!(await killedWhile(n, () => sample.run(), changesTree))) break
        if (!sample.isMarked) continue
        if (n % 2 === 0) await killedWhile(1 + (n % 150), () => sample.run({ intent: 'abort' }), changesTree)
        if (sample.isMarked) {
          const { outcome } = await sample.run({ intent: 'abort' })
          if (!outcome.isFinished) wrong.push(JSON.stringify(outcome))
        }
        const after = compared(sample.look())
        // Once everything is done there is nothing to be put back any more.
        if (differences(converted, after).length === 0) continue
        const found = differences(compared(before), after)
        wrong.push(...found.map((what) => `killed before change ${n}: ${what}`))
      }
      expect(wrong.slice(0, SHOWN)).toEqual([])
    },
    120_000,
  )
})
