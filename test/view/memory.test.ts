// What a view keeps in memory of objects that nobody refers to any more, and of files that nobody has open any more: nothing.
// A server runs for months.

import { queryObjects } from 'node:v8'
import { expect, it } from 'vitest'
import { O_RDWR } from '../../src/sys/constants.js'
import { Inode } from '../../src/view/inode.js'
import { ViewedTree } from '../support/viewed-tree.js'

const FILES = 200

/** Objects that a collection of garbage leaves. */
const count = (constructor: Parameters<typeof queryObjects>[0]): number =>
  queryObjects(constructor, { format: 'count' })

function treeOfMany(): ViewedTree {
  const tree = new ViewedTree('mapped-xattr')
  for (let n = 0; n < FILES; n += 1) tree.write(`f${n}`)
  tree.releaseAll()
  return tree
}

it('of an object that nobody refers to any more', () => {
  using tree = treeOfMany()
  const heap = (): { inodes: number; bytes: number } => ({
    inodes: count(Inode),
    bytes: process.memoryUsage().heapUsed,
  })
  const comeAndGo = (times: number): void => {
    for (let n = 0; n < times; n += 1) {
      tree.node(`f${n % FILES}`)
      tree.releaseAll()
    }
  }
  comeAndGo(5000)
  const before = heap()
  comeAndGo(40_000)
  const after = heap()
  expect(after.inodes - before.inodes).toBe(0)
  // Ten bytes each are no object, but what the runtime has learnt meanwhile.
  expect(after.bytes - before.bytes).toBeLessThan(400_000)
})

it('of having had a file open, while the object is still in use', () => {
  using tree = treeOfMany()
  const nodes = Array.from({ length: FILES }, (_, n) => tree.node(`f${n}`))
  const openAll = (): void => {
    for (const node of nodes) tree.view.open(node, O_RDWR, tree.owner.uid).close()
  }
  tree.view.open(nodes[0]!, O_RDWR, tree.owner.uid).close()
  const before = count(Set)
  openAll()
  expect(count(Set) - before).toBe(0)
})
