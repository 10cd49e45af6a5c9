// What can be done through a store, each with the tree that it starts from: for the tests that break it half-way.

import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { guestGid, guestUid } from '../../src/ids.js'
import type { Guest } from '../support/host/guest.js'
import { isRoot, nobody } from '../support/host/nobody.js'

export interface Operation {
  readonly title: string
  /** Makes the tree. */
  prepare(guest: Guest): void
  /** The operation itself. */
  run(guest: Guest): void
}

// Ids that every model can keep where the tests have no privilege.
const OWNER = isRoot ? { uid: 1000, gid: 1001 } : nobody
const OTHER = isRoot ? { uid: 2000, gid: 2001 } : nobody
const FILE = 0o100640
const DIRECTORY = 0o040751

const file = (guest: Guest, path: string, content = path): void => {
  guest.make(path, { mode: FILE, ...OWNER })
  appendFileSync(guest.tree.at(path), content)
}
const otherFile = (guest: Guest, path: string): void => guest.make(path, { mode: 0o100400, ...OTHER })
const directory = (guest: Guest, path: string): void => guest.make(path, { mode: DIRECTORY, ...OTHER })
/** An object without ownership, in a directory that may have no metadata. */
const plain = (guest: Guest, path: string): void => writeFileSync(guest.tree.at(path), path, { mode: 0o600 })
/** What is stored, with another name of it in use, for a name that has no object. */
const orphan = (guest: Guest, path: string): void => {
  file(guest, `${path} anchor`)
  guest.link(`${path} anchor`, path)
  rmSync(guest.tree.at(path))
}
const bare = (guest: Guest, path: string): void => {
  mkdirSync(guest.tree.at(path), { mode: 0o700 })
}

export const operations: readonly Operation[] = [
  { title: 'making a file, the first in its directory', prepare: () => {}, run: (g) => file(g, 'made', '') },
  { title: 'making a file beside another', prepare: (g) => file(g, 'first'), run: (g) => otherFile(g, 'made') },
  { title: 'making a file where an orphan is', prepare: (g) => orphan(g, 'made'), run: (g) => otherFile(g, 'made') },
  { title: 'making a directory', prepare: (g) => file(g, 'first'), run: (g) => directory(g, 'd') },
  {
    title: 'making a symlink',
    prepare: () => {},
    run: (g) => g.make('link', { mode: 0o120777, ...OWNER, target: 'some/target' }),
  },
  { title: 'making a fifo', prepare: () => {}, run: (g) => g.make('fifo', { mode: 0o010644, ...OWNER }) },
  {
    title: 'changing the mode',
    prepare: (g) => file(g, 'made'),
    run: (g) => g.save('made', { mode: 0o100600 }),
  },
  {
    title: 'changing everything',
    prepare: (g) => file(g, 'made'),
    run: (g) => g.save('made', { uid: guestUid(OTHER.uid), gid: guestGid(OTHER.gid), mode: 0o104755 }),
  },
  {
    title: 'changing an object that had no ownership',
    prepare: (g) => plain(g, 'plain'),
    run: (g) => g.save('plain', { uid: guestUid(OTHER.uid), mode: 0o100600 }),
  },
  {
    title: 'changing the root',
    prepare: () => {},
    run: (g) => g.save('', { uid: guestUid(OTHER.uid), mode: 0o040711 }),
  },
  { title: 'linking', prepare: (g) => file(g, 'made'), run: (g) => g.link('made', 'link') },
  {
    title: 'linking into a directory without metadata',
    prepare: (g) => (file(g, 'made'), bare(g, 'bare')),
    run: (g) => g.link('made', 'bare/link'),
  },
  {
    title: 'linking where an orphan is',
    prepare: (g) => (otherFile(g, 'made'), orphan(g, 'link')),
    run: (g) => g.link('made', 'link'),
  },
  { title: 'linking what has no ownership', prepare: (g) => plain(g, 'plain'), run: (g) => g.link('plain', 'link') },
  { title: 'renaming', prepare: (g) => file(g, 'made'), run: (g) => g.rename('made', 'moved') },
  {
    title: 'renaming into a directory without metadata',
    prepare: (g) => (file(g, 'made'), bare(g, 'bare')),
    run: (g) => g.rename('made', 'bare/moved'),
  },
  {
    title: 'renaming over another object',
    prepare: (g) => (file(g, 'made'), otherFile(g, 'old')),
    run: (g) => g.rename('made', 'old'),
  },
  {
    title: 'renaming over an object in another directory',
    prepare: (g) => (file(g, 'made'), directory(g, 'd'), otherFile(g, 'd/old')),
    run: (g) => g.rename('made', 'd/old'),
  },
  {
    title: 'renaming where an orphan is',
    prepare: (g) => (otherFile(g, 'made'), orphan(g, 'moved')),
    run: (g) => g.rename('made', 'moved'),
  },
  {
    title: 'renaming what has no ownership over what has',
    prepare: (g) => (otherFile(g, 'old'), plain(g, 'plain')),
    run: (g) => g.rename('plain', 'old'),
  },
  {
    title: 'renaming what has ownership over what has none',
    prepare: (g) => (file(g, 'made'), plain(g, 'plain')),
    run: (g) => g.rename('made', 'plain'),
  },
  {
    title: 'renaming one of two names of an object over a third object',
    prepare: (g) => (file(g, 'one'), g.link('one', 'two'), otherFile(g, 'old')),
    run: (g) => g.rename('one', 'old'),
  },
  {
    title: 'renaming a directory over one that the guest has emptied',
    prepare: (g) => (
      directory(g, 'new'),
      file(g, 'new/made'),
      directory(g, 'old'),
      file(g, 'old/gone'),
      g.unlink('old/gone')
    ),
    run: (g) => g.rename('new', 'old'),
  },
  { title: 'removing', prepare: (g) => (file(g, 'made'), file(g, 'other')), run: (g) => g.unlink('made') },
  {
    title: 'removing one of two names',
    prepare: (g) => (file(g, 'one'), g.link('one', 'two')),
    run: (g) => g.unlink('one'),
  },
  { title: 'removing what has no ownership', prepare: (g) => plain(g, 'plain'), run: (g) => g.unlink('plain') },
  { title: 'removing a directory', prepare: (g) => directory(g, 'd'), run: (g) => g.rmdir('d') },
  {
    title: 'removing a directory that the guest has emptied',
    prepare: (g) => (
      directory(g, 'd'),
      file(g, 'd/gone'),
      file(g, 'd/lost'),
      g.unlink('d/gone'),
      rmSync(g.tree.at('d/lost'))
    ),
    run: (g) => g.rmdir('d'),
  },
]
