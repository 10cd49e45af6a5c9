// Random system calls of a guest's process, from a seed that the run prints: SEED=n repeats them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Guest } from '../support/guest/guest.js'

/** The seed of this run. */
export const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)

/** Makes calls in `directory` of the guest, which is made; returns what came of each, one line a call. */
export async function makeRandomCalls(guest: Guest, directory: string, count: number): Promise<string[]> {
  const program = readFileSync(join(import.meta.dirname, 'random.pl'), 'latin1')
  const output = await guest.check(program, { args: [directory, String(seed), String(count)], timeoutMs: 180_000 })
  return output.split('\n').slice(0, -1)
}
