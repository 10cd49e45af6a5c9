// What bash, zsh and fish offer at the end of a command line, having read the program's script as their users would.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { securityModels } from '../../src/ownership/security-models.js'
import { type CompletingShell, completingShell, type ShellName } from '../support/completing-shells.js'
import { projectRoot } from '../support/guest/project.js'
import { which } from '../support/guest/requirements.js'
import { describeWhereFound } from '../support/guest/suite.js'
import { commandNames } from '../support/command-names.js'
import { PROGRAM, virtfs } from './run.js'

/** As the help text of `completion` has it. */
const reading: Readonly<Record<ShellName, string>> = {
  bash: 'source <(virtfs completion bash)',
  zsh: 'source <(virtfs completion zsh)',
  fish: 'virtfs completion fish | source',
}

/** Where zsh looks for functions, a package having put the script there. */
const installed = `fpath=(${join(projectRoot, 'dist/share/zsh/site-functions')} $fpath) && compinit -D -u`

const models = ['auto', 'mapped', ...securityModels].sort()

for (const [name, line] of Object.entries(reading) as [ShellName, string][]) {
  const missing = [name, 'script'].filter((program) => which(program) === undefined)
  describeWhereFound(`completion in ${name}`, { kind: 'shell', missing, timeout: 30_000 }, () => {
    let directory: string
    let shell: CompletingShell
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'virtfs-completion-'))
      mkdirSync(join(directory, 'tree/deep directory'), { recursive: true })
      writeFileSync(join(directory, 'tree/deep file'), '')
      symlinkSync(PROGRAM, join(directory, 'virtfs'))
      const path = [directory, dirname(process.execPath), process.env['PATH']].join(delimiter)
      shell = await completingShell(name, { reading: line, directory, path })
    })
    afterAll(() => {
      shell[Symbol.dispose]()
      rmSync(directory, { recursive: true })
    })

    it('the line that makes the shell read the script stands in the help text', () => {
      expect(virtfs(['completion', '--help']).stdout).toContain(line)
    })

    it('offers the commands', async () => {
      expect(await shell.offered('virtfs ')).toEqual(expect.arrayContaining(commandNames))
      expect(await shell.offered('virtfs st')).toEqual(['stat'])
      expect(await shell.offered('virtfs --v')).toEqual(['--version'])
      expect(await shell.offered('virtfs frob')).toEqual(['frob'])
    })

    it.each(commandNames)('offers every flag of %s', async (command) => {
      const help = virtfs([command, '--help']).stdout
      const flags = Array.from(help.matchAll(/^ +(?:-\w, )?(--[a-z.-]+)/gm), ([, flag]) => flag)
      const listed = [...new Set([...flags, '--help'])].sort()
      expect(await shell.offered(`virtfs ${command} --`)).toEqual(listed)
    })

    it('completes a flag, and what it may be', async () => {
      expect(await shell.offered('virtfs stat --sec')).toEqual(['--security-model'])
      expect(await shell.offered('virtfs stat --security-model ')).toEqual(models)
      expect(await shell.offered('virtfs stat --security-model map')).toEqual(['mapped', 'mapped-file', 'mapped-xattr'])
      const joined = await shell.offered('virtfs stat --security-model=map')
      const values = joined.map((word) => word.replace(/^--security-model=/, ''))
      expect(values).toEqual(['mapped', 'mapped-file', 'mapped-xattr'])
    })

    it('offers short flags', async () => {
      expect(await shell.offered('virtfs stat -')).toEqual(expect.arrayContaining(['-L', '-c', '-f', '-t']))
    })

    it('offers files where files are expected, directories for a tree, and nothing for a number', async () => {
      const [file, deep] = [join(directory, 'tree/deep file'), join(directory, 'tree/deep directory')]
      expect(await names(`virtfs stat ${directory}/tree/d`)).toEqual([deep, file])
      expect(await names(`virtfs stat -L ${directory}/tree/d`)).toEqual([deep, file])
      expect(await names(`virtfs stat -- ${directory}/tree/d`)).toEqual([deep, file])
      expect(await names(`virtfs serve ${directory}/tree/d`)).toEqual([deep])
      expect(await names(`virtfs stat --root ${directory}/tree/d`)).toEqual([deep])
      expect(await names(`virtfs stat --format ${directory}/tree/d`)).toEqual([join(directory, 'tree/d')])
    })

    /** Names without the slash that some shells put behind a directory. */
    const names = async (typed: string): Promise<string[]> =>
      (await shell.offered(typed)).map((path) => path.replace(/\/$/, ''))

    it('offers no flags behind --', async () => {
      expect(await shell.offered('virtfs stat -- --sec')).toEqual(['--sec'])
    })

    if (name === 'zsh') {
      it('finds the script where a package puts it', async () => {
        using other = await completingShell(name, { reading: installed, directory, path: process.env['PATH'] ?? '' })
        expect(await other.offered('virtfs stat --sec')).toEqual(['--security-model'])
      })
    }
  })
}
