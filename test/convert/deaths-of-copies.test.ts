// A conversion into a new tree is killed before every system call that may change something, and run again: the new tree
// is as one undisturbed run builds it, and the old one is as it was.

import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { differences, portrait, withoutAccess } from '../support/conversion/portrait.js'
import { directions, isUsual, SampleConversion } from '../support/conversion/sample-conversion.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { changesTree, killedWhile } from '../support/host/faults.js'
import { isRoot } from '../support/host/nobody.js'

const SHOWN = 5

/** Every moment of the usual ones, and of the others one in so many. */
const STEP = 7

describe.runIf(isRoot)('a copy that is killed and built again is as an undisturbed one:', () => {
  it.each(directions.map((direction) => [direction.title, direction] as const))(
    '%s',
    async (_title, direction) => {
      using sample = new SampleConversion(direction)
      const output = `${sample.tree}-new`
      sample.begin()
      const before = sample.look()
      const { outcome } = await sample.run({ output })
      expect(outcome).toMatchObject({ isFinished: true, failed: [], interruption: undefined })
      const undisturbed = portrait(output)
      const descriptors = openDescriptors()
      const wrong: string[] = []
      let n = 1
      for (; ; n += isUsual(direction) ? 1 : STEP) {
        rmSync(output, { recursive: true, force: true })
        if (!(await killedWhile(n, () => sample.run({ output }), changesTree))) break
        const again = await sample.run({ output })
        const found = again.outcome.isFinished
          ? differences(withoutAccess(undisturbed), withoutAccess(portrait(output)))
          : [JSON.stringify(again.outcome)]
        wrong.push(...found.map((what) => `killed before change ${n}: ${what}`))
      }
      expect(wrong.slice(0, SHOWN)).toEqual([])
      expect(n).toBeGreaterThan(200)
      // Reading symlinks of the host has moved their times of access.
      expect(differences(withoutAccess(before), withoutAccess(sample.look()))).toEqual([])
      expect(openDescriptors()).toEqual(descriptors)
    },
    120_000,
  )
})
