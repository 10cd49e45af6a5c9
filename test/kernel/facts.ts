// Facts about a mounted tree, each shown by a process in the guest (facts/*.pl).

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Guest } from '../support/guest/guest.js'

/** Files of facts, each about one thing. */
export type Subject = 'objects' | 'names' | 'open-files' | 'permissions' | 'acls' | 'mappings'

/** What an export can keep for a guest, or is: facts that need something else are passed over. */
export type ModelAbility = 'ownership' | 'devices' | 'mapped-xattr' | 'mapped-file'

/** What 9P2000.u has no words for (docs/protocol.md): facts that need it are passed over in that dialect. */
export const dotlOnly = [
  'xattrs',
  'moves',
  'groups',
  'ctime',
  'link-counts',
  'blocks',
  'range-locks',
  'symlink-atime',
] as const

export type Ability = ModelAbility | (typeof dotlOnly)[number]

export interface Fact {
  readonly title: string
  readonly needs: readonly Ability[]
}

/** What came of each fact, by title: `holds`, or what was seen instead. */
export type Outcomes = ReadonlyMap<string, string>

const sourceOf = (name: string): string => readFileSync(join(import.meta.dirname, 'facts', `${name}.pl`), 'latin1')

/** The facts about `subjects`, in the order of their files. */
export function factsAbout(subjects: readonly Subject[]): Fact[] {
  return subjects.flatMap((subject) => {
    const source = sourceOf(subject)
    const facts = Array.from(
      source.matchAll(/^fact '((?:[^'\\]|\\.)+)', (?:needs => '([a-z -]+)', )?sub \{$/gm),
      ([, title = '', needs]) => ({
        title: title.replace(/\\(.)/g, '$1'),
        needs: (needs?.split(' ') ?? []) as readonly Ability[],
      }),
    )
    if (facts.length !== source.match(/^fact /gm)?.length) throw new Error(`Cannot read the titles of ${subject}.pl`)
    return facts
  })
}

/** The facts among `facts` that can be shown with `abilities`. */
export const within = (facts: readonly Fact[], abilities: readonly Ability[]): Fact[] =>
  facts.filter(({ needs }) => needs.every((need) => abilities.includes(need)))

/** Shows facts in `directory` of the guest, which is made, and where what they make stays. */
export async function showFacts(
  guest: Guest,
  subjects: readonly Subject[],
  directory: string,
  abilities: readonly Ability[],
): Promise<Outcomes> {
  const program = ['prelude', ...subjects].map(sourceOf).join('')
  const output = await guest.check(program, { timeoutMs: 300_000, args: [directory, ...abilities] })
  const lines = output.split('\n').slice(0, -1)
  return new Map(
    lines.map((line) => {
      const [, outcome = '', title = '', seen] = /^(holds|fails) (.*?)(?: \| (.*))?$/.exec(line) ?? []
      return [title, seen ?? outcome]
    }),
  )
}
