// Declares tests that need a guest. Where a guest cannot run they are skipped, never silently.

import { describe } from 'vitest'
import { findGuestTools } from './requirements.js'

/**
 * Declares a suite that boots guests; where it cannot, skips it with one line that says what is missing. With
 * VIRTFS_GUEST=required in the environment the suite fails instead, for machines that are meant to run it.
 */
export function describeGuest(title: string, declare: () => void): void {
  const found = findGuestTools()
  if ('tools' in found || process.env['VIRTFS_GUEST'] === 'required') {
    describe(title, { timeout: 240_000 }, declare)
    return
  }
  process.stderr.write(`guest suite: skipping "${title}": missing ${found.missing.join(', ')}\n`)
  describe.skip(title, declare)
}
