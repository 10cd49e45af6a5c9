// The second half of `npm run build`: what a package ships besides the compiled library.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildManifest } from './manifest.js'
import { buildProgram } from './program.js'

/** From dist/packaging to the top of the repository. */
const top = join(dirname(fileURLToPath(import.meta.url)), '../..')

await buildProgram(top)
await buildManifest(top)
