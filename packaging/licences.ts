// The licences of what is joined with the program: they ask to be handed on with it.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Package {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/** The licences of the packages that files among `modules` (absolute paths) belong to. */
export function licences(modules: readonly string[]): string {
  const directories = new Set(modules.flatMap((path) => packageDirectory(path) ?? []))
  return [...directories].sort().map(licence).join('\n')
}

/** The directory of the installed package that a file belongs to; undefined for files of this project. */
function packageDirectory(path: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0]
}

function licence(directory: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Package
  const file = readdirSync(directory).find((entry) => /^licen[cs]e\b/i.test(entry))
  const text = file === undefined ? `${license}\n` : readFileSync(join(directory, file), 'utf8')
  return `== ${name} ${version} ==\n\n${text.trimEnd()}\n`
}
