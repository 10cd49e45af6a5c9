#!/usr/bin/env node
// The program: commands/support/main.ts, built.

import { existsSync } from 'node:fs'
import { URL } from 'node:url'

const main = new URL('../dist/commands/support/main.js', import.meta.url)
if (existsSync(main)) {
  const program = await import(main.href)
  await program.main(process.argv.slice(2), import.meta.url)
} else {
  process.stderr.write('virtfs: Cannot start: it is not built (run npm run build)\n')
  process.exitCode = 2
}
