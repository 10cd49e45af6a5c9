// Declares tests that need systemd's programs. Where they are missing the tests are skipped, never silently.

import { describe } from 'vitest'
import { which } from './guest/requirements.js'

/**
 * Declares a suite that runs `programs`; where one is missing, skips it with one line that says so. With
 * VIRTFS_GUEST=required in the environment the suite fails instead.
 */
export function describeSystemd(title: string, programs: readonly string[], declare: () => void): void {
  const missing = programs.filter((program) => which(program) === undefined)
  if (missing.length === 0 || process.env['VIRTFS_GUEST'] === 'required') {
    describe(title, { timeout: 120_000 }, declare)
    return
  }
  process.stderr.write(`systemd suite: skipping "${title}": missing ${missing.join(', ')}\n`)
  describe.skip(title, declare)
}
