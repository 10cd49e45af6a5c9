// CVE-2016-9602 and CVE-2017-7493 together: symlinks in the place of what mapped-file keeps beside the objects. Followed,
// they would let a process of the host have files elsewhere written by the server, or believed by it.

import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { modelKeptAs } from '../../src/ownership/security-models.js'
import { lookups, operations } from '../support/operations.js'
import { type Attack, race } from '../support/race.js'
import { snapshot } from '../support/snapshot.js'
import type { ViewedTree } from '../support/viewed-tree.js'

const DIRECTORIES = ['', 'one/', 'one/two/', 'one/used/', 'one/empty/']

function replace(at: string, target: string, isDirectory: boolean): void {
  try {
    renameSync(at, `${at}-aside`)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
  }
  try {
    symlinkSync(target, at, isDirectory ? 'dir' : 'file')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
  }
}

const attacks: readonly Attack[] = [
  {
    title: 'the directories of records',
    strike: ({ path, outside }) => {
      for (const directory of DIRECTORIES) {
        replace(`${path}/${directory}.virtfs_metadata`, `${outside}/records`, true)
      }
    },
  },
  {
    title: 'the records',
    strike: ({ path, outside }) => {
      for (const directory of DIRECTORIES) {
        for (const name of ['file', 'new', 'other', 'one', 'two', 'host', 'symlink']) {
          replace(`${path}/${directory}.virtfs_metadata/${name}`, `${outside}/records/${name}`, false)
        }
      }
      replace(`${path}/.virtfs_metadata_root`, `${outside}/records/root`, false)
    },
  },
]

/** Records that make everything root's and set-user-id, for whoever believes them. */
function bait({ outside }: ViewedTree): void {
  mkdirSync(`${outside}/records`)
  for (const name of ['file', 'other', 'one', 'two', 'host', 'symlink', 'root']) {
    writeFileSync(`${outside}/records/${name}`, `virtfs.uid=0\nvirtfs.gid=0\nvirtfs.mode=${0o107777}\n`)
  }
}

describe.each(attacks)('symlinks in the place of $title', (attack) => {
  it.each([...operations, ...lookups])('are neither written through nor believed by $title', (operation) => {
    race(modelKeptAs('sidecar'), operation, attack, {
      prepare: bait,
      look: ({ outside }) => snapshot(outside),
      verify: ({ tree, when, struck }) => {
        expect([when, snapshot(tree.outside)]).toEqual([when, struck])
        for (const path of ['one', 'one/file', 'one/two/other', 'one/new', 'one/host']) {
          const node = tree.find(path)
          if (node !== undefined) expect([when, path, tree.stat(node).mode & 0o7777]).not.toEqual([when, path, 0o7777])
        }
      },
    })
  })
})
