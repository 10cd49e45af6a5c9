#!/usr/bin/env node
// The program: commands/support/main.ts, built into dist/program. This file is CommonJS (see package.json beside it):
// loading an ES module starts libuv's threads, and how many there are can be said before that only.

const { existsSync } = require('node:fs')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')

/** Threads that wait for disks: enough that a few guests with dead disks do not keep the others waiting. */
const DISK_THREADS = 64

if (process.argv[2] === 'serve') process.env.UV_THREADPOOL_SIZE ??= String(DISK_THREADS)

// oclif asks for them while it is loaded, of a system that may know nothing of this user: containers run under mere numbers.
process.env.SHELL ??= '/bin/sh'
process.env.HOME ??= '/'

const top = join(__dirname, '..')
const main = join(top, 'dist/program/main.js')
if (existsSync(main)) {
  void import(pathToFileURL(main).href).then((program) =>
    program.main(process.argv.slice(2), pathToFileURL(join(top, 'package.json')).href),
  )
} else {
  process.stderr.write('virtfs: Cannot start: it is not built (run npm run build)\n')
  process.exitCode = 2
}
