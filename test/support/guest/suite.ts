// Declares tests that need a guest, or other things that a machine may lack. Where they cannot run they are skipped, never
// silently.

import { describe } from 'vitest'
import { findGuestTools } from './requirements.js'

/** What a suite needs, by the name of its kind, and how long one of its tests may take. */
export interface Needs {
  readonly kind: string
  /** One phrase for each thing that is not there. */
  readonly missing: readonly string[]
  readonly timeout: number
}

/**
 * Declares a suite; where something is missing, skips it with one line that says what. With VIRTFS_GUEST=required in the
 * environment the suite fails instead, for machines that are meant to run it.
 */
export function describeWhereFound(title: string, { kind, missing, timeout }: Needs, declare: () => void): void {
  if (missing.length === 0 || process.env['VIRTFS_GUEST'] === 'required') {
    describe(title, { timeout }, declare)
    return
  }
  process.stderr.write(`${kind} suite: skipping "${title}": missing ${missing.join(', ')}\n`)
  describe.skip(title, declare)
}

/** Declares a suite that boots guests. */
export function describeGuest(title: string, declare: () => void): void {
  const found = findGuestTools()
  const missing = 'tools' in found ? [] : found.missing
  describeWhereFound(title, { kind: 'guest', missing, timeout: 240_000 }, declare)
}
