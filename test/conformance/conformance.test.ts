// One table of cases, every security model, real system calls. What a model can do decides what is asked of it.

import { describe, expect, it } from 'vitest'
import { securityModels } from '../../src/ownership/models.js'
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
  // Without root the cases that need it are known to be left out: the run as root is where they count.
  const orphans = cases.filter((one) => !models.some(({ abilities }) => canRun(one, abilities)))
  expect(orphans.filter(({ needs = [] }) => isRoot || !needs.includes('root')).map(({ title }) => title)).toEqual([])
})

it('no two cases have the same title', () => {
  const titles = cases.map(({ title }) => title)
  expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([])
})
