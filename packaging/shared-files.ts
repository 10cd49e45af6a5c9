// What a package puts below /usr/share: manual pages, and scripts from which shells learn to complete the command line.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Manifest } from '@oclif/core/interfaces'
import { bashScript } from '../commands/render/completion/bash.js'
import { completable } from '../commands/render/completion/completable.js'
import { fishScript } from '../commands/render/completion/fish.js'
import { zshScript } from '../commands/render/completion/zsh.js'
import { commandPage, type Program, programPage } from './man-page.js'

/** The files' contents by their paths below /usr/share, which are where man, bash, zsh and fish look for them. */
export function sharedFiles(program: Program, manifest: Manifest): ReadonlyMap<string, string> {
  const commands = Object.values(manifest.commands)
    .filter(({ hidden }) => hidden !== true)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const words = completable(commands)
  return new Map([
    ['man/man1/virtfs.1', programPage(program, commands)],
    ...commands.map((command): [string, string] => [
      `man/man1/virtfs-${command.id}.1`,
      commandPage(
        program,
        command,
        commands.filter((other) => other !== command),
      ),
    ]),
    ['bash-completion/completions/virtfs', bashScript(words)],
    ['zsh/site-functions/_virtfs', zshScript(words)],
    ['fish/vendor_completions.d/virtfs.fish', fishScript(words)],
  ])
}

/** Writes them into `directory`, in place of what it held. */
export function writeSharedFiles(directory: string, files: ReadonlyMap<string, string>): void {
  rmSync(directory, { recursive: true, force: true })
  for (const [path, content] of files) {
    const file = join(directory, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}
