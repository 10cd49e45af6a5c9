// A tree whose conversion was interrupted is recognised by its root, whoever wrote what is there.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { linuxHost } from '../../src/host/linux-host.js'
import { portableHost } from '../../src/host/portable-host.js'
import { interruption, type Unfinished, unfinishedIn } from '../../src/ownership/unfinished.js'
import { utf8Of } from '../../src/printable.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { countCalls } from '../support/host/faults.js'
import { asNobody, isRoot } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'

let tree: HostTree
beforeEach(() => {
  tree = new HostTree()
  chmodSync(tree.path, 0o755)
})
afterEach(() => tree[Symbol.dispose]())

const mark = (value: string): Buffer => execFileSync('setfattr', ['-n', 'user.virtfs.convert', '-v', value, tree.path])

function writeJournal(content: string): void {
  mkdirSync(tree.at('.virtfs_convert'), { recursive: true })
  writeFileSync(tree.at('.virtfs_convert/journal'), content, 'latin1')
}

const UNKNOWN: Unfinished = { from: undefined, to: undefined }

describe.each([
  ['Linux', linuxHost],
  ['the portable host', portableHost],
])('on %s', (_title, host) => {
  function found(): Unfinished | undefined {
    using root = host.openDirectory(utf8Of(tree.path))
    return unfinishedIn(root)
  }

  it('a tree without marks is none', () => {
    expect(found()).toBeUndefined()
  })

  it('a journal names the models', () => {
    writeJournal('{"virtfs":1,"from":"mapped-xattr","to":"passthrough","isAbort":false}\nd 1 2 3 4 5\nend 2\n')
    expect(found()).toEqual({ from: 'mapped-xattr', to: 'passthrough' })
  })

  it.each(['', '{"times":{}}', '\0\xff'])('an attribute of the root is enough, whatever its value: %j', (value) => {
    mark(`0x${Buffer.from(value, 'latin1').toString('hex')}`)
    expect(found()).toEqual(UNKNOWN)
    mkdirSync(tree.at('.virtfs_convert'))
    expect(found()).toEqual(UNKNOWN)
  })

  it('a directory of that name without a journal is somebody’s own, as is anything else of that name', () => {
    mkdirSync(tree.at('.virtfs_convert'))
    writeFileSync(tree.at('.virtfs_convert/something'), '')
    expect(found()).toBeUndefined()
    mkdirSync(tree.at('.virtfs_convert/journal'))
    expect(found()).toBeUndefined()
    rmSync(tree.at('.virtfs_convert'), { recursive: true })
    writeFileSync(tree.at('.virtfs_convert'), '')
    expect(found()).toBeUndefined()
  })

  it('symlinks lead to no journal', () => {
    mkdirSync(tree.at('elsewhere'))
    writeFileSync(tree.at('elsewhere/journal'), '{"from":"none","to":"none"}\n')
    symlinkSync('elsewhere', tree.at('.virtfs_convert'))
    expect(found()).toBeUndefined()
    rmSync(tree.at('.virtfs_convert'))
    mkdirSync(tree.at('.virtfs_convert'))
    symlinkSync('../elsewhere/journal', tree.at('.virtfs_convert/journal'))
    expect(found()).toBeUndefined()
  })

  it.each([
    ['empty', ''],
    ['cut off', '{"virtfs":1,"from":"mapped-xattr","to":"pass'],
    ['no JSON', 'from mapped-xattr to passthrough\n'],
    ['no object', 'null\n'],
    ['a list', '[1]\n'],
    ['deep', `${'['.repeat(60_000)}\n`],
    ['endless', 'x'.repeat(3_000_000)],
    ['of other models', '{"from":"mapped-xattr2","to":7}\n'],
    ['of a name that every object has', '{"from":"constructor","to":"__proto__"}\n'],
    ['to be printed', '{"from":"\\u001b[2J","to":"a\\nb"}\n'],
  ])('a journal that is %s counts, and says nothing of models', (_kind, content) => {
    writeJournal(content)
    expect(found()).toEqual(UNKNOWN)
  })

  it('one model that is known is told, though the other is not', () => {
    writeJournal('{"from":"mapped-file","to":"mapped"}\n')
    expect(found()).toEqual({ from: 'mapped-file', to: undefined })
  })

  it.runIf(isRoot)('what may not be read is not gone by, but for the attribute', () => {
    writeJournal('{"from":"mapped-file","to":"none"}\n')
    chmodSync(tree.at('.virtfs_convert/journal'), 0o600)
    expect(asNobody(found)).toEqual(UNKNOWN)
    chmodSync(tree.at('.virtfs_convert'), 0o700)
    expect(asNobody(found)).toBeUndefined()
    mark('1')
    expect(asNobody(found)).toEqual(UNKNOWN)
  })

  it('nothing is left open', () => {
    writeJournal('{}\n')
    const before = openDescriptors()
    found()
    expect(openDescriptors()).toEqual(before)
  })
})

it('where nothing is unfinished it takes two system calls to know', () => {
  using root = linuxHost.openDirectory(utf8Of(tree.path))
  expect(countCalls(() => unfinishedIn(root))).toEqual({ statx: 1, lgetxattr: 1 })
})

it.each([
  [
    { from: 'mapped-xattr', to: 'none' },
    't',
    'a conversion from mapped-xattr to none was interrupted there (virtfs convert t --resume or --abort)',
  ],
  [UNKNOWN, 'a\x1bb', 'a conversion was interrupted there (virtfs convert a\\x1bb --resume or --abort)'],
  [{ from: 'none', to: undefined }, 't', 'a conversion was interrupted there (virtfs convert t --resume or --abort)'],
] as const)('the user is told what to do: %j', (unfinished, path, line) => {
  expect(interruption(unfinished, path)).toBe(line)
})
