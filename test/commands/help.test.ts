// What the program says of itself, and how it ends when it is not told what to do.

import { describe, expect, it } from 'vitest'
import { securityModels } from '../../src/ownership/security-models.js'
import { throttlingOptions } from '../../src/session/throttling.js'
import { commandNames } from '../support/command-names.js'
import { virtfs } from './run.js'

/** The flags that a help text names. */
const flagsIn = (help: string): string[] => [...new Set(help.match(/--[a-z][a-z.-]*/g))].sort()
const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length))

const listed: Readonly<Record<string, readonly string[]>> = {
  convert: [
    ...['--abort', '--allow-devices', '--allow-setid', '--dmode', '--dry-run', '--exclude', '--fmode', '--force'],
    ...['--from', '--include', '--jobs', '--json', '--jsonl', '--map-gid', '--map-uid', '--no-progress'],
    ...['--one-file-system', '--output', '--owner', '--resume', '--skip-forbidden', '--to', '--verify', '--yes'],
  ],
  df: [
    ...['--block-size', '--by', '--exclude', '--human-readable', '--include', '--inodes', '--jobs', '--json'],
    ...[
      '--kibibytes',
      '--limit',
      '--mebibytes',
      '--names',
      '--no-progress',
      '--no-usage',
      '--one-file-system',
      '--security-model',
    ],
    ...['--si', '--sort', '--total'],
  ],
  serve: [
    ...['--allow-remote', '--allow-uid', '--anon-gid', '--anon-uid', '--dmode', '--fmode', '--fsdev', '--idle-timeout'],
    ...['--listen', '--log-level', '--map-gid', '--map-uid', '--max-connections', '--max-fids', '--max-inflight'],
    ...['--metrics', '--msize', '--multidevs', '--readonly', '--security-model', '--squash'],
    ...throttlingOptions.map(({ name }) => `--${name}`).sort(),
    ...['--trace', '--virtfs', '--writeout'],
  ],
  ls: [
    ...['--all', '--color', '--directory', '--human-readable', '--json', '--jsonl', '--long', '--names', '--numeric'],
    ...['--one-per-line', '--recursive', '--reverse', '--root', '--security-model', '--sort-size', '--sort-time'],
  ],
  stat: [
    ...[
      '--dereference',
      '--exclude',
      '--file-system',
      '--format',
      '--include',
      '--jobs',
      '--json',
      '--jsonl',
      '--names',
      '--no-progress',
    ],
    ...['--one-file-system', '--printf', '--recursive', '--root', '--security-model', '--terse'],
  ],
}

describe.each(Object.entries(listed))('virtfs %s --help', (command, flags) => {
  const { stdout, stderr, exitCode } = virtfs([command, '--help'])

  it('names exactly the flags that exist', () => {
    expect({ flags: flagsIn(stdout), stderr, exitCode }).toEqual({ flags, stderr: '', exitCode: 0 })
  })

  it('names every security model, and fits 80 columns', () => {
    for (const model of securityModels) expect(stdout.replaceAll(/\s+/g, '')).toContain(model)
    expect(widest(stdout)).toBeLessThanOrEqual(80)
  })

  it('has a summary, a description and examples', () => {
    expect(stdout).toMatch(/^[A-Z][^\n]+\.\n\nUSAGE\n {2}\$ virtfs /)
    expect(stdout).toContain('\nDESCRIPTION\n')
    expect(stdout).toMatch(/\nEXAMPLES\n(.*\n)+ {4}\$ virtfs /)
  })
})

describe('virtfs', () => {
  it.each([[[]], [['--help']]])('%j lists the commands that exist', (argv) => {
    const { stdout, exitCode } = virtfs(argv)
    expect(stdout.split('COMMANDS\n')[1]?.match(/^ {2}\w+/gm)).toEqual(commandNames.map((name) => `  ${name}`))
    expect(exitCode).toBe(0)
  })

  it('--version names the version', () => {
    expect(virtfs(['--version']).stdout).toMatch(/^virtfs\/\d+\.\d+\.\d+ linux-\w+ node-v\d+\.\d+\.\d+\n$/)
  })

  it.each(['frob', 'render', 'support'])('%s is no command', (name) => {
    expect(virtfs([name, 'x'])).toEqual({
      stdout: '',
      stderr: `virtfs: Cannot run "${name}": there is no such command (see virtfs --help)\n`,
      exitCode: 2,
    })
  })

  it('uses colours in help only where they are forced, and never under NO_COLOR', () => {
    expect(virtfs(['stat', '--help'], { env: { FORCE_COLOR: '1' } }).stdout).toContain('\x1b[')
    expect(virtfs(['stat', '--help'], { env: { NO_COLOR: '1' } }).stdout).not.toContain('\x1b[')
    expect(virtfs(['stat', '--help']).stdout).not.toContain('\x1b[')
  })
})
