// A node is an object, not a path: it stays what it was walked to, whatever becomes of its name (reference §8, rows 1-5).

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { guestGid, guestUid } from '../../../src/ids.js'
import { nameFromText } from '../../../src/name.js'
import { O_RDONLY, O_RDWR } from '../../../src/sys/constants.js'
import type { Node } from '../../../src/view/node.js'
import type { OpenFile } from '../../../src/view/open-file.js'
import { refusalOf } from '../../support/refusal.js'
import { NOTHING_LEFT, ROOT_USER, ViewedTree } from '../../support/viewed-tree.js'
import type { Case } from '../case.js'

/** Does everything that can be done to an open file by its node, and checks that it happened to this object. */
function exercise(tree: ViewedTree, node: Node, file: OpenFile, nlink: number): void {
  const { view } = tree
  expect(view.write(node, file, Buffer.from('written'), 0, ROOT_USER)).toBe(7)
  expect(tree.content(file)).toBe('written')
  tree.chmod(node, 0o4711)
  expect(tree.stat(node).mode).toBe(0o104711)
  tree.setattr(node, { uid: tree.owner.uid, gid: tree.owner.gid })
  expect(tree.stat(node)).toMatchObject(tree.owner)
  tree.setattr(node, { size: 5 }, ROOT_USER, file)
  tree.setattr(node, { size: 4 })
  tree.setattr(node, { atime: { sec: 1, nsec: 2 }, mtime: { sec: 3, nsec: 4 } })
  expect(tree.stat(node).host).toMatchObject({ nlink, size: 4, atimeNsec: 2, mtimeNsec: 4 })
  tree.setxattr(node, 'user.note', 'value')
  expect(tree.getxattr(node, 'user.note')).toBe('value')
  expect(tree.listxattr(node)).toContain('user.note')
  tree.removexattr(node, 'user.note')
  expect(view.statfs(node).namelen).toBe(255)
  expect(tree.content(tree.open(node, O_RDONLY))).toBe('writ')
  file.sync(false)
  expect(view.lock(node, file, { procId: 1, clientId: 'guest' }, { type: 1, start: 0n, length: 0n })).toBe(true)
}

const unlinked: readonly Case[] = [
  {
    title: 'everything works on an open file whose name was removed',
    run: (tree) => {
      const file = tree.create('file')
      const node = tree.node('file')
      tree.unlink('file')
      exercise(tree, node, file, 0)
      expect(refusalOf(() => tree.link(node, 'again'))).toBe('ENOENT')
    },
  },
  {
    title: 'what is stored for an open file whose name was removed is seen under its other names',
    run: (tree) => {
      tree.mkdir('d')
      for (const isWalkedTo of [true, false]) {
        const file = tree.create('file')
        const node = tree.node('file')
        tree.link('file', 'd/other')
        if (isWalkedTo) {
          // A client that has looked at the other name, and has let go of it again.
          const dir = tree.node('d')
          tree.view.lookup(dir, nameFromText('other'))?.release()
        }
        tree.unlink('file')
        exercise(tree, node, file, 1)
        expect(tree.show('d/other')).toBe(tree.show(node))
        tree.rename('d/other', 'd/another')
        tree.chmod(node, 0o4710)
        expect(tree.stat('d/another').mode).toBe(0o104710)
        tree.unlink('d/another')
        tree.chmod(node, 0o600)
        expect(tree.stat(node).mode).toBe(0o100600)
        tree.releaseAll()
      }
      tree.rmdir('d')
    },
  },
  {
    title: 'everything works on a file that the host removed, too',
    run: (tree) => {
      const file = tree.create('file')
      const node = tree.node('file')
      rmSync(tree.at('file'))
      exercise(tree, node, file, 0)
      expect(tree.names('')).toEqual([])
    },
  },
  {
    title: 'what happens to a removed file does not happen to a new one of its name',
    needs: ['owners'],
    run: (tree) => {
      const old = tree.create('file')
      const node = tree.node('file')
      tree.unlink('file')
      tree.write('file', 'new', 0o600)
      exercise(tree, node, old, 0)
      tree.setattr(node, { uid: guestUid(7), gid: guestGid(8), mode: 0o4711 })
      expect(tree.show(node)).toBe('7:8 0104711')
      expect(tree.show('file')).toBe('1000:1001 0100600')
      expect(tree.content('file')).toBe('new')
      expect(tree.stat('file').host.ino).not.toBe(node.ino)
    },
  },
  {
    title: 'a node that was overwritten by a rename stays the old file',
    needs: ['owners'],
    run: (tree) => {
      const old = tree.create('to', O_RDWR, 0o600)
      const node = tree.node('to')
      tree.chown('to', 7, 8)
      tree.write('from', 'new')
      tree.rename('from', 'to')
      expect(tree.show(node)).toBe('7:8 0100600')
      exercise(tree, node, old, 0)
      expect(tree.show('to')).toBe('1000:1001 0100644')
      expect(tree.content('to')).toBe('new')
    },
  },
  {
    title: 'a node that was not open stays the old file, too',
    needs: ['owners'],
    run: (tree) => {
      tree.write('file', 'old', 0o600)
      const node = tree.node('file')
      tree.unlink('file')
      tree.write('file', 'new')
      expect(tree.content(node)).toBe('old')
      expect(tree.show(node)).toBe('1000:1001 0100600')
    },
  },
  {
    title: 'a file that the host replaced by another is still the old one to whoever had it, and new to a lookup',
    run: (tree) => {
      tree.write('file', 'old')
      const node = tree.node('file')
      writeFileSync(tree.at('other'), 'new')
      renameSync(tree.at('other'), tree.at('file'))
      expect(tree.content(node)).toBe('old')
      expect(tree.content('file')).toBe('new')
      expect(tree.content(node)).toBe('old')
    },
  },
  {
    title: 'a renamed file is followed by whoever had it, the host’s renames included',
    run: (tree) => {
      const file = tree.create('from')
      const node = tree.node('from')
      tree.rename('from', 'to')
      renameSync(tree.at('to'), tree.at('elsewhere'))
      exercise(tree, node, file, 1)
      expect(readFileSync(tree.at('elsewhere'), 'latin1')).toBe('writ')
    },
  },
  {
    title: 'a removed directory is listed empty, described and synced, and takes no entries',
    run: (tree) => {
      tree.mkdir('directory', 0o711)
      const node = tree.node('directory')
      const opened = tree.openDirectory(node)
      tree.rmdir('directory')
      expect(tree.stat(node)).toMatchObject({ mode: 0o040711 })
      expect(tree.names(node)).toEqual([])
      expect(refusalOf(() => opened.sync(false))).toBeUndefined()
      expect(tree.view.lookup(node, nameFromText('file'))).toBeUndefined()
      expect(refusalOf(() => tree.view.mkdir(node, nameFromText('new'), 0o755, tree.owner))).toBe('ENOENT')
    },
  },
]

const directories: readonly Case[] = [
  {
    title: 'a renamed directory takes along whoever is below it',
    run: (tree) => {
      tree.mkdir('from')
      tree.mkdir('from/below')
      tree.write('from/below/file', 'content')
      const [below, file] = [tree.node('from/below'), tree.node('from/below/file')]
      tree.rename('from', 'to')
      tree.chmod(file, 0o4711)
      expect(tree.stat('to/below/file').mode).toBe(0o104711)
      tree.view.mkdir(below, nameFromText('new'), 0o755, tree.owner)
      expect(tree.names('to/below')).toEqual(['file', 'new'])
      expect(tree.find('..', below)).toBe(tree.node('to'))
      tree.view.remove(file)
      expect(tree.names('to/below')).toEqual(['new'])
    },
  },
  {
    title: 'a directory renamed by the host takes along whoever is below it',
    run: (tree) => {
      tree.mkdir('from')
      tree.write('from/file', 'content')
      const [dir, file] = [tree.node('from'), tree.node('from/file')]
      renameSync(tree.at('from'), tree.at('to'))
      expect(tree.content(file)).toBe('content')
      tree.chmod(file, 0o4711)
      tree.view.mkdir(dir, nameFromText('new'), 0o755, tree.owner)
      expect(tree.names('to')).toEqual(['file', 'new'])
      expect(tree.stat('to/file').mode).toBe(0o104711)
    },
  },
  {
    title: 'a directory renamed over another takes its place',
    run: (tree) => {
      tree.mkdir('from')
      tree.write('from/file')
      tree.mkdir('to')
      const [from, to] = [tree.node('from'), tree.node('to')]
      tree.rename('from', 'to')
      expect(tree.node('to')).toBe(from)
      expect(tree.names(from)).toEqual(['file'])
      expect(tree.names(to)).toEqual([])
    },
  },
  {
    title: 'a node that took the place of another is still followed when that one is let go',
    run: (tree) => {
      tree.write('from', 'content')
      tree.write('to')
      const from = tree.node('from')
      const replaced = tree.view.lookup(tree.node(''), nameFromText('to'))
      tree.rename('from', 'to')
      replaced?.release()
      tree.rename('to', 'third')
      tree.view.renameNode(from, tree.node(''), nameFromText('fourth'))
      expect(tree.names('')).toEqual(['fourth'])
      expect(tree.content('fourth')).toBe('content')
    },
  },
  {
    title: 'two views of one tree see each other’s changes at once',
    needs: ['owners'],
    run: (tree) => {
      using other = tree.secondView()
      tree.write('file', 'content')
      const seen = other.node('file')
      tree.chown('file', 7, 8)
      expect(other.show(seen)).toBe('7:8 0100644')
      other.chmod('file', 0o4711)
      expect(tree.show('file')).toBe('7:8 0104711')
      tree.rename('file', 'renamed')
      expect(other.find('file')).toBeUndefined()
      expect(other.show('renamed')).toBe('7:8 0104711')
      tree.unlink('renamed')
      expect(other.content(seen)).toBe('content')
      expect(other.show(seen)).toBe('7:8 0104711')
    },
  },
  {
    title: 'a file renamed through one view is followed by whoever had it in another',
    run: (tree) => {
      using other = tree.secondView()
      tree.mkdir('below')
      tree.write('file', 'content')
      const seen = other.node('file')
      tree.rename('file', 'below/renamed')
      other.chmod(seen, 0o4711)
      expect(other.stat(seen).mode).toBe(0o104711)
      expect(tree.stat('below/renamed').mode).toBe(0o104711)
      tree.rename('below/renamed', 'again')
      other.chmod(seen, 0o600)
      expect(tree.stat('again').mode).toBe(0o100600)
      // What was found again is given back like anything else.
      for (const path of ['again', 'again', 'below']) {
        other.releaseAll()
        expect(other.leftovers()).toEqual(NOTHING_LEFT)
        other.node(path)
      }
    },
  },
]

export const handleCases = [...unlinked, ...directories]
