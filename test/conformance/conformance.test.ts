// One table of cases, every security model, real system calls. What a model can do decides what is asked of it.

import { describe, expect, it } from 'vitest'
import { securityModels } from '../../src/ownership/security-models.js'
import { isRoot } from '../support/host/nobody.js'
import { abilitiesOf, canRun } from './case.js'
import { runCase } from './run.js'
import { cases } from './table.js'

const models = securityModels.map((name) => ({ name, abilities: abilitiesOf(name, isRoot) }))

describe.each(models)('$name', ({ name, abilities }) => {
  for (const one of cases.filter((each) => canRun(each, abilities))) {
    it(one.title, () => runCase(one, name))
  }
})

it('every case can be run by some model', () => {
  // By some model for root at least: without privilege those cases are left out that need it.
  const everything = models.map(({ name, abilities }) => (isRoot ? abilities : abilitiesOf(name, true, true)))
  const orphans = cases.filter((one) => !everything.some((abilities) => canRun(one, abilities)))
  expect(orphans.map(({ title }) => title)).toEqual([])
})

it('no two cases have the same title', () => {
  const titles = cases.map(({ title }) => title)
  expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([])
})
