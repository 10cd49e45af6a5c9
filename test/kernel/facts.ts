// Facts about a mounted tree, checked by programs that run in the guest (facts/*.pl).

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Guest } from '../support/guest/guest.js'

const programs = ['prelude', 'objects', 'names', 'open-files', 'permissions']

/** What a model can keep for a guest; facts that need more are passed over. */
export type Ability = 'ownership' | 'devices'

/** Runs every fact in `directory` of the guest; returns the lines "holds TITLE" and "fails TITLE: what was seen". */
export async function checkFacts(guest: Guest, directory: string, abilities: readonly Ability[]): Promise<string[]> {
  const program = programs
    .map((name) => readFileSync(join(import.meta.dirname, 'facts', `${name}.pl`), 'latin1'))
    .join('')
  const output = await guest.check(program, { timeoutMs: 300_000, args: [directory, ...abilities] })
  return output.split('\n').slice(0, -1)
}
