// What a package of the program holds besides the library, and that it says what the commands say of themselves.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '@oclif/core/command'
import type { Manifest } from '@oclif/core/interfaces'
import { describe, expect, it } from 'vitest'
import { sharedFiles } from '../../packaging/shared-files.js'
import type { Program } from '../../packaging/man-page.js'
import { virtfs } from '../commands/run.js'
import { commandNames } from '../support/command-names.js'
import { projectRoot } from '../support/guest/project.js'

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8')
const packageJson = JSON.parse(read('package.json')) as Program & { readonly man: readonly string[] }
const manifest = JSON.parse(read('oclif.manifest.json')) as Manifest
const shared = 'dist/share'

/** The files of the built package, by their paths from its top. */
function packedFiles(): string[] {
  const printed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: projectRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [packed] = JSON.parse(printed) as { files: { path: string }[] }[]
  return (packed?.files ?? []).map(({ path }) => path)
}

/** The packages whose modules are joined with the program: the bundler names each module where it begins. */
function joinedPackages(): string[] {
  const directory = join(projectRoot, 'dist/program')
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))
  const texts = files.map((file) => readFileSync(join(directory, file), 'utf8'))
  const names = texts.flatMap((text) =>
    Array.from(text.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm), ([, name = '']) => name),
  )
  return [...new Set(names)].sort()
}

describe('the manifest that oclif reads', () => {
  it('has every command, under the version of the package', () => {
    expect(Object.keys(manifest.commands).sort()).toEqual(commandNames)
    expect(manifest.version).toBe(packageJson.version)
  })

  it.each(commandNames)('says of %s what its source says', async (name) => {
    const source = (await import(`../../commands/${name}.ts`)) as { default: Command.Class }
    const { summary, description, usage, examples, args, flags } = source.default
    const built = manifest.commands[name]
    expect(built).toMatchObject({ summary, description, usage, examples })
    expect(Object.keys(built?.args ?? {})).toEqual(Object.keys(args))
    for (const [flag, { char, description, helpValue, options }] of Object.entries(
      (flags ?? {}) as Record<string, Flag>,
    )) {
      expect(built?.flags[flag]).toEqual(expect.objectContaining(defined({ char, description, helpValue, options })))
    }
  })

  interface Flag {
    readonly char?: string
    readonly description?: string
    readonly helpValue?: string
    readonly options?: readonly string[]
  }

  const defined = (members: object): object =>
    Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
})

describe('the files for /usr/share', () => {
  it('are those that the manifest gives, and no others', () => {
    const expected = sharedFiles(packageJson, manifest)
    const built = readdirSync(join(projectRoot, shared), { recursive: true, withFileTypes: true })
    expect(built.filter((entry) => entry.isFile()).length).toBe(expected.size)
    for (const [path, content] of expected) expect(read(join(shared, path))).toBe(content)
  })

  it.each([
    ['bash', 'bash-completion/completions/virtfs'],
    ['zsh', 'zsh/site-functions/_virtfs'],
    ['fish', 'fish/vendor_completions.d/virtfs.fish'],
  ])('have for %s what `virtfs completion` prints', (shell, path) => {
    expect(virtfs(['completion', shell]).stdout).toBe(read(join(shared, path)))
  })

  it('are in the package, as are the manifest and the program', () => {
    const files = packedFiles()
    const expected = [...sharedFiles(packageJson, manifest).keys()].map((path) => join(shared, path))
    const programs = commandNames.map((name) => `dist/program/commands/${name}.js`)
    expect(files).toEqual(expect.arrayContaining([...expected, ...programs, 'oclif.manifest.json', 'bin/run.js']))
  })

  it('hold every manual page that package.json names, and package.json names every one', () => {
    const pages = ['virtfs', ...commandNames.map((name) => `virtfs-${name}`)]
    expect(packageJson.man).toEqual(pages.map((page) => `./${shared}/man/man1/${page}.1`))
  })
})

it('the licence of every package that is joined with the program comes with it', () => {
  const licences = read('dist/program/LICENCES.txt')
  const packages = Array.from(licences.matchAll(/^== (\S+) \S+ ==$/gm), ([, name]) => name)
  expect(packages.sort()).toEqual(joinedPackages())
  expect(packages).toContain('@oclif/core')
  expect(
    licences
      .split(/^== .* ==$/m)
      .slice(1)
      .filter((text) => text.trim().length < 100),
  ).toEqual([])
})
