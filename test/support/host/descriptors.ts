// Counting this process's descriptors around a piece of synchronous code.

import { readdirSync, readlinkSync } from 'node:fs'
import { requireProc } from '../../../src/sys/open.js'

/** What is open, by number; the descriptor that does the looking is gone when this returns and is left out. */
export function openDescriptors(): Record<string, string> {
  requireProc()
  const found: Record<string, string> = {}
  for (const number of readdirSync('/proc/self/fd')) {
    try {
      found[number] = readlinkSync(`/proc/self/fd/${number}`)
    } catch {
      // The one that readdir had open.
    }
  }
  return found
}
