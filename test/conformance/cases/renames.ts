// Renaming, linking and removing names: what is replaced, what is refused, and that a refusal changes nothing.

import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { nameFromText } from '../../../src/name.js'
import { S_IFIFO } from '../../../src/sys/constants.js'
import { refusalOf } from '../../support/refusal.js'
import { snapshot } from '../../support/snapshot.js'
import type { Case } from '../case.js'

const TO = nameFromText('to')

const renaming: readonly Case[] = [
  {
    title: 'a rename keeps owner, mode, content and attributes, within a directory and across',
    needs: ['owners'],
    run: (tree) => {
      tree.mkdir('below')
      tree.write('file', 'content')
      tree.chmod('file', 0o4711)
      tree.chown('file', 7, 8)
      tree.setxattr('file', 'user.note', 'value')
      for (const [from, to] of [
        ['file', 'renamed'],
        ['renamed', 'below/file'],
        ['below/file', 'file'],
      ] as const) {
        tree.chmod('below', 0o700)
        const mode = tree.show(from)
        tree.rename(from, to)
        expect(tree.show(to)).toBe(mode)
        expect(tree.content(to)).toBe('content')
        expect(tree.getxattr(to, 'user.note')).toBe('value')
        expect(tree.find(from)).toBeUndefined()
      }
    },
  },
  {
    title: 'a file replaces a file, and nothing of the old one shows through',
    needs: ['owners'],
    run: (tree) => {
      tree.write('from', 'new')
      tree.write('to', 'old')
      tree.chown('to', 7, 8)
      tree.chmod('to', 0o600)
      tree.rename('from', 'to')
      expect(tree.show('to')).toBe('1000:1001 0100644')
      expect(tree.content('to')).toBe('new')
      expect(tree.names('')).toEqual(['to'])
    },
  },
  {
    title: 'what the host made replaces a guest’s object and shows the host’s owner',
    run: (tree) => {
      tree.write('to', 'old', 0o600)
      tree.chmod('to', 0o4711)
      writeFileSync(tree.at('from'), 'host', { mode: 0o604 })
      tree.rename('from', 'to')
      expect(tree.stat('to')).toMatchObject({ uid: process.geteuid?.(), mode: 0o100604 })
    },
  },
  {
    title: 'every kind replaces every other that is no directory, and stays what it is',
    run: (tree) => {
      tree.symlink('target', 'symlink')
      tree.mknod('fifo', S_IFIFO | 0o640)
      tree.rename('fifo', 'symlink')
      expect(tree.stat('symlink').mode).toBe(S_IFIFO | 0o640)
      tree.symlink('target', 'second')
      tree.rename('second', 'symlink')
      expect(tree.readlink('symlink')).toBe('target')
    },
  },
  {
    title: 'a directory replaces an empty one, and keeps what is in it',
    run: (tree) => {
      tree.mkdir('from')
      tree.write('from/file', 'content')
      tree.chmod('from/file', 0o4711)
      tree.mkdir('to', 0o700)
      tree.rename('from', 'to')
      expect(tree.stat('to').mode).toBe(0o040755)
      expect(tree.stat('to/file').mode).toBe(0o104711)
      expect(tree.names('')).toEqual(['to'])
    },
  },
  {
    title: 'a directory replaces one whose last entry was removed',
    run: (tree) => {
      tree.mkdir('from')
      tree.mkdir('to')
      tree.write('to/file')
      tree.unlink('to/file')
      tree.rename('from', 'to')
      expect(tree.names('')).toEqual(['to'])
    },
  },
  {
    title: 'a rename is refused where rename(2) refuses, and changes nothing',
    run: (tree) => {
      tree.mkdir('directory')
      tree.mkdir('directory/below')
      tree.mkdir('full')
      tree.write('full/file')
      tree.write('file', 'content')
      const before = snapshot(tree.path)
      const refusals = (
        [
          ['file', 'directory'],
          ['directory', 'file'],
          ['directory', 'full'],
          ['directory', 'directory/below/inside'],
          ['directory/below', 'directory'],
          ['missing', 'file'],
          ['file', 'missing/file'],
        ] as const
      ).map(([from, to]) => refusalOf(() => tree.rename(from, to)))
      expect(refusals).toEqual(['EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EINVAL', 'ENOTEMPTY', 'ENOENT', 'ENOENT'])
      expect(snapshot(tree.path)).toEqual(before)
    },
  },
  {
    title: 'a rename over a hard link of itself, or over itself, does nothing',
    run: (tree) => {
      tree.write('one', 'content')
      tree.link('one', 'two')
      tree.chmod('one', 0o4711)
      const [one, two] = [tree.node('one'), tree.node('two')]
      const before = snapshot(tree.path)
      tree.rename('one', 'two')
      tree.rename('one', 'one')
      expect(snapshot(tree.path)).toEqual(before)
      tree.view.renameNode(one, tree.node(''), nameFromText('three'))
      tree.view.remove(two)
      expect(tree.names('')).toEqual(['three'])
      expect(tree.stat('three').mode).toBe(0o104711)
    },
  },
  {
    title: 'a node is renamed by what it is, and is found under its new name',
    run: (tree) => {
      tree.mkdir('below')
      tree.write('from')
      const node = tree.node('from')
      tree.view.renameNode(node, tree.node('below'), TO)
      expect(tree.stat('below/to').host.ino).toBe(node.ino)
      tree.view.renameNode(node, tree.node(''), TO)
      expect(tree.names('')).toEqual(['below', 'to'])
    },
  },
  {
    title: 'a node whose name came to mean something else is neither renamed nor removed (ENOENT)',
    run: (tree) => {
      tree.write('file', 'old')
      const node = tree.node('file')
      rmSync(tree.at('file'))
      writeFileSync(tree.at('file'), 'new')
      expect(refusalOf(() => tree.view.renameNode(node, tree.node(''), TO))).toBe('ENOENT')
      expect(refusalOf(() => tree.view.remove(node))).toBe('ENOENT')
      expect(tree.content('file')).toBe('new')
    },
  },
  {
    title: 'the root is neither renamed (EBUSY) nor removed (EINVAL)',
    run: (tree) => {
      const root = tree.node('')
      expect(refusalOf(() => tree.view.renameNode(root, root, TO))).toBe('EBUSY')
      expect(refusalOf(() => tree.view.remove(root))).toBe('EINVAL')
    },
  },
]

const removing: readonly Case[] = [
  {
    title: 'names are removed as unlink(2) and rmdir(2) do, and a refusal changes nothing',
    run: (tree) => {
      tree.mkdir('directory')
      tree.write('directory/file')
      tree.write('file')
      tree.symlink('directory', 'symlink')
      const before = snapshot(tree.path)
      expect(refusalOf(() => tree.unlink('directory'))).toBe('EISDIR')
      expect(refusalOf(() => tree.rmdir('directory'))).toBe('ENOTEMPTY')
      expect(refusalOf(() => tree.rmdir('file'))).toBe('ENOTDIR')
      expect(refusalOf(() => tree.rmdir('symlink'))).toBe('ENOTDIR')
      expect(snapshot(tree.path)).toEqual(before)
      tree.unlink('symlink')
      tree.unlink('directory/file')
      tree.rmdir('directory')
      tree.unlink('file')
      expect(tree.names('')).toEqual([])
    },
  },
  {
    title: 'a directory that holds something of the host’s is not removed, and keeps its mode',
    run: (tree) => {
      tree.mkdir('directory', 0o711)
      tree.write('directory/file')
      tree.unlink('directory/file')
      writeFileSync(tree.at('directory/host'), '')
      const before = snapshot(tree.path)
      expect(refusalOf(() => tree.rmdir('directory'))).toBe('ENOTEMPTY')
      expect(snapshot(tree.path)).toEqual(before)
      expect(tree.stat('directory').mode).toBe(0o040711)
    },
  },
  {
    title: 'a node is removed by what it is, a directory too',
    run: (tree) => {
      tree.mkdir('directory')
      tree.write('file')
      for (const path of ['directory', 'file']) tree.view.remove(tree.node(path))
      expect(tree.names('')).toEqual([])
    },
  },
  {
    title: 'one name of two goes, and the other keeps owner and mode',
    needs: ['owners'],
    run: (tree) => {
      tree.write('one', 'content')
      tree.link('one', 'two')
      tree.chown('one', 7, 8)
      tree.unlink('one')
      expect(tree.show('two')).toBe('7:8 0100644')
      expect(tree.stat('two').host.nlink).toBe(1)
    },
  },
  {
    title: 'a directory that holds something, and so is neither removed nor replaced, was not accessed',
    run: (tree) => {
      tree.mkdir('full')
      tree.write('full/file')
      tree.mkdir('directory')
      tree.setattr('full', { atime: { sec: 5, nsec: 0 } })
      expect(refusalOf(() => tree.rmdir('full'))).toBe('ENOTEMPTY')
      expect(refusalOf(() => tree.rename('directory', 'full'))).toBe('ENOTEMPTY')
      expect(tree.stat('full').host.atimeSec).toBe(5)
    },
  },
  {
    title: 'a directory has no further names (EPERM), and what has no name gets none (ENOENT)',
    run: (tree) => {
      tree.mkdir('directory')
      tree.write('file')
      const file = tree.node('file')
      tree.unlink('file')
      expect(refusalOf(() => tree.link('directory', 'further'))).toBe('EPERM')
      expect(refusalOf(() => tree.link(file, 'further'))).toBe('ENOENT')
      expect(tree.names('')).toEqual(['directory'])
    },
  },
  {
    title: 'a link to what the host made works without a record',
    run: (tree) => {
      tree.mkdir('below')
      writeFileSync(tree.at('file'), '', { mode: 0o604 })
      tree.link('file', 'below/further')
      expect(tree.stat('below/further').mode).toBe(0o100604)
      renameSync(tree.at('below/further'), tree.at('below/again'))
      expect(tree.stat('below/again').mode).toBe(0o100604)
    },
  },
]

export const renameCases = [...renaming, ...removing]
