// Conversions of trees of any shape keep their promises, whichever way they go.

import { rmSync } from 'node:fs'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { ConversionRequest } from '../../src/convert/request.js'
import { generatedObjects } from '../support/conversion/generated-objects.js'
import { differences, withoutAccess, withoutInherited } from '../support/conversion/portrait.js'
import { directions, SampleConversion } from '../support/conversion/sample-conversion.js'
import { BODY } from '../support/conversion/sample-tree.js'
import { isRoot } from '../support/host/nobody.js'
import { seed } from '../support/seed.js'

const runs = { seed, numRuns: 40 }

/** A part of what a user may ask for. */
const wishes: fc.Arbitrary<Partial<ConversionRequest>> = fc.record({
  gate: fc.record({ allowsSetid: fc.boolean(), allowsDevices: fc.boolean() }),
  rules: fc.record({
    include: fc.constantFrom<string[]>([], [], ['**/n1*', 'n2/**']),
    exclude: fc.constantFrom<string[]>([], [], ['n3', '*-n']),
  }),
})

const byPath = (one: { readonly path: string }, other: { readonly path: string }): number =>
  one.path < other.path ? -1 : 1

describe.runIf(isRoot).each(directions)('$title', (direction) => {
  let made: SampleConversion[] = []
  const conversion = (): SampleConversion => {
    const sample = new SampleConversion(direction)
    made.push(sample)
    return sample
  }
  afterEach(() => {
    for (const each of made) each[Symbol.dispose]()
    made = []
  })

  it('does what the plan says; then there is nothing more to do, and guests see what they saw', async () => {
    const sample = conversion()
    await fc.assert(
      fc.asyncProperty(generatedObjects(false), wishes, async (objects, wish) => {
        sample.begin(objects)
        const { plan, outcome } = await sample.run({ ...wish, verifies: true })
        expect(outcome.failed).toEqual([])
        expect(outcome).toMatchObject({ isFinished: true, interruption: undefined, whyNotCompared: undefined })
        const { changed, unchanged, changes } = plan
        expect(outcome).toMatchObject({ changed, unchanged, changes })
        expect(changed + unchanged + plan.refused.length).toBe(plan.entries)
        expect(outcome.differences).toEqual([])
        if (changed > 0) expect(outcome.compared).toBe(plan.entries)

        const after = sample.look()
        const again = await sample.run({ ...wish, verifies: true })
        expect(again.plan).toMatchObject({ changed: 0, entries: plan.entries })
        expect([...again.plan.refused].sort(byPath)).toEqual([...plan.refused].sort(byPath))
        expect(again.outcome).toMatchObject({ changed: 0, differences: [] })
        expect(differences(withoutAccess(after), withoutAccess(sample.look()))).toEqual([])
      }),
      runs,
    )
  })

  it('says the same of a new tree, whose guest sees what the other one does, and leaves the other alone', async () => {
    const sample = conversion()
    const output = `${sample.tree}-new`
    await fc.assert(
      fc.asyncProperty(generatedObjects(false), wishes, async (objects, wish) => {
        sample.begin(objects)
        rmSync(output, { recursive: true, force: true })
        const before = sample.look()
        const { plan, outcome } = await sample.run({ ...wish, output, verifies: true })
        const { changed, unchanged, changes } = plan
        expect(outcome.failed).toEqual([])
        expect(outcome).toMatchObject({ isFinished: true, changed, unchanged, changes, differences: [] })
        expect(differences(withoutAccess(before), withoutAccess(sample.look()))).toEqual([])
      }),
      runs,
    )
  })

  it('comes back to the same tree, byte for byte', async () => {
    const sample = conversion()
    const { from, to } = direction
    const looks = { owner: BODY, fmode: BODY.fmode, dmode: BODY.dmode }
    await fc.assert(
      fc.asyncProperty(generatedObjects(true), async (objects) => {
        sample.begin(objects)
        const before = sample.look()
        // Looking at directories has changed their times of access.
        sample.begin(objects)
        const there = await sample.run({ ...looks, verifies: true })
        expect(there.outcome).toMatchObject({ failed: [], differences: [], unchanged: 0 })
        // What an ACL says otherwise than the mode has gone, as the plan says.
        fc.pre(there.plan.lost.length === 0)
        const back = await sample.run({ ...looks, from: to, to: from, verifies: true })
        expect(back.outcome).toMatchObject({ failed: [], differences: [], unchanged: 0 })
        expect(differences(withoutInherited(before), withoutInherited(sample.look()))).toEqual([])
      }),
      runs,
    )
  })
})
