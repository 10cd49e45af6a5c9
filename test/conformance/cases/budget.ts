// Running short of descriptors: handles are dropped and found again, and never mistaken.

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { nameFromText } from '../../../src/name.js'
import { O_RDWR } from '../../../src/sys/constants.js'
import type { Node } from '../../../src/view/node.js'
import { refusalOf } from '../../support/refusal.js'
import { ROOT_USER, ViewedTree } from '../../support/viewed-tree.js'
import { openDescriptors } from '../../support/host/descriptors.js'
import type { Case } from '../case.js'

const MOST = 40
const COUNT = 500
/** What one operation may take beyond the budget. */
const MARGIN = 8

/** Runs an action on a tree whose view may hold 40 descriptors, and checks that nothing is left of it. */
function scarce(tree: ViewedTree, action: (scarce: ViewedTree) => void): void {
  using small = new ViewedTree(tree.modelName, { most: MOST, beside: tree })
  action(small)
  small.releaseAll()
  expect(small.leftovers()).toEqual({ inodes: 1, descriptors: 1, rootRefs: 2 })
}

const nameOf = (index: number): string => `directory-${index % 10}/file-${index}`

function populate(tree: ViewedTree): void {
  for (let index = 0; index < 10; index += 1) tree.mkdir(`directory-${index}`)
  for (let index = 0; index < COUNT; index += 1) tree.write(nameOf(index), `content ${index}`, 0o600 + (index % 8))
  tree.releaseAll()
}

const walkAll = (tree: ViewedTree, from = 0): Node[] =>
  Array.from({ length: COUNT - from }, (_, index) => tree.node(nameOf(from + index)))

const openHere = (tree: ViewedTree): number =>
  Object.values(openDescriptors()).filter((target) => target.startsWith(tree.path)).length

export const budgetCases: readonly Case[] = [
  {
    title: '500 nodes are served with 40 descriptors',
    isLong: true,
    run: (tree) => {
      populate(tree)
      const before = openHere(tree)
      scarce(tree, (small) => {
        const nodes = walkAll(small)
        for (let round = 0; round < 2; round += 1) {
          nodes.forEach((node, index) => {
            expect(small.stat(node).mode).toBe(0o100600 + (index % 8))
            expect(small.content(node)).toBe(`content ${index}`)
            expect(small.budget.inUse).toBeLessThanOrEqual(MOST + MARGIN)
          })
        }
        expect(openHere(tree) - before).toBeLessThanOrEqual(MOST + MARGIN)
      })
    },
  },
  {
    title: 'a dropped node is changed, renamed, linked and removed like any other',
    isLong: true,
    run: (tree) => {
      populate(tree)
      scarce(tree, (small) => {
        const nodes = walkAll(small)
        const [changed, renamed, linked, removed] = nodes as [Node, Node, Node, Node]
        small.chmod(changed, 0o4711)
        small.view.renameNode(renamed, small.node('directory-9'), nameFromText('renamed'))
        small.link(linked, 'directory-8/linked')
        small.view.remove(removed)
        for (let index = 0; index < COUNT; index += 1) small.find(nameOf(index))
        expect(small.stat(changed).mode).toBe(0o104711)
        expect(small.content(renamed)).toBe('content 1')
        expect(small.stat('directory-8/linked').host.ino).toBe(linked.ino)
        expect(small.stat(removed).host.nlink).toBe(0)
        expect(small.content(removed)).toBe('content 3')
      })
    },
  },
  {
    title: 'what the host does with the name of a dropped node makes it stale or leaves it right, never another object',
    isLong: true,
    run: (tree) => {
      populate(tree)
      scarce(tree, (small) => {
        const nodes = walkAll(small)
        // Each way in its turn: moved away, replaced, removed and made anew, put where a directory is, and its directory renamed.
        for (let index = 0; index < 300; index += 5) {
          renameSync(tree.at(nameOf(index)), tree.at(`moved-${index}`))
          renameSync(tree.at(nameOf(index + 1)), tree.at(nameOf(index)))
          rmSync(tree.at(nameOf(index + 2)))
          writeFileSync(tree.at(nameOf(index + 2)), 'another')
          rmSync(tree.at(nameOf(index + 3)))
          mkdirSync(tree.at(nameOf(index + 3)))
        }
        renameSync(tree.at('directory-9'), tree.at('directory-moved'))
        mkdirSync(tree.at('directory-9'))
        writeFileSync(tree.at(nameOf(9)), 'another')
        let stale = 0
        nodes.forEach((node, index) => {
          const refusal = refusalOf(() => expect(small.content(node)).toBe(`content ${index}`))
          if (refusal !== undefined) {
            expect(refusal).toBe('ESTALE')
            stale += 1
          }
        })
        expect(stale).toBeGreaterThan(100)
        expect(small.content(nameOf(2))).toBe('another')
      })
    },
  },
  {
    title: 'an open file is never lost, whoever removes its name: it is found by its own descriptor',
    isLong: true,
    run: (tree) => {
      populate(tree)
      scarce(tree, (small) => {
        const opened = Array.from({ length: 20 }, (_, index) => small.node(nameOf(index)))
        const files = opened.map((node) => small.open(node, O_RDWR))
        walkAll(small)
        for (let index = 0; index < 20; index += 2) small.unlink(nameOf(index))
        for (let index = 1; index < 20; index += 2) rmSync(tree.at(nameOf(index)))
        for (let index = 0; index < COUNT; index += 1) small.find(nameOf(index))
        opened.forEach((node, index) => {
          expect(small.content(node)).toBe(`content ${index}`)
          small.chmod(node, 0o711)
          expect(small.stat(node)).toMatchObject({ mode: 0o100711, host: { nlink: 0 } })
          small.setattr(node, { size: 3 }, ROOT_USER, files[index])
        })
      })
    },
  },
  {
    title: 'what lost its name through the view is never dropped, though it is not open',
    isLong: true,
    run: (tree) => {
      populate(tree)
      scarce(tree, (small) => {
        const [removed, replaced] = [small.node(nameOf(0)), small.node(nameOf(1))]
        small.unlink(nameOf(0))
        small.rename(nameOf(2), nameOf(1))
        walkAll(small, 3)
        expect(small.content(removed)).toBe('content 0')
        expect(small.content(replaced)).toBe('content 1')
        expect(small.content(nameOf(1))).toBe('content 2')
      })
    },
  },
  {
    title: 'a node 500 directories deep is found again from the root',
    isLong: true,
    run: (tree) => {
      let path = ''
      let dir = tree.view.root()
      const name = nameFromText('d')
      for (let level = 0; level < 500; level += 1, path += 'd/') {
        tree.view.mkdir(dir, name, 0o700 + (level % 8), tree.owner)
        const next = tree.view.lookup(dir, name)
        dir.release()
        dir = next!
      }
      dir.release()
      for (let index = 0; index < 100; index += 1) tree.write(`file-${index}`)
      scarce(tree, (small) => {
        const bottom = small.node(path)
        for (let index = 0; index < 100; index += 1) small.stat(`file-${index}`)
        expect(small.stat(bottom).mode).toBe(0o040700 + (499 % 8))
        expect(small.budget.inUse).toBeLessThanOrEqual(MOST + MARGIN)
      })
    },
  },
]
