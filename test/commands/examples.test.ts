// Every example of a help text does what it says: it is run as it stands there, on a guest's file system at /srv/guest, which
// is one of its own for those that change it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from '@oclif/core/interfaces'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { commandNames } from '../support/command-names.js'
import { GuestSystem } from '../support/guest-system.js'
import { projectRoot } from '../support/guest/project.js'
import { which } from '../support/guest/requirements.js'
import { describeWhereFound } from '../support/guest/suite.js'
import { isServing, missingForReader, READER, typedByReader } from '../support/readers-machine.js'

interface Example {
  readonly description: string
  readonly command: string
}

const manifest = JSON.parse(readFileSync(join(projectRoot, 'oclif.manifest.json'), 'utf8')) as Manifest
const examples = commandNames.flatMap((name) =>
  ((manifest.commands[name]?.examples ?? []) as Example[]).map(({ description, command }) => ({
    name,
    description,
    text: command.replaceAll('<%= config.bin %>', 'virtfs'),
  })),
)

/** Other programs that examples hand their output to. */
const others = examples.flatMap(({ text }) => Array.from(text.matchAll(/ \| (\w+)/g), ([, program = '']) => program))
const missing = [...missingForReader, ...new Set(others.filter((program) => which(program) === undefined))]

describeWhereFound('examples', { kind: 'namespace', missing, timeout: 60_000 }, () => {
  let system: GuestSystem
  beforeAll(() => (system = new GuestSystem(READER)))
  afterAll(() => system[Symbol.dispose]())

  it('every command has some', () => {
    expect([...new Set(examples.map(({ name }) => name))]).toEqual(commandNames)
  })

  it.each(examples.map((example) => [example.text, example] as const))('%s', async (text, { name, description }) => {
    const command = { text, prompt: description.startsWith('As root') ? ('#' as const) : ('$' as const) }
    const isServer = name === 'serve'
    using own = name === 'convert' ? new GuestSystem(READER) : undefined
    const said = await typedByReader(command, { tree: (own ?? system).path, ...(isServer && { isEnough: isServing }) })
    expect({ stderr: said.stderr, exitCode: said.exitCode }).toEqual({
      stderr: isServer ? (expect.stringMatching(/^(mount .*\n)+$/) as string) : '',
      exitCode: 0,
    })
    expect(said.stdout).not.toBe('')
  })
})
