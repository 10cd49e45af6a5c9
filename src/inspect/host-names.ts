// What the host calls users and groups: /etc/passwd and /etc/group, read once. A guest's ids are the guest's own, so
// these names are only what a reader on this host would call them.

import { readFileSync } from 'node:fs'

type Names = ReadonlyMap<number, string>

function read(file: string): Names {
  const names = new Map<number, string>()
  let lines: string[]
  try {
    lines = readFileSync(file, 'latin1').split('\n')
  } catch {
    // A host without the file (a minimal container) knows no names.
    return names
  }
  for (const line of lines) {
    const [name = '', , id = ''] = line.split(':')
    if (name !== '' && /^\d+$/.test(id) && !names.has(Number(id))) names.set(Number(id), name)
  }
  return names
}

let users: Names | undefined
let groups: Names | undefined

/** The user's name (Latin-1 bytes); undefined where the host has none. */
export const userName = (uid: number): string | undefined => (users ??= read('/etc/passwd')).get(uid)

/** The group's name (Latin-1 bytes); undefined where the host has none. */
export const groupName = (gid: number): string | undefined => (groups ??= read('/etc/group')).get(gid)
