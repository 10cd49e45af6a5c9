// The errno with which something is refused, as a value that a test can name.

import { ErrnoError } from '../../src/errors.js'

/** The code of the ErrnoError that `action` throws; undefined when it succeeds. A defect is thrown on. */
export function refusalOf(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (cause) {
    if (cause instanceof ErrnoError) return cause.code
    throw cause
  }
}
