// Where the checkout is, whether this code runs from its sources or from dist/.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

function find(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from
  const parent = dirname(from)
  if (parent === from) throw new Error('Cannot find package.json above this file')
  return find(parent)
}

/** The directory of package.json. */
export const projectRoot = find(dirname(fileURLToPath(import.meta.url)))

/** The unpacked kernel and the images built from it; not part of the repository. */
export const guestCache = join(projectRoot, '.cache', 'guest')

/** The directory of the programs that run inside the guest. */
export const guestPrograms = join(projectRoot, 'test', 'support', 'guest')
