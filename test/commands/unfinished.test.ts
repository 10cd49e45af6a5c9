// What commands say of a tree whose conversion was interrupted.

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import Df from '../../commands/df.js'
import Ls from '../../commands/ls.js'
import Serve from '../../commands/serve.js'
import Stat from '../../commands/stat.js'
import { snapshot } from '../support/snapshot.js'
import { ViewedTree } from '../support/viewed-tree.js'
import { run, virtfs } from './run.js'

let tree: ViewedTree
beforeEach(() => {
  tree = new ViewedTree('mapped-xattr')
  tree.mkdir('below')
  tree.write('below/file')
  mkdirSync(at('.virtfs_convert'), { mode: 0o700 })
  writeFileSync(at('.virtfs_convert/journal'), '{"virtfs":1,"from":"mapped-xattr","to":"passthrough"}\n')
})
afterEach(() => tree[Symbol.dispose]())

const at = (path: string): string => join(tree.path, path)
const INTERRUPTED = 'a conversion from mapped-xattr to passthrough was interrupted there'
const advice = (): string => `(virtfs convert ${tree.path} --resume or --abort)`

/** How a command ends that says it once. */
const said = () => ({
  stderr: `virtfs: Cannot tell what a guest sees of "${tree.path}": ${INTERRUPTED} ${advice()}\n`,
  exitCode: 1,
})

const unfinished = { from: 'mapped-xattr', to: 'passthrough' }

interface Document {
  readonly trees: readonly { readonly unfinished: unknown }[]
}

describe.each([
  ['stat', Stat, ['below', 'below/file'], '  File: '],
  ['ls', Ls, ['', 'below'], 'below'],
  ['df', Df, [''], 'mapped-xattr'],
] as const)('%s', (_name, command, paths, shown) => {
  const argv = (): string[] => [...(command === Df ? [] : ['--root', tree.path]), ...paths.map(at)]

  it('shows what it can, says so once, and exits with 1', async () => {
    const { stdout, stderr, exitCode } = await run(command, argv())
    expect({ stderr, exitCode }).toEqual(said())
    expect(stdout).toContain(shown)
  })

  it('has it in JSON', async () => {
    const { stdout, stderr, exitCode } = await run(command, ['--json', ...argv()])
    expect({ stderr, exitCode }).toEqual(said())
    expect((JSON.parse(stdout) as Document).trees).toMatchObject([{ unfinished }])
  })
})

it('a walk with several threads says it once', () => {
  const { stderr, exitCode } = virtfs(['stat', '-R', '--jobs', '4', '-c', '%n', '--root', tree.path, tree.path])
  expect({ stderr, exitCode }).toEqual(said())
})

it('other trees have nothing to be said of them', async () => {
  using whole = new ViewedTree('mapped-xattr')
  whole.write('file')
  const { stdout, stderr, exitCode } = await run(Df, ['--json', '--no-usage', whole.path, tree.path])
  expect({ stderr, exitCode }).toEqual(said())
  expect((JSON.parse(stdout) as Document).trees.map((one) => one.unfinished)).toEqual([null, unfinished])
})

describe('a tree that shows no other trace', () => {
  beforeEach(() => {
    rmSync(at('below'), { recursive: true })
    rmSync(at('.virtfs_convert'), { recursive: true })
    mkdirSync(at('host/inner'), { recursive: true })
    writeFileSync(at('host/inner/file'), '')
  })

  it('is found from below by the attribute of its root', async () => {
    const before = await run(Stat, ['--json', at('host/inner/file')])
    expect(before).toMatchObject({ stderr: '', exitCode: 0 })
    execFileSync('setfattr', ['-n', 'user.virtfs.convert', '-v', '{}', tree.path])
    const { stdout, stderr, exitCode } = await run(Stat, ['--json', at('host/inner/file')])
    const line = `Cannot tell what a guest sees of "${tree.path}": a conversion was interrupted there ${advice()}`
    expect({ stderr, exitCode }).toEqual({ stderr: `virtfs: ${line}\n`, exitCode: 1 })
    expect((JSON.parse(stdout) as Document).trees).toMatchObject([
      { root: tree.path, model: 'passthrough', unfinished: { from: null, to: null } },
    ])
  })

  it('has no problem by that attribute', async () => {
    execFileSync('setfattr', ['-n', 'user.virtfs.convert', '-v', '{}', tree.path])
    const { stdout } = await run(Stat, ['--json', '--security-model', 'mapped-xattr', tree.path])
    expect((JSON.parse(stdout) as { entries: unknown[] }).entries).toMatchObject([{ problems: [] }])
  })
})

it('a tree that is mixed is not said to be so, but why', async () => {
  mkdirSync(at('.virtfs_metadata'))
  const { stdout, stderr, exitCode } = await run(Stat, [tree.path])
  expect({ stdout, stderr, exitCode }).toEqual({
    stdout: '',
    stderr: `virtfs: Cannot tell the security model of "${tree.path}": ${INTERRUPTED} ${advice()}\n`,
    exitCode: 1,
  })
})

describe('serve', () => {
  it.each([[['--security-model', 'mapped-xattr']], [['--security-model', 'passthrough', '--readonly']], [[]]])(
    'refuses it, and changes nothing: %j',
    async (flags) => {
      const before = snapshot(tree.path)
      expect(await run(Serve, [tree.path, ...flags])).toEqual({
        stdout: '',
        stderr: `virtfs: Cannot serve "${tree.path}": ${INTERRUPTED} ${advice()}\n`,
        exitCode: 2,
      })
      expect(snapshot(tree.path)).toEqual(before)
    },
  )
})
