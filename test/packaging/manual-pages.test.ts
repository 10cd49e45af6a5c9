// The manual pages, as man shows them: nothing is missing, and nothing is wrong for groff.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from '@oclif/core/interfaces'
import { expect, it } from 'vitest'
import { commandNames } from '../support/command-names.js'
import { projectRoot } from '../support/guest/project.js'
import { which } from '../support/guest/requirements.js'
import { describeWhereFound } from '../support/guest/suite.js'

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8')
const manifest = JSON.parse(read('oclif.manifest.json')) as Manifest
const pageOf = (name: string): string => join(projectRoot, `dist/share/man/man1/${name}.1`)
const names = ['virtfs', ...commandNames.map((name) => `virtfs-${name}`)]

const missing = ['man', 'groff'].filter((program) => which(program) === undefined)
describeWhereFound('manual pages', { kind: 'manual', missing, timeout: 30_000 }, () => {
  /** A page as a terminal of 80 columns shows it. */
  function shown(page: string): string {
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', page], {
      env: { PATH: process.env['PATH'], MANWIDTH: '80', LC_ALL: 'C.UTF-8' },
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    return stdout
  }

  it.each(names)('%s(1) is written as groff wants it, and fits 80 columns', (name) => {
    const page = pageOf(name)
    const { stderr, status } = spawnSync('groff', ['-man', '-ww', '-z', page], { encoding: 'utf8' })
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(
      Math.max(
        ...shown(page)
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(80)
  })

  it.each(commandNames)(
    'the page of %s has all its flags and examples, the exit codes and where to read on',
    (name) => {
      const text = shown(pageOf(`virtfs-${name}`))
      const command = manifest.commands[name]
      expect(text).toMatch(new RegExp(`^NAME\\n +virtfs-${name} - [a-z]`, 'm'))
      for (const { name: flag, char } of Object.values(command?.flags ?? {})) {
        expect(text).toMatch(new RegExp(`^ +${char === undefined ? '' : `-${char}, `}--${flag}( |$)`, 'm'))
      }
      const examples = (command?.examples ?? []) as { command: string }[]
      expect(examples.length).toBeGreaterThan(0)
      const unfolded = text.replaceAll(/ \\\n +/g, ' ')
      for (const example of examples) {
        expect(unfolded).toContain(`$ ${example.command.replace('<%= config.bin %>', 'virtfs')}\n`)
      }
      expect(text).toMatch(/^EXIT STATUS\n +0 +Done\.\n/m)
      expect(text).toMatch(/^SEE ALSO\n +virtfs\(1\), /m)
    },
  )

  it('the exit codes are those that docs/cli.md promises', () => {
    const [, table = ''] = /### Exit codes\n\n([\s\S]*?)\n\n/.exec(read('docs/cli.md')) ?? []
    const promised = Array.from(table.matchAll(/^\| ([\d, ]+) \|/gm), ([, code]) => code)
    const page = shown(pageOf('virtfs'))
    const [, body = ''] = /^EXIT STATUS\n([\s\S]*?)\n[A-Z]/m.exec(page) ?? []
    expect(Array.from(body.matchAll(/^ {7}(\d[\d, ]*\d|\d)/gm), ([, code]) => code)).toEqual(promised)
  })

  it('the page of the program names every command', () => {
    const text = shown(pageOf('virtfs'))
    for (const name of commandNames) expect(text).toContain(`virtfs-${name}(1)`)
  })
})
