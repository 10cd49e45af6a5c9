// Trees converted by programs. Who has converted a tree there and back again leaves it to the next as it was.

import { execFileSync } from 'node:child_process'
import { lstatSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeMappedTree } from '../mapped-tree.js'
import { type Argv, projectFile, type Run, runProgram } from '../programs/run-program.js'
import { type Converter, type Way } from './rows.js'

/** Converts a tree there and back again. */
export async function roundTrip(tree: string, converter: Converter): Promise<Readonly<Record<Way, Run>>> {
  const there = await converted(tree, 'passthrough', converter(tree, 'passthrough'))
  return { passthrough: there, 'mapped-xattr': await converted(tree, 'mapped-xattr', converter(tree, 'mapped-xattr')) }
}

/** Makes a tree of `entries` under `scratch` and has it converted by shell commands. */
export async function byShell(scratch: string, entries: number): Promise<Run> {
  const tree = join(scratch, 'by-shell')
  makeMappedTree(tree, entries)
  const run = await converted(tree, 'passthrough', ['bash', projectFile('bench/convert/shell.sh'), tree])
  rmSync(tree, { recursive: true })
  return run
}

/** Runs a program that converts a tree; throws where that is not what it has become. */
async function converted(tree: string, to: Way, argv: Argv): Promise<Run> {
  // What others have left to be written, no program is to write for them.
  execFileSync('sync', ['-f', tree])
  const run = await runProgram(argv)
  const isSymlink = lstatSync(join(tree, 'group-0', 'directory-0', 'link-0.dat')).isSymbolicLink()
  if (isSymlink !== (to === 'passthrough')) throw new Error(`Cannot accept what ${argv[0]} made of a tree: not ${to}`)
  return run
}
