// CVE-2017-7493 again: a file system of the host that ignores case, or makes short names, has further names for
// .virtfs_metadata (.VIRTFS_METADATA, VIRTFS~1), by which a guest could reach the records and forge owners. Such a file
// system is played here by bind mounts and hard links, which are further names as well.

import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { injectFaults } from '../../src/sys/call.js'
import { canMount } from '../support/host/mounts.js'
import { refusalOf } from '../support/refusal.js'
import { ViewedTree } from '../support/viewed-tree.js'

const start = (): ViewedTree => {
  const tree = new ViewedTree('mapped-file')
  tree.write('file', 'content', 0o640)
  tree.mkdir('directory')
  tree.chmod('', 0o755)
  return tree
}

/** Everything that takes a name, of what is there and of what is not. */
const attempts = (name: string): readonly (readonly [string, (tree: ViewedTree) => unknown])[] => [
  ['walk', (tree) => tree.find(name)],
  ['create', (tree) => tree.create(name)],
  ['unlink', (tree) => tree.unlink(name)],
  ['rmdir', (tree) => tree.rmdir(name)],
  ['rename from', (tree) => tree.rename(name, 'mine')],
  ['rename over', (tree) => tree.rename('file', name)],
  ['rename a directory over', (tree) => tree.rename('directory', name)],
]

const records = (tree: ViewedTree): unknown => [
  readdirSync(tree.at('.virtfs_metadata')),
  readFileSync(tree.at('.virtfs_metadata/file'), 'latin1'),
  readFileSync(tree.at('.virtfs_metadata_root'), 'latin1'),
]

if (!canMount) process.stderr.write('metadata by another name: skipping directories: not permitted to mount here\n')

describe.skipIf(!canMount)('the directory of the records', () => {
  it.each(['.VIRTFS_METADATA', 'VIRTFS~1', '\u{200d}.virtfs_metadata'])('is not reached as %j', (text) => {
    using tree = start()
    const name = Buffer.from(text).toString('latin1')
    mkdirSync(tree.at(name))
    execFileSync('mount', ['--bind', tree.at('.virtfs_metadata').toString(), tree.at(name).toString()])
    try {
      const before = records(tree)
      for (const [what, act] of attempts(name)) expect([what, refusalOf(() => act(tree))]).toEqual([what, 'EINVAL'])
      expect(records(tree)).toEqual(before)
    } finally {
      execFileSync('umount', [tree.at(name).toString()])
    }
  })
})

describe('the record of the root', () => {
  it.each(['.VIRTFS_METADATA_ROOT', 'VIRTFS~2'])('is not reached as %s', (name) => {
    using tree = start()
    linkSync(tree.at('.virtfs_metadata_root'), tree.at(name))
    const before = records(tree)
    for (const [what, act] of attempts(name)) expect([what, refusalOf(() => act(tree))]).toEqual([what, 'EINVAL'])
    expect(records(tree)).toEqual(before)
  })
})

describe('where there is no record of the root yet', () => {
  const made: readonly (readonly [string, (tree: ViewedTree, name: string) => void])[] = [
    ['created', (tree, name) => void tree.create(name)],
    ['linked', (tree, name) => tree.link('file', name)],
    ['renamed', (tree, name) => tree.rename('file', name)],
  ]
  it.each(made)('nothing is %s that would be one', (_how, make) => {
    using tree = new ViewedTree('mapped-file')
    tree.write('file', 'virtfs.uid=0\n')
    const name = '.Virtfs_Metadata_Root'
    // From the moment on at which the name is there, the other one means the same.
    injectFaults(() => {
      if (!readdirSync(tree.path).includes('.virtfs_metadata_root') && readdirSync(tree.path).includes(name))
        linkSync(tree.at(name), tree.at('.virtfs_metadata_root'))
      return 0
    })
    try {
      expect(refusalOf(() => make(tree, name))).toBe('EINVAL')
    } finally {
      injectFaults(undefined)
    }
  })
})

it('such names are like others where they mean nothing else', () => {
  using tree = start()
  for (const name of ['.VIRTFS_METADATA', 'VIRTFS~1', '.Virtfs_Metadata_Root']) {
    tree.mkdir(name)
    tree.rename(name, `${name}-moved`)
    tree.rmdir(`${name}-moved`)
  }
})
