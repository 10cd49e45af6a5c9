// A conversion in place is killed before every system call that may change something, and run again. Whatever there was in
// between, the tree is then as one undisturbed run leaves it: types, modes, owners, links, contents, attributes, records and
// times.

import { describe, expect, it } from 'vitest'
import { differences } from '../support/conversion/portrait.js'
import { directions, isUsual, SampleConversion } from '../support/conversion/sample-conversion.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { changesTree, killedWhile } from '../support/host/faults.js'
import { isRoot } from '../support/host/nobody.js'

/** Enough to see what went wrong. */
const SHOWN = 5

/** Every moment of the usual ones, and of the others one in so many. */
const STEP = 3

describe.runIf(isRoot)('a conversion that is killed and run again ends as an undisturbed one:', () => {
  it.each(directions.map((direction) => [direction.title, direction] as const))(
    '%s',
    async (_title, direction) => {
      using sample = new SampleConversion(direction)
      sample.begin()
      const { outcome } = await sample.run()
      expect(outcome).toMatchObject({ isFinished: true, failed: [], interruption: undefined })
      const undisturbed = sample.look()
      const descriptors = openDescriptors()
      const wrong: unknown[] = []
      let n = 1
      for (; ; n += isUsual(direction) ? 1 : STEP) {
        sample.begin()
        if (!(await killedWhile(n, () => sample.run(), changesTree))) break
        const intent = n % 4 === 0 && sample.isMarked ? 'resume' : 'convert'
        const { outcome } = await sample.run({ intent })
        const found = outcome.isFinished ? differences(undisturbed, sample.look()) : [outcome]
        wrong.push(
          ...found.map(
            (what) => `killed before change ${n}: ${typeof what === 'string' ? what : JSON.stringify(what)}`,
          ),
        )
      }
      expect(wrong.slice(0, SHOWN)).toEqual([])
      expect(n).toBeGreaterThan(200)
      expect(openDescriptors()).toEqual(descriptors)
    },
    120_000,
  )
})
