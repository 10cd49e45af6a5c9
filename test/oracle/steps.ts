// What a generated sequence may do next: mostly what its dialect's client does, and some of what the other one's does,
// since both servers answer that too.

import type fc from 'fast-check'
import type { Dialect } from './messages.js'
import { weighted } from './steps/drawing.js'
import { baseSteps } from './steps/base.js'
import { stepsOfL } from './steps/dialect-l.js'
import { mode, stepsOfU } from './steps/dialect-u.js'
import { flags } from './steps/members.js'
import type { Step } from './steps/step.js'

export const steps: Readonly<Record<Dialect, fc.Arbitrary<Step>>> = {
  '9P2000.L': weighted(...baseSteps(flags), ...stepsOfL, [8, weighted(...stepsOfU)]),
  '9P2000.u': weighted(...baseSteps(mode), ...stepsOfU, [40, weighted(...stepsOfL)]),
}
