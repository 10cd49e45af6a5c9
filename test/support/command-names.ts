// The commands that exist, by their files.

import { readdirSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { projectRoot } from './guest/project.js'

export const commandNames = readdirSync(join(projectRoot, 'commands'))
  .filter((file) => extname(file) === '.ts')
  .map((file) => basename(file, '.ts'))
  .sort()
