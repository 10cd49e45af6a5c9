// The second half of `npm run build`: what a package ships besides the compiled library.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Program } from './man-page.js'
import { buildManifest } from './manifest.js'
import { buildProgram } from './program.js'
import { sharedFiles, writeSharedFiles } from './shared-files.js'

/** From dist/packaging to the top of the repository. */
const top = join(dirname(fileURLToPath(import.meta.url)), '../..')

await buildProgram(top)
const manifest = await buildManifest(top)
const program = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as Program
writeSharedFiles(join(top, 'dist/share'), sharedFiles(program, manifest))
