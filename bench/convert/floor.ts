// The C program that makes a conversion's system calls and does nothing else, compiled where there is a compiler.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Converter } from './rows.js'

/** Compiles `source`, which is floor.c, into `directory`; undefined where there is no cc. Throws where it does not compile. */
export function compileFloor(source: string, directory: string): Converter | undefined {
  const program = join(directory, 'floor')
  const argv = ['-std=c17', '-O2', '-Wall', '-Wextra', '-Werror', '-o', program, source]
  const { error, status, stderr } = spawnSync('cc', argv, { encoding: 'utf8' })
  if (error !== undefined) return undefined
  if (status !== 0) throw new Error(`Cannot compile ${source}: ${stderr}`)
  return (tree, to) => [program, `to-${to}`, tree]
}
