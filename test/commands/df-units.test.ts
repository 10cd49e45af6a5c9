// The units of `df`, and its columns of file systems, beside GNU df's.

import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import Df from '../../commands/df.js'
import { fileSystemsTable, type DfTree } from '../../commands/render/df-file-systems.js'
import { parseSizeUnit, sizeIn } from '../../commands/render/size-unit.js'
import { UsageError } from '../../src/errors.js'
import { canMount, mountTmpfs } from '../support/host/mounts.js'
import { HostTree } from '../support/host/tree.js'
import { environment, run } from './run.js'

/** The words of each line. */
const words = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))

const gnu = (...args: readonly string[]): string[][] =>
  words(execFileSync('/usr/bin/df', args, { encoding: 'utf8', env: environment() }))

/** Our table without the columns that GNU's does not have. */
async function ours(...args: readonly string[]): Promise<string[][]> {
  const { stdout, stderr, exitCode } = await run(Df, ['--no-usage', '--security-model', 'passthrough', ...args])
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  return words(stdout).map(([, ...cells]) => cells)
}

describe.runIf(canMount)('a file system of a known size', () => {
  it('is shown as GNU df shows it, in every unit', async () => {
    using host = new HostTree()
    using _ = mountTmpfs(host.at('mounted'))
    execFileSync('dd', ['if=/dev/zero', `of=${host.at('mounted/file')}`, 'bs=1000', 'count=1234'], { stdio: 'ignore' })
    const path = host.at('mounted')
    const sizes = [
      ...'1 512 1000 1024 1536 4096 100000 1000000 1024000 1048576 2147483648 007'.split(' '),
      ...'K k kB KB KiB kiB M m MB MiB G GiB 4K 3MB 2MiB human-readable si'.split(' '),
    ]
    const flags = ['', '-h', '-H', '-k', '-m', '-i', '-i -h', '-i -H', '-i -k', '-h -k', '-k -H']
    const units = [
      ...flags.map((line) => line.split(' ').filter((flag) => flag !== '')),
      ...sizes.map((size) => ['-B', size]),
    ]
    for (const unit of units) {
      const theirs = gnu(...unit, path).map((line) => line.slice(1, 5))
      const shown = await ours(...unit, path)
      expect([unit, shown.map((line) => line.slice(0, 4))]).toEqual([unit, theirs])
    }
  })
})

describe('a size of blocks', () => {
  it.each(['', '0', '0K', 'x', '5x', '-1', '1B', 'B', 'iB', '1.5M', 'KK', '1 K', "'1"])('%j is refused', (text) => {
    expect(() => parseSizeUnit(text)).toThrow(UsageError)
  })

  it('rounds up, so that nothing looks smaller than it is', () => {
    expect([0, 1, 4095, 4096, 4097].map((bytes) => sizeIn(parseSizeUnit('4K'), bytes))).toEqual([
      '0',
      '1',
      '1',
      '1',
      '2',
    ])
    expect(sizeIn(parseSizeUnit('M'), 1)).toBe('1M')
  })
})

describe('the percentage', () => {
  const statfs = { type: 0, bsize: 4096, files: 0, ffree: 0, fsid: 0n, namelen: 255 }
  const cell = (blocks: number, bfree: number, bavail: number): string | undefined => {
    const tree: DfTree = {
      ...{ path: '/t', root: '/t', model: 'none', detection: undefined, unfinished: undefined, dev: 1 },
      statfs: { ...statfs, blocks, bfree, bavail },
    }
    const form = {
      by: 'user',
      unit: parseSizeUnit('1K'),
      isOfInodes: false,
      hasTotal: false,
      width: undefined,
    } as const
    return words(fileSystemsTable([tree], form))[1]?.[4]
  }

  it('is of what is not reserved, rounded up, and none where there is nothing', () => {
    expect(cell(1000, 500, 500)).toBe('50%')
    expect(cell(1000, 499, 499)).toBe('51%')
    expect(cell(1000, 500, 450)).toBe('53%')
    expect(cell(1000, 1000, 1000)).toBe('0%')
    expect(cell(1000, 0, 0)).toBe('100%')
    expect(cell(0, 0, 0)).toBe('-')
  })
})

it('a file system of several trees counts once in the total', async () => {
  using first = new HostTree()
  using second = new HostTree()
  const [, one, two, total] = await ours('--total', first.path, second.path)
  expect(one?.[0]).toBe(two?.[0])
  expect(total?.[0]).toBe(one?.[0])
  expect(total?.[4]).toBe('-')
})
