// Random system calls of a guest's process, from the run's seed.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Guest } from '../support/guest/guest.js'
import { seed } from '../support/seed.js'

/** Makes calls in `directory` of the guest, which is made; returns what came of each, one line a call. */
export async function makeRandomCalls(guest: Guest, directory: string, count: number): Promise<string[]> {
  const program = readFileSync(join(import.meta.dirname, 'random.pl'), 'latin1')
  const output = await guest.check(program, { args: [directory, String(seed), String(count)], timeoutMs: 180_000 })
  return output.split('\n').slice(0, -1)
}
