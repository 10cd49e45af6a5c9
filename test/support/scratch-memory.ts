// A directory for tests that make thousands of small trees: in memory where that can hold what the stores keep.

import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ErrnoError } from '../../src/errors.js'
import { openTree } from '../../src/sys/open.js'
import { setxattr } from '../../src/sys/xattr.js'

const MEMORY = '/dev/shm'
let found: string | undefined
let isAsked = false

/** The directory; undefined where the usual one for temporary files must do (Linux before 6.6: no attributes on tmpfs). */
export function scratchMemory(): string | undefined {
  if (!isAsked) found = keepsAttributes(MEMORY) ? MEMORY : undefined
  isAsked = true
  return found
}

function keepsAttributes(directory: string): boolean {
  let path: string | undefined
  try {
    path = mkdtempSync(join(directory, 'virtfs-probe-'))
    using probe = openTree(path)
    setxattr(probe, 'user.virtfs.probe', Buffer.from('1'))
    return true
  } catch (cause) {
    if (cause instanceof ErrnoError || (cause as NodeJS.ErrnoException).code !== undefined) return false
    throw cause
  } finally {
    if (path !== undefined) rmSync(path, { recursive: true })
  }
}
