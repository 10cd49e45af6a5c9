// Cuts a list of work into portions: enough for a thread to be worth being told, and not so much that others wait for it.

import { type DirectoryTable, ROOT } from './directory-table.js'
import type { Portion, Run } from './portion.js'
import type { PlacedNames } from './scan.js'

/** Bytes of names, about a thousand of them; and runs, which take longer to come to. */
const NAMES_MAX = 16_384
const RUNS_MAX = 256

/** Gives the work in portions, in its order. `destinations` has the directories of a new tree, each in the same place. */
export function* portionsOf(
  work: readonly PlacedNames[],
  directories: DirectoryTable,
  destinations?: DirectoryTable,
): Generator<Portion> {
  let portion: Run[] = []
  let [bytes, here] = [0, ROOT]
  for (const { place, names } of work) {
    for (const piece of piecesOf(names)) {
      const { shared, names: down } = directories.route(place, portion.length === 0 ? ROOT : here)
      const destination = destinations?.identityOf(place)
      portion.push({ ...directories.identityOf(place), shared, down, names: piece, destination })
      here = place
      bytes += piece.length
      if (bytes < NAMES_MAX && portion.length < RUNS_MAX) continue
      yield portion
      portion = []
      bytes = 0
    }
  }
  if (portion.length > 0) yield portion
}

/** A directory may have a million names. */
function* piecesOf(names: string): Generator<string> {
  for (let from = 0; from < names.length;) {
    const end = names.indexOf('/', from + NAMES_MAX)
    const to = end === -1 ? names.length : end + 1
    yield names.slice(from, to)
    from = to
  }
}
