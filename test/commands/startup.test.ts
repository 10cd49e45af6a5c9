// What a command makes node load before it runs: most of the time that `virtfs stat FILE` takes is that.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { projectRoot } from '../support/guest/project.js'
import { virtfs } from './run.js'

interface Coverage {
  readonly result: readonly { readonly url: string }[]
}

/** The files that a run loads, as V8 counts them: ours and those of packages. */
function loadedBy(args: readonly string[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'virtfs-loaded-'))
  try {
    const { exitCode } = virtfs(args, { env: { NODE_V8_COVERAGE: directory } })
    expect(exitCode).toBe(0)
    const reports = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'))
    const urls = reports.flatMap((report) => (JSON.parse(report) as Coverage).result.map(({ url }) => url))
    return urls.filter((url) => url.startsWith('file:')).map((url) => relative(projectRoot, fileURLToPath(url)))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** The modules that are joined in those files: the bundler names each where it begins. */
function modulesIn(files: readonly string[]): string[] {
  const joined = files.filter((file) => file.startsWith('dist/program/'))
  const texts = joined.map((file) => readFileSync(join(projectRoot, file), 'utf8'))
  return texts.flatMap((text) =>
    Array.from(text.matchAll(/^\/\/ ((?:dist|node_modules)\/\S+)$/gm), ([, path = '']) => path),
  )
}

const isOf =
  (...folders: string[]) =>
  (module: string) =>
    folders.some((folder) => module.startsWith(folder))
const server = isOf('dist/src/serve/', 'dist/src/session/', 'dist/src/wire/', 'dist/src/client/')
const conversion = isOf('dist/src/convert/', 'node_modules/cli-progress/')

describe('virtfs stat FILE', () => {
  const files = loadedBy(['stat', join(projectRoot, 'bin')])
  const modules = modulesIn(files)

  it('loads the program in a few files, and of packages only the one that calls the kernel', () => {
    const [joined, others] = [files.filter(isOf('dist/program/')), files.filter((file) => !isOf('dist/program/')(file))]
    expect(joined).toContain('dist/program/commands/stat.js')
    expect(joined.length).toBeLessThan(modules.length / 5)
    expect(others.filter((file) => !/^(bin\/run\.js$|node_modules\/(koffi|@koromix\/koffi-))/.test(file))).toEqual([])
  })

  it('loads no other command, no server, no protocol, no metrics and nothing of a conversion', () => {
    expect(modules).toContain('dist/src/inspect/inspector.js')
    expect(modules.filter(isOf('dist/commands/')).filter((module) => /^dist\/commands\/[^/]+$/.test(module))).toEqual([
      'dist/commands/stat.js',
    ])
    expect(modules.filter(server)).toEqual([])
    expect(modules.filter(conversion)).toEqual([])
    expect(modules.filter((module) => /prom-client|semver|minimatch|tinyglobby/.test(module))).toEqual([])
  })
})

it('virtfs convert --dry-run loads no server, and no bar', () => {
  const directory = mkdtempSync(join(tmpdir(), 'virtfs-converted-'))
  try {
    const modules = modulesIn(loadedBy(['convert', directory, '--to', 'none', '--dry-run', '--json']))
    expect(modules).toContain('dist/commands/convert.js')
    expect(modules.filter(server)).toEqual([])
    expect(modules.filter(isOf('node_modules/cli-progress/'))).toEqual([])
  } finally {
    rmSync(directory, { recursive: true })
  }
})

it('virtfs serve --help does not load the server either, which `serve` loads when it starts one', () => {
  const modules = modulesIn(loadedBy(['serve', '--help']))
  expect(modules.length).toBeGreaterThan(0)
  expect(modules.filter(isOf('dist/src/'))).not.toContain('dist/src/serve/threads/threaded-server.js')
})
