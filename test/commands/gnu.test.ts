// On a tree that keeps ownership in its inodes, `virtfs stat` says what GNU stat says.

import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, lutimesSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import Stat from '../../commands/stat.js'
import { isRoot } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'
import { environment, run } from './run.js'

const tree = new HostTree()
const names: string[] = []
const listener = createServer()

function make(name: string, how: (path: string) => void): void {
  const path = tree.at(name)
  how(path)
  names.push(path)
}

beforeAll(async () => {
  make('empty', (path) => writeFileSync(path, ''))
  make('file', (path) => writeFileSync(path, 'x'.repeat(5000)))
  make('linked', (path) => linkSync(tree.at('file'), path))
  make('directory', (path) => mkdirSync(path))
  make('sticky', (path) => mkdirSync(path))
  make('symlink', (path) => symlinkSync('directory/../file', path))
  make('dangling', (path) => symlinkSync("it's nowhere", path))
  make('fifo', (path) => execFileSync('mkfifo', [path]))
  make('odd mode', (path) => writeFileSync(path, ''))
  make('ancient', (path) => writeFileSync(path, ''))
  chmodSync(tree.at('sticky'), 0o1777)
  chmodSync(tree.at('odd mode'), 0o6644)
  execFileSync('touch', ['-d', '1969-12-30 01:02:03.25 UTC', tree.at('ancient')])
  lutimesSync(tree.at('symlink'), 1_000_000_000.25, 1_234_567_890.987654)
  make('socket', () => undefined)
  await new Promise<void>((resolve) => listener.listen(tree.at('socket'), resolve))
  if (isRoot) {
    make('char', (path) => execFileSync('mknod', [path, 'c', '5', '300']))
    make('block', (path) => execFileSync('mknod', [path, 'b', '259', '7']))
    make('stranger', (path) => {
      writeFileSync(path, '')
      execFileSync('chown', ['4000000000:12345', path])
    })
  } else {
    names.push('/dev/null', '/dev/tty')
  }
})
afterAll(() => {
  listener.close()
  tree[Symbol.dispose]()
})

const gnu = (args: readonly string[]): string =>
  execFileSync('/usr/bin/stat', args, { encoding: 'latin1', env: environment() })

/** Our answer beside GNU's, both for everything in the tree. */
async function both(...flags: readonly string[]): Promise<readonly [ours: string, theirs: string]> {
  const { stdout, stderr, exitCode } = await run(Stat, ['--security-model', 'passthrough', ...flags, '--', ...names])
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  return [stdout, gnu([...flags, '--', ...names])]
}

const sequences = 'aAfFuUgGhisbBotTnNxXyYzZwWdDrR'.split('')

describe('each sequence of --format says the same of every type of file', () => {
  it.each([...sequences, 'Hd', 'Ld', 'Hr', 'Lr'])('%s', async (letter) => {
    const [ours, theirs] = await both('-c', `%${letter}|%%|%${letter}`)
    expect(ours).toBe(theirs)
  })
})

describe('flags, width and precision pad and cut alike', () => {
  // GNU quotes %N only in formats in which it stands without any: ours does always.
  const letters = sequences.filter((letter) => !'NWXYZ'.includes(letter))
  const specs = [
    '-14',
    '14',
    '014',
    '-014',
    '+',
    ' ',
    '+08',
    '#',
    '#012',
    '.3',
    '12.5',
    '-12.5',
    '012.5',
    '.0',
    '.',
    '1',
  ]
  it.each(specs)('with "%s" before each letter', async (spec) => {
    const [ours, theirs] = await both('-c', letters.map((letter) => `${letter}[%${spec}${letter}]`).join('\n'))
    expect(ours).toBe(theirs)
  })

  it.each(['14', '014', '-14', '+', '.', '.0', '.3', '.9', '.12', '30.6', '-30.6', '030.6', '-30.12', '+.2', '3.2'])(
    'with "%s" before points in time',
    async (spec) => {
      const [ours, theirs] = await both('-c', `[%${spec}X] [%${spec}Y] [%${spec}Z] [%${spec}W]`)
      expect(ours).toBe(theirs)
    },
  )
})

it('--printf resolves the same escapes and adds no newline', async () => {
  const [ours, theirs] = await both('--printf', String.raw`%n\t%s\x41\102\12\\\"\a\b\e\f\r\v%%\x25n\n`)
  expect(ours).toBe(theirs)
})

it('--terse prints the same line', async () => {
  const [ours, theirs] = await both('-t')
  expect(ours).toBe(theirs)
})

it('the block has the same lines, and one or two of its own', async () => {
  const [ours, theirs] = await both()
  const own = /^(Source| {2}Tree): .*\n/gm
  expect(ours.replaceAll(own, '')).toBe(theirs)
  expect(ours.match(own)).toHaveLength(2 * names.length)
})

it('--dereference shows what symlinks lead to', async () => {
  const path = tree.at('symlink')
  const { stdout } = await run(Stat, ['-L', '-c', '%n %i %F %s', '--root', tree.path, path])
  expect(stdout).toBe(gnu(['-L', '-c', '%n %i %F %s', path]))
})

describe('of file systems', () => {
  const stable = 'cilnsStT'.split('')
  it.each(stable)('-f, sequence %s', async (letter) => {
    const flags = ['-f', '-c', `[%${letter}] [%-20${letter}]`, tree.path, '/proc', '/sys']
    const { stdout } = await run(Stat, ['--security-model', 'passthrough', ...flags])
    expect(stdout).toBe(gnu(flags))
  })

  it('the block and the terse line have the same layout', async () => {
    // Free blocks and inodes of a live file system move, those of proc are always 0.
    for (const flags of [
      ['-f', '/proc'],
      ['-f', '-t', '/proc'],
    ]) {
      const { stdout } = await run(Stat, ['--security-model', 'passthrough', ...flags])
      expect(stdout.replace(/^ {2}Tree: .*\n/m, '')).toBe(gnu(flags))
    }
  })
})
