// All names of a directory that is looked at.

import type { Name } from '../name.js'
import { BEGINNING, type HostDirectory } from './host-directory.js'

const ROOM = 32_768

/** Every name in the directory, from its beginning. */
export function* listedNames(directory: HostDirectory): Generator<Name> {
  for (let from = BEGINNING; ;) {
    const entries = directory.list(from, ROOM)
    for (const { name } of entries) yield name
    const last = entries.at(-1)
    if (last === undefined) return
    from = last.next
  }
}
