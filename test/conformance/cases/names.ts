// Names and paths: what may be a name, how long, how deep, and which the store keeps for itself.

import { readdirSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { nameFromBytes, nameFromText } from '../../../src/name.js'
import { O_RDWR, S_IFIFO } from '../../../src/sys/constants.js'
import { refusalOf } from '../../support/refusal.js'
import { snapshot } from '../../support/snapshot.js'
import type { ViewedTree } from '../../support/viewed-tree.js'
import type { Case } from '../case.js'

/** Every way to give an object the name `path`; `there` exists and may be linked and renamed. */
const waysToName: readonly (readonly [string, (tree: ViewedTree, path: string) => unknown])[] = [
  ['create', (tree, path) => tree.create(path)],
  ['mkdir', (tree, path) => tree.mkdir(path)],
  ['mknod', (tree, path) => tree.mknod(path, S_IFIFO | 0o600)],
  ['symlink', (tree, path) => tree.symlink('target', path)],
  ['link', (tree, path) => tree.link('there', path)],
  ['rename to', (tree, path) => tree.rename('there', path)],
]
/** Every way to reach what has the name `path`. */
const waysToReach: readonly (readonly [string, (tree: ViewedTree, path: string) => unknown])[] = [
  ['lookup', (tree, path) => tree.node(path)],
  ['rename from', (tree, path) => tree.rename(path, 'renamed')],
  ['unlink', (tree, path) => tree.unlink(path)],
  ['rmdir', (tree, path) => tree.rmdir(path)],
]

const RESERVED = ['.virtfs_metadata', '.virtfs_metadata_root']

const deep = (tree: ViewedTree, depth: number): string => {
  // Walking a path from the root for each of its directories would be quadratic.
  let dir = tree.view.root()
  for (let level = 0; level < depth; level += 1) {
    const name = nameFromBytes(Buffer.from('d'))
    tree.view.mkdir(dir, name, 0o755, tree.owner)
    const next = tree.view.lookup(dir, name)
    dir.release()
    if (next === undefined) throw new Error('Cannot find what was just made')
    dir = next
  }
  dir.release()
  return 'd/'.repeat(depth)
}

export const nameCases: readonly Case[] = [
  ...waysToName.flatMap(([way, give]): Case[] => [
    {
      title: `${way} takes a name of 255 bytes and refuses one of 256 (ENAMETOOLONG)`,
      run: (tree) => {
        tree.write('there')
        expect(refusalOf(() => give(tree, 'x'.repeat(256)))).toBe('ENAMETOOLONG')
        expect(tree.names('')).toEqual(['there'])
        give(tree, 'x'.repeat(255))
        expect(tree.names('')).toContain('x'.repeat(255))
      },
    },
    {
      title: `${way} takes names that no encoding knows, and keeps them apart`,
      run: (tree) => {
        tree.write('there')
        give(tree, '\xff\xfe')
        tree.write('\xff\xfd')
        expect(tree.names('').filter((name) => name !== 'there')).toEqual(['\xff\xfd', '\xff\xfe'])
        expect(readdirSync(tree.path, 'latin1')).toContain('\xff\xfe')
      },
    },
    {
      title: `${way} refuses the names that the store keeps for itself, at any depth (EINVAL)`,
      needs: ['side files'],
      run: (tree) => {
        tree.write('there')
        tree.mkdir('below')
        const before = snapshot(tree.path)
        for (const name of RESERVED) {
          for (const path of [name, `below/${name}`]) expect(refusalOf(() => give(tree, path))).toBe('EINVAL')
        }
        expect(snapshot(tree.path)).toEqual(before)
        give(tree, '.virtfs_metadatax')
        expect(tree.names('')).toContain('.virtfs_metadatax')
      },
    },
    {
      title: `${way} takes any name where the store keeps none for itself`,
      needs: ['attributes'],
      run: (tree) => {
        tree.write('there')
        give(tree, '.virtfs_metadata')
        expect(tree.names('')).toContain('.virtfs_metadata')
      },
    },
  ]),
  ...waysToReach.flatMap(([way, reach]): Case[] => [
    {
      title: `${way} refuses a name of 256 bytes (ENAMETOOLONG)`,
      run: (tree) => expect(refusalOf(() => reach(tree, 'x'.repeat(256)))).toBe('ENAMETOOLONG'),
    },
    {
      title: `${way} finds nothing where nothing is (ENOENT)`,
      run: (tree) => expect(refusalOf(() => reach(tree, 'missing'))).toBe('ENOENT'),
    },
    {
      title: `${way} does not reach what the store keeps for itself, at any depth (EINVAL)`,
      needs: ['side files'],
      run: (tree) => {
        tree.mkdir('below')
        tree.write('below/file')
        tree.chmod('', 0o1777)
        const before = snapshot(tree.path)
        for (const path of [...RESERVED, 'below/.virtfs_metadata', 'below/.virtfs_metadata_root']) {
          expect(refusalOf(() => reach(tree, path))).toBe('EINVAL')
        }
        expect(snapshot(tree.path)).toEqual(before)
        expect(tree.names('')).toEqual(['below'])
        expect(tree.names('below')).toEqual(['file'])
      },
    },
  ]),
  {
    title: 'names are bytes: spaces, newlines, backslashes, dashes and dots mean nothing',
    run: (tree) => {
      const names = [' ', '\n', '\\', '-rf', '...', '.hidden', 'a\tb', '*', '\x01', 'é']
      for (const name of names) tree.write(name, name)
      expect(tree.names('')).toEqual([...names].sort())
      for (const name of names) expect(tree.content(name)).toBe(name)
    },
  },
  {
    title: 'a path longer than 4,096 bytes works in every part',
    run: (tree) => {
      const parts = Array.from({ length: 20 }, (_, level) => String.fromCharCode(0x61 + level).repeat(255))
      parts.forEach((_, level) => tree.mkdir(parts.slice(0, level + 1).join('/')))
      const bottom = parts.join('/')
      tree.write(`${bottom}/file`, 'content')
      tree.rename(`${bottom}/file`, `${bottom}/renamed`)
      tree.symlink('target', `${bottom}/link`)
      expect(tree.content(`${bottom}/renamed`)).toBe('content')
      expect(tree.stat(bottom).mode).toBe(0o040755)
      tree.chmod(`${bottom}/renamed`, 0o4711)
      expect(tree.list(bottom).map(({ name, stat }) => [name, stat.mode & 0o7777])).toEqual([
        ['link', 0o777],
        ['renamed', 0o4711],
      ])
      tree.setxattr(`${bottom}/renamed`, 'user.note', 'deep')
      expect(tree.getxattr(`${bottom}/renamed`, 'user.note')).toBe('deep')
      tree.unlink(`${bottom}/renamed`)
      tree.unlink(`${bottom}/link`)
      tree.rmdir(bottom)
    },
  },
  {
    title: 'a path longer than 65,535 bytes works like another',
    isLong: true,
    run: (tree) => {
      const name = nameFromText('n'.repeat(255))
      let bottom = tree.view.root()
      const held = [bottom]
      for (let level = 0; level < 260; level += 1) {
        tree.view.mkdir(bottom, name, 0o755, tree.owner)
        bottom = tree.view.lookup(bottom, name)!
        held.push(bottom)
      }
      tree.view.symlink(bottom, nameFromText('link'), 'target', tree.owner)
      tree.view.rename(bottom, nameFromText('link'), held[1]!, nameFromText('moved'))
      expect(tree.readlink(`${name}/moved`)).toBe('target')
      tree.view.unlink(held.at(-2)!, name, true)
      expect(tree.view.lookup(held.at(-2)!, name)).toBeUndefined()
      for (const node of held) node.release()
    },
  },
  {
    title: 'a path 3,000 directories deep is walked and given back',
    isLong: true,
    run: (tree) => {
      const path = deep(tree, 3000)
      tree.create(`${path}file`, O_RDWR, 0o640)
      expect(tree.stat(`${path}file`).mode).toBe(0o100640)
      expect(tree.find('../'.repeat(3500), tree.node(path))?.isRoot).toBe(true)
    },
  },
  {
    title: '"." is the directory, ".." its parent, and above the root there is the root',
    run: (tree) => {
      tree.mkdir('one')
      tree.mkdir('one/two')
      const { ino } = tree.stat('one').host
      expect(tree.stat('one/.').host.ino).toBe(ino)
      expect(tree.stat('one/two/..').host.ino).toBe(ino)
      expect(tree.find('../../..')?.isRoot).toBe(true)
      expect(tree.find('one/../../one/../..')?.isRoot).toBe(true)
    },
  },
  {
    title: '".." of a file is the directory that it was walked through',
    run: (tree) => {
      tree.mkdir('one')
      tree.write('one/file')
      expect(tree.stat('one/file/..').host.ino).toBe(tree.stat('one').host.ino)
    },
  },
  {
    title: 'nothing is found below a file or a symlink (ENOTDIR)',
    run: (tree) => {
      tree.mkdir('directory')
      tree.write('directory/file')
      tree.symlink('directory', 'symlink')
      expect(refusalOf(() => tree.node('directory/file/x'))).toBe('ENOTDIR')
      expect(refusalOf(() => tree.node('symlink/file'))).toBe('ENOTDIR')
    },
  },
  {
    title: 'a record that an earlier object left behind does not show through a new one of its name',
    needs: ['side files'],
    run: (tree) => {
      tree.mkdir('below')
      tree.write('below/first')
      writeFileSync(tree.at('below/.virtfs_metadata/file'), 'virtfs.uid=7\nvirtfs.gid=8\nvirtfs.rdev=2049\n')
      tree.write('below/file')
      expect(tree.show('below/file')).toBe('1000:1001 0100644')
      expect(tree.stat('below/file').rdev).toEqual({ major: 0, minor: 0 })
    },
  },
]
