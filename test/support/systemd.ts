// Declares tests that need systemd's programs. Where they are missing the tests are skipped, never silently.

import { which } from './guest/requirements.js'
import { describeWhereFound } from './guest/suite.js'

/** Declares a suite that runs `programs`. */
export function describeSystemd(title: string, programs: readonly string[], declare: () => void): void {
  const missing = programs.filter((program) => which(program) === undefined)
  describeWhereFound(title, { kind: 'systemd', missing, timeout: 120_000 }, declare)
}
