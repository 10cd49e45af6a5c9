// The same table without privilege, as a server is meant to be run: as nobody when the tests run as root.

import { describe, it } from 'vitest'
import { securityModels } from '../../src/ownership/security-models.js'
import { asNobody } from '../support/host/nobody.js'
import { abilitiesOf, canRun } from './case.js'
import { runCase } from './run.js'
import { cases } from './table.js'

describe.each(securityModels)('%s, by nobody', (name) => {
  const abilities = abilitiesOf(name, false)
  for (const one of cases.filter((each) => !each.isLong && canRun(each, abilities))) {
    it(one.title, () => asNobody(() => runCase(one, name)))
  }
})
