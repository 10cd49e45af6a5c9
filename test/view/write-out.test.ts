// writeout=immediate: the host is asked to write out what a guest wrote, and nothing else changes.

import { readFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { O_APPEND, O_CREAT, O_RDWR, O_WRONLY } from '../../src/sys/constants.js'
import { injectFaults } from '../../src/sys/call.js'
import { openModel } from '../../src/ownership/models.js'
import { viewDefaults } from '../../src/serve/connection-settings.js'
import { openServedView } from '../../src/serve/served-view.js'
import { Errno } from '../../src/errors.js'
import { openTree } from '../../src/sys/open.js'
import { DescriptorBudget } from '../../src/view/descriptor-budget.js'
import type { GuestView } from '../../src/view/view.js'
import { ROOT_USER, ViewedTree } from '../support/viewed-tree.js'

afterEach(() => injectFaults(undefined))

/** Counts the calls that begin a write to the disk; they fail with `errno` if it is given. */
function countWriteOuts(errno = 0): () => number {
  let count = 0
  injectFaults((call) => {
    if (call !== 'sync_file_range') return 0
    count += 1
    return errno
  })
  return () => count
}

function withView(writesOut: boolean, use: (view: GuestView, tree: ViewedTree) => void): void {
  using tree = new ViewedTree('mapped-xattr')
  tree.write('file', '')
  tree.releaseAll()
  using exported = openTree(tree.path)
  using view = openServedView(exported, openModel('mapped-xattr'), new DescriptorBudget(100), {
    ...viewDefaults,
    writesOut,
  })
  use(view, tree)
}

it.each([
  [true, 3],
  [false, 0],
])('writesOut %s: three writes ask for it %i times', (writesOut, expected) => {
  withView(writesOut, (view, tree) => {
    const count = countWriteOuts()
    const root = view.root()
    const { node, file } = view.create(root, tree.node('file').name, O_RDWR | O_CREAT, 0o644, tree.owner, ROOT_USER)
    if (file.kind !== 'file') throw new Error('Cannot write to a directory')
    for (const [text, offset] of [
      ['abc', 0],
      ['d', 5],
      ['', 0],
      ['e', 6],
    ] as const) {
      view.write(node, file, Buffer.from(text), offset, ROOT_USER)
    }
    expect(count()).toBe(expected)
    expect(readFileSync(tree.at('file'), 'latin1')).toBe('abc\0\0de')
    file.close()
    node.release()
    root.release()
  })
})

it('a file system that cannot do it, or an appending file, is written to all the same', () => {
  withView(true, (view, tree) => {
    const count = countWriteOuts(Errno.ESPIPE)
    const root = view.root()
    const node = view.lookup(root, tree.node('file').name)!
    const file = view.open(node, O_WRONLY | O_APPEND, ROOT_USER)
    if (file.kind !== 'file') throw new Error('Cannot write to a directory')
    for (const text of ['one', 'two']) view.write(node, file, Buffer.from(text), 0, ROOT_USER)
    expect(readFileSync(tree.at('file'), 'latin1')).toBe('onetwo')
    expect(count()).toBe(2)
    file.close()
    node.release()
    root.release()
  })
})
