// CVE-2016-9602: a host process swaps a directory or file for a symlink that leads out of the export, at each moment
// between two of our system calls. The swap is made by a hook, so that the attacker always wins the race.

import { lstatSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { injectFaults } from '../../src/sys/call.js'
import { O_CREAT, O_RDWR, O_TRUNC } from '../../src/sys/constants.js'
import { requireProc } from '../../src/sys/open.js'
import type { OpenFile } from '../../src/view/open-file.js'
import { refusalOf } from '../support/refusal.js'
import { snapshot } from '../support/snapshot.js'
import { ROOT_USER, ViewedTree } from '../support/viewed-tree.js'

afterEach(() => injectFaults(undefined))

const forge = (tree: ViewedTree, path: string, file: OpenFile): unknown =>
  tree.view.write(tree.node(path), file, Buffer.from('forged'), 0, ROOT_USER)

/** Everything that takes a name in `victim`, or the name `victim/file` itself. */
const operations: Readonly<Record<string, (tree: ViewedTree) => unknown>> = {
  'looking up': (tree) => tree.stat('victim/file'),
  opening: (tree) => forge(tree, 'victim/file', tree.open('victim/file', O_RDWR | O_TRUNC)),
  creating: (tree) => forge(tree, 'victim/new', tree.create('victim/new', O_RDWR | O_CREAT)),
  'creating over': (tree) => tree.create('victim/file', O_RDWR | O_CREAT | O_TRUNC),
  'making a directory': (tree) => tree.mkdir('victim/new'),
  'making a symlink': (tree) => tree.symlink('target', 'victim/new'),
  'making a node': (tree) => tree.mknod('victim/new', 0o100644),
  linking: (tree) => tree.link('mine', 'victim/new'),
  'renaming into it': (tree) => tree.rename('mine', 'victim/file'),
  'renaming out of it': (tree) => tree.rename('victim/file', 'moved'),
  unlinking: (tree) => tree.unlink('victim/file'),
  chmod: (tree) => tree.chmod('victim/file', 0o4777),
  chown: (tree) => tree.chown('victim/file', 4242, 4242),
  truncating: (tree) => tree.setattr('victim/file', { size: 0 }),
  'setting times': (tree) => tree.setattr('victim/file', { mtime: { sec: 1, nsec: 0 } }),
  'setting an attribute': (tree) => tree.setxattr('victim/file', 'user.forged', 'x'),
  listing: (tree) => tree.names('victim'),
}

const swaps = { directory: 'victim', file: 'victim/file' } as const

describe.each(['mapped-xattr', 'mapped-file', 'passthrough'] as const)('%s', (model) => {
  describe.each(Object.entries(swaps))('a %s becomes a symlink out of the export', (what, path) => {
    it.each(Object.entries(operations))('while %s', (_, operate) => {
      requireProc()
      for (let moment = 0; moment < 200; moment += 1) {
        using tree = new ViewedTree(model)
        tree.mkdir('victim')
        tree.write('victim/file', 'content')
        tree.write('mine', 'mine')
        const before = snapshot(tree.outside)
        const at = join(tree.path, path)
        let calls = 0
        injectFaults(() => {
          if (calls++ === moment) {
            // After the operation itself has moved the name away there is nothing left to swap.
            if (lstatSync(at, { throwIfNoEntry: false }) !== undefined) renameSync(at, join(tree.path, 'elsewhere'))
            symlinkSync(what === 'directory' ? tree.outside : join(tree.outside, 'file'), at)
          }
          return 0
        })
        // Whether it succeeds (on what it held already) or is refused is the object's fate; outside is not.
        const refusal = refusalOf(() => operate(tree))
        injectFaults(undefined)
        if (calls <= moment) expect(refusal, 'undisturbed').toBeUndefined()
        expect(snapshot(tree.outside), `swapped before system call ${moment}`).toEqual(before)
        if (calls <= moment) return
      }
      throw new Error('Cannot believe that an operation takes 200 system calls')
    })
  })
})
