// What the pages tell their readers to start does start, as it stands there, and says what the page says it does: on a
// machine with the reader's addresses, ports and directories, which are namespaces of the command's own.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { GuestSystem } from '../support/guest-system.js'
import { describeWhereFound } from '../support/guest/suite.js'
import { readPage, type ShownCommand } from '../support/pages.js'
import { isServing, missingForReader, READER, typedByReader } from '../support/readers-machine.js'

/** Where a command is to listen; a port that it may choose is not known before. */
function addressesOf({ text }: ShownCommand): RegExp[] {
  const given = Array.from(text.matchAll(/--listen (\S+)/g), ([, address = '']) => address)
  const addresses = given.length > 0 ? given : [`unix:/run/user/${READER}/virtfs/guest.sock`]
  return addresses.map((address) => new RegExp(`^listening ${address.replace(/:0$/, ':[1-9]\\d*')}$`, 'm'))
}

/** Lines without the widths of their columns, which depend on what stands in them. */
const columnsOf = (lines: readonly string[]): string[] => lines.map((line) => line.trim().split(/ +/).join(' '))

/** What a page shows as printed, less what is another on every machine: lines with numbers. */
const headingsOf = ({ printed }: ShownCommand): string[] =>
  columnsOf(printed).filter((line) => line !== '' && !/\d/.test(line))

const program = /^(virtfs|node bin\/run\.js) /
const start = /^(virtfs|node bin\/run\.js) serve /

describeWhereFound("the pages' commands", { kind: 'namespace', missing: missingForReader, timeout: 60_000 }, () => {
  let system: GuestSystem
  beforeAll(() => (system = new GuestSystem(READER)))
  afterAll(() => system[Symbol.dispose]())

  for (const name of ['README.md', 'docs/serve.md']) {
    const { text, commands } = readPage(name)
    const starts = commands.filter((command) => start.test(command.text))

    it(`${name} shows servers in no form that would escape these tests`, () => {
      const lines = text.split('\n').filter((line) => /^\w*[$#] .*\bserve\b/.test(line) || /^(virtfs|node) /.test(line))
      expect(starts).toHaveLength(lines.length)
      expect(starts.length).toBeGreaterThan(2)
    })

    for (const command of starts) {
      it(`${name}, line ${command.line + 1}: ${command.text}`, async () => {
        const { stdout, stderr, exitCode } = await typedByReader(command, { isEnough: isServing })
        expect({ stderr, exitCode }).toEqual({
          stderr: expect.stringMatching(/^(mount .*\n)+$/) as string,
          exitCode: 0,
        })
        for (const address of addressesOf(command)) expect(stdout).toMatch(address)
        expect(`${stdout}${stderr}`).toContain(command.printed.join('\n'))
      })
    }

    for (const command of commands.filter(({ text }) => program.test(text) && !start.test(text))) {
      it(`${name}, line ${command.line + 1}: ${command.text}`, async () => {
        const { stdout, stderr, exitCode } = await typedByReader(command, { tree: system.path })
        expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
        expect(stdout).not.toBe('')
        expect(columnsOf(stdout.split('\n'))).toEqual(expect.arrayContaining(headingsOf(command)))
      })
    }
  }
})
