// What owners are called: by this host, by the tree's own /etc/passwd and /etc/group, or not at all.

import { readFileSync } from 'node:fs'

/** Names (Latin-1 bytes) by id. Plain data: it crosses threads. */
export interface Naming {
  readonly users: ReadonlyMap<number, string>
  readonly groups: ReadonlyMap<number, string>
}

/** Whose names are shown: the tree's own, this host's, or none. */
export const namingChoices = ['guest', 'host', 'none'] as const
export type NamingChoice = (typeof namingChoices)[number]

/** Reads a file below a root by its components; undefined where there is none to be read. */
export type ReadFile = (components: readonly string[]) => string | undefined

export const NO_NAMES: Naming = { users: new Map(), groups: new Map() }

/** Reads passwd(5) and group(5): of several names for an id, the first. */
export const readNaming = (read: ReadFile): Naming => ({
  users: namesIn(read(['etc', 'passwd']) ?? ''),
  groups: namesIn(read(['etc', 'group']) ?? ''),
})

function namesIn(table: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  for (const line of table.split('\n')) {
    const [name = '', , id = ''] = line.split(':')
    if (name !== '' && /^\d{1,10}$/.test(id) && !names.has(Number(id))) names.set(Number(id), name)
  }
  return names
}

let hostNaming: Naming | undefined

/** This host's names, read once. */
export const namingOfHost = (): Naming => (hostNaming ??= readNaming(readOfHost))

/** A host without the file (a minimal container) knows no names. */
export function readOfHost(components: readonly string[]): string | undefined {
  try {
    return readFileSync(`/${components.join('/')}`, 'latin1')
  } catch {
    return undefined
  }
}
