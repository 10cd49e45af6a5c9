// Every operation that changes a tree, with the tree that it is made on: for tests that disturb each of its system calls.

import { writeFileSync } from 'node:fs'
import { guestGid, guestUid } from '../../src/ids.js'
import { nameFromText } from '../../src/name.js'
import { O_EXCL, O_RDWR, O_TRUNC, O_WRONLY, S_IFIFO } from '../../src/sys/constants.js'
import type { Owner } from '../../src/view/create.js'
import { ROOT_USER, type ViewedTree } from './viewed-tree.js'

export interface Operation {
  readonly title: string
  /** Does it, on what `furnish` made. */
  act(tree: ViewedTree): void
}

/** The tree that operations act on: two directories, one of them in the other, and some objects with owners of theirs. */
export function furnish(tree: ViewedTree): void {
  tree.mkdir('one')
  tree.mkdir('one/two', 0o711)
  tree.mkdir('one/empty')
  tree.mkdir('one/used')
  tree.write('one/used/file')
  tree.unlink('one/used/file')
  tree.write('one/file', 'content', 0o640)
  tree.write('one/two/other', 'other', 0o604)
  tree.symlink('target', 'one/symlink')
  tree.setxattr('one/file', 'user.note', 'value')
  writeFileSync(tree.at('one/host'), 'made by the host', { mode: 0o604 })
  tree.releaseAll()
}

/** Owners to give an object to: others than it has, where they can be kept. */
const strangers = (tree: ViewedTree): Owner => (tree.keepsOwners ? { uid: guestUid(7), gid: guestGid(8) } : tree.owner)

const rename = (from: string, to: string): Operation => ({
  title: `rename ${from} to ${to}`,
  act: (tree) => tree.rename(from, to),
})

export const operations: readonly Operation[] = [
  { title: 'create', act: (tree) => tree.create('one/new', O_RDWR | O_EXCL, 0o4711) },
  { title: 'create where no guest has made anything', act: (tree) => tree.create('one/empty/new') },
  { title: 'create over a file, cutting it', act: (tree) => tree.create('one/file', O_RDWR | O_TRUNC) },
  { title: 'open, cutting', act: (tree) => tree.open('one/file', O_WRONLY | O_TRUNC, guestUid(1000)) },
  { title: 'mkdir', act: (tree) => tree.mkdir('one/new', 0o2775) },
  { title: 'mknod', act: (tree) => tree.mknod('one/new', S_IFIFO | 0o644) },
  { title: 'symlink', act: (tree) => tree.symlink('some/target', 'one/new') },
  { title: 'link', act: (tree) => tree.link('one/file', 'one/new') },
  { title: 'link into another directory', act: (tree) => tree.link('one/file', 'one/two/new') },
  { title: 'link where no guest has made anything', act: (tree) => tree.link('one/file', 'one/empty/new') },
  { title: 'link what the host made', act: (tree) => tree.link('one/host', 'one/two/new') },
  rename('one/file', 'one/new'),
  rename('one/file', 'one/two/new'),
  rename('one/file', 'one/empty/new'),
  rename('one/file', 'one/two/other'),
  rename('one/host', 'one/two/other'),
  rename('one/two', 'one/empty'),
  rename('one/two', 'one/used'),
  rename('one/symlink', 'one/two/other'),
  {
    title: 'rename by node',
    act: (tree) => tree.view.renameNode(tree.node('one/file'), tree.node('one/two'), nameFromText('other')),
  },
  { title: 'unlink', act: (tree) => tree.unlink('one/file') },
  { title: 'unlink what the host made', act: (tree) => tree.unlink('one/host') },
  { title: 'rmdir', act: (tree) => tree.rmdir('one/empty') },
  { title: 'rmdir where there was something', act: (tree) => tree.rmdir('one/used') },
  { title: 'remove by node', act: (tree) => tree.view.remove(tree.node('one/file')) },
  { title: 'chmod', act: (tree) => tree.chmod('one/file', 0o4711) },
  { title: 'chmod of what the host made', act: (tree) => tree.chmod('one/host', 0o711) },
  { title: 'chmod of the root', act: (tree) => tree.chmod('', 0o1777) },
  { title: 'chown', act: (tree) => tree.setattr('one/file', strangers(tree)) },
  {
    title: 'chown, chmod and times at once',
    act: (tree) =>
      tree.setattr('one/file', {
        ...strangers(tree),
        mode: 0o600,
        atime: { sec: 1, nsec: 2 },
        mtime: { sec: 3, nsec: 4 },
      }),
  },
  { title: 'truncate', act: (tree) => tree.setattr('one/file', { size: 3 }, guestUid(1000)) },
  { title: 'utimens', act: (tree) => tree.setattr('one/file', { mtime: { sec: 1, nsec: 2 } }) },
  {
    title: 'write',
    act: (tree) => {
      const file = tree.open('one/file', O_WRONLY)
      tree.view.write(tree.node('one/file'), file, Buffer.from('written'), 3, ROOT_USER)
    },
  },
  { title: 'setxattr', act: (tree) => tree.setxattr('one/file', 'user.note', 'changed') },
  { title: 'removexattr', act: (tree) => tree.removexattr('one/file', 'user.note') },
]

/** Every operation that only looks, on the same tree. */
export const lookups: readonly Operation[] = [
  { title: 'look up and describe', act: (tree) => tree.stat('one/two/other') },
  { title: 'open and read', act: (tree) => tree.content('one/file') },
  { title: 'list', act: (tree) => tree.list('one') },
  { title: 'readlink', act: (tree) => tree.readlink('one/symlink') },
  { title: 'getxattr', act: (tree) => tree.getxattr('one/file', 'user.note') },
  { title: 'listxattr', act: (tree) => tree.listxattr('one/file') },
  { title: 'statfs', act: (tree) => tree.view.statfs(tree.node('one/file')) },
  { title: 'ask for the generation', act: (tree) => tree.view.generation(tree.node('one/file')) },
]
