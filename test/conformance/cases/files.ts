// Creating, opening, reading, writing and cutting regular files.

import { lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { guestUid } from '../../../src/ids.js'
import {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  S_IFIFO,
  S_IFREG,
} from '../../../src/sys/constants.js'
import { refusalOf } from '../../support/refusal.js'
import { snapshot } from '../../support/snapshot.js'
import { ROOT_USER, type ViewedTree } from '../../support/viewed-tree.js'
import type { Case } from '../case.js'
import { kinds } from './kinds.js'

const USER = guestUid(1000)

function put(tree: ViewedTree, path: string, text: string, offset = 0, uid = ROOT_USER): number {
  return tree.view.write(tree.node(path), tree.open(path, O_WRONLY), Buffer.from(text), offset, uid)
}

const creating: readonly Case[] = [
  {
    title: 'a file that exists is opened by create as it is: content, owner, mode and inode stay',
    needs: ['owners'],
    run: (tree) => {
      tree.write('file', 'content', 0o640)
      tree.chown('file', 7, 8)
      const { ino } = tree.stat('file').host
      expect(tree.content(tree.create('file', O_RDWR, 0o777))).toBe('content')
      expect(tree.show('file')).toBe('7:8 0100640')
      expect(tree.stat('file').host.ino).toBe(ino)
    },
  },
  {
    title: 'create with O_TRUNC empties a file that exists and leaves its owner and mode',
    needs: ['owners'],
    run: (tree) => {
      tree.write('file', 'content', 0o640)
      tree.chown('file', 7, 8)
      expect(tree.content(tree.create('file', O_RDWR | O_TRUNC, 0o777))).toBe('')
      expect(tree.show('file')).toBe('7:8 0100640')
    },
  },
  {
    title: 'what the host made is opened by create as it is, too',
    run: (tree) => {
      writeFileSync(tree.at('file'), 'content', { mode: 0o604 })
      tree.create('file', O_RDWR, 0o777)
      expect(tree.stat('file').mode).toBe(S_IFREG | 0o604)
    },
  },
  {
    title: 'create over a directory, a symlink or a special file is refused, and removes nothing',
    run: (tree) => {
      for (const { kind, make } of kinds.slice(1, 4)) make(tree, kind)
      tree.symlink('nowhere', 'symlink')
      const before = snapshot(tree.path)
      expect(refusalOf(() => tree.create('directory'))).toBe('EISDIR')
      expect(refusalOf(() => tree.create('symlink', O_RDWR | O_TRUNC))).toBe('ELOOP')
      expect(refusalOf(() => tree.create('fifo'))).toBe('ENXIO')
      expect(refusalOf(() => tree.create('socket'))).toBe('ENXIO')
      expect(snapshot(tree.path)).toEqual(before)
    },
  },
  {
    title: 'create with O_DIRECTORY is refused (EINVAL)',
    run: (tree) => {
      expect(refusalOf(() => tree.create('file', O_RDWR | O_DIRECTORY))).toBe('EINVAL')
      expect(tree.names('')).toEqual([])
    },
  },
  {
    title: 'a new file may be used as it was opened, whatever its mode',
    run: (tree) => {
      const file = tree.create('file', O_RDWR | O_EXCL, 0o000)
      tree.view.write(tree.node('file'), file, Buffer.from('secret'), 0, USER)
      expect(tree.content(file)).toBe('secret')
      expect(tree.stat('file').mode).toBe(S_IFREG)
    },
  },
  {
    title: 'nothing is created below what is no directory (ENOTDIR)',
    run: (tree) => {
      tree.write('file')
      tree.symlink('.', 'symlink')
      for (const path of ['file/inside', 'symlink/inside']) {
        expect(refusalOf(() => tree.create(path))).toBe('ENOTDIR')
        expect(refusalOf(() => tree.mkdir(path))).toBe('ENOTDIR')
        expect(refusalOf(() => tree.symlink('target', path))).toBe('ENOTDIR')
        expect(refusalOf(() => tree.mknod(path, S_IFIFO | 0o600))).toBe('ENOTDIR')
        expect(refusalOf(() => tree.link('file', path))).toBe('ENOTDIR')
        expect(refusalOf(() => tree.rename('file', path))).toBe('ENOTDIR')
        expect(refusalOf(() => tree.unlink(path))).toBe('ENOTDIR')
      }
    },
  },
  {
    title: 'nothing is created in a directory that was removed (ENOENT)',
    run: (tree) => {
      tree.mkdir('gone')
      tree.write('file')
      const gone = tree.node('gone')
      const { view, owner } = tree
      const name = tree.node('file').name
      tree.rmdir('gone')
      expect(refusalOf(() => view.create(gone, name, O_RDWR | O_CREAT, 0o644, owner, owner.uid))).toBe('ENOENT')
      expect(refusalOf(() => view.mkdir(gone, name, 0o755, owner))).toBe('ENOENT')
      expect(refusalOf(() => view.symlink(gone, name, 'target', owner))).toBe('ENOENT')
      expect(refusalOf(() => view.link(tree.node('file'), gone, name))).toBe('ENOENT')
      expect(tree.names(gone)).toEqual([])
    },
  },
]

const using: readonly Case[] = [
  {
    title: 'reads and writes go to their offsets, short at the end, and holes read as zero',
    run: (tree) => {
      const file = tree.create('file')
      const { view } = tree
      expect(view.write(tree.node('file'), file, Buffer.from('world'), 6, USER)).toBe(5)
      expect(view.write(tree.node('file'), file, Buffer.from('hello'), 0, USER)).toBe(5)
      expect(tree.content(file)).toBe('hello\0world')
      expect(tree.content(file, 6)).toBe('world')
      expect(tree.content(file, 11)).toBe('')
      expect(tree.content(file, Number.MAX_SAFE_INTEGER)).toBe('')
      expect(file.readNowait(Buffer.alloc(3), 0)).toBe(3)
      expect(readFileSync(tree.at('file'), 'latin1')).toBe('hello\0world')
    },
  },
  {
    title: 'a file opened O_APPEND takes every write at its end',
    run: (tree) => {
      const file = tree.create('file', O_RDWR | O_APPEND)
      for (const word of ['one', 'two']) tree.view.write(tree.node('file'), file, Buffer.from(word), 0, USER)
      expect(tree.content(file)).toBe('onetwo')
    },
  },
  {
    title: 'a file opened for reading takes no write, one for writing gives no read, and access mode 3 neither',
    run: (tree) => {
      tree.write('file', 'content')
      const node = tree.node('file')
      const attempt = (flags: number): (string | undefined)[] => {
        const file = tree.open('file', flags)
        const write = refusalOf(() => tree.view.write(node, file, Buffer.from('x'), 0, USER))
        return [
          refusalOf(() => file.read(Buffer.alloc(1), 0)),
          refusalOf(() => file.readNowait(Buffer.alloc(1), 0)),
          write,
        ]
      }
      expect(attempt(O_RDONLY)).toEqual([undefined, undefined, 'EBADF'])
      expect(attempt(O_WRONLY)).toEqual(['EBADF', 'EBADF', undefined])
      expect(attempt(3)).toEqual(['EBADF', 'EBADF', 'EBADF'])
    },
  },
  {
    title: 'open with O_TRUNC empties the file, for reading too, and O_CREAT and O_EXCL mean nothing',
    run: (tree) => {
      tree.write('file', 'content')
      tree.open('file', O_RDONLY | O_CREAT | O_EXCL)
      expect(tree.content('file')).toBe('content')
      tree.open('file', O_RDONLY | O_TRUNC)
      expect(tree.stat('file').host.size).toBe(0)
    },
  },
  {
    title: 'a file is not opened as a directory, and a directory is, whatever the flags',
    run: (tree) => {
      tree.write('file')
      tree.mkdir('directory')
      expect(refusalOf(() => tree.open('file', O_DIRECTORY))).toBe('ENOTDIR')
      for (const flags of [O_RDWR, O_WRONLY | O_TRUNC, O_DIRECTORY]) {
        expect(tree.openDirectory('directory', flags).kind).toBe('directory')
      }
    },
  },
  {
    title: 'only files and directories are opened: ENXIO for special files, ELOOP for symlinks',
    run: (tree) => {
      for (const { kind, make } of kinds.slice(2, 4)) make(tree, kind)
      tree.write('target', 'content')
      tree.symlink('target', 'symlink')
      for (const flags of [O_RDONLY, O_RDWR, O_WRONLY | O_TRUNC]) {
        expect(refusalOf(() => tree.open('fifo', flags))).toBe('ENXIO')
        expect(refusalOf(() => tree.open('socket', flags))).toBe('ENXIO')
        expect(refusalOf(() => tree.open('symlink', flags))).toBe('ELOOP')
      }
      expect(tree.content('target')).toBe('content')
      expect(tree.readlink('symlink')).toBe('target')
    },
  },
  {
    title: 'a device is not opened',
    needs: ['devices'],
    run: (tree) => {
      tree.mknod('null', 0o020666, { major: 1, minor: 3 })
      expect(refusalOf(() => tree.open('null', O_RDWR))).toBe('ENXIO')
    },
  },
  {
    title: 'files and directories are synced',
    run: (tree) => {
      tree.mkdir('directory')
      for (const opened of [tree.create('file'), tree.openDirectory('directory')]) {
        expect(refusalOf(() => opened.sync(false))).toBeUndefined()
        expect(refusalOf(() => opened.sync(true))).toBeUndefined()
      }
    },
  },
]

const cutting: readonly Case[] = [
  {
    title: 'a file is cut and extended, by its open file or by its node',
    run: (tree) => {
      tree.write('file', 'content', 0o400)
      tree.setattr('file', { size: 4 })
      expect(tree.content('file')).toBe('cont')
      tree.setattr('file', { size: 6 }, ROOT_USER, tree.open('file', O_WRONLY))
      tree.setattr('file', { size: 5 }, ROOT_USER, tree.open('file', O_RDONLY))
      tree.setattr('file', { size: 5 }, ROOT_USER, tree.open('file', 3))
      expect(tree.content('file')).toBe('cont\0')
    },
    needs: ['mapped'],
  },
  {
    title: 'only regular files have a length to set: EISDIR, ELOOP, ENXIO, and nothing else is changed with it',
    run: (tree) => {
      for (const { kind, make } of kinds.slice(1, 3)) make(tree, kind)
      tree.symlink('nowhere', 'symlink')
      const before = snapshot(tree.path)
      for (const [kind, errno] of [
        ['directory', 'EISDIR'],
        ['symlink', 'ELOOP'],
        ['fifo', 'ENXIO'],
      ] as const) {
        expect(refusalOf(() => tree.setattr(kind, { size: 0, mode: 0o777, mtime: { sec: 1, nsec: 1 } }))).toBe(errno)
      }
      expect(snapshot(tree.path)).toEqual(before)
    },
  },
  {
    title: 'a length that the host cannot give is refused (EFBIG), and nothing else is changed with it',
    run: (tree) => {
      tree.write('file', 'content')
      const before = snapshot(tree.path)
      expect(refusalOf(() => tree.setattr('file', { size: Number.MAX_SAFE_INTEGER, mode: 0o777 }))).toBe('EFBIG')
      expect(snapshot(tree.path)).toEqual(before)
    },
  },
]

/** CVE-2023-1386: what the owner let run with his rights must not be what somebody else wrote. */
const setId: readonly Case[] = [
  ['writing', (tree: ViewedTree, uid = USER) => put(tree, 'file', 'x', 0, uid)],
  ['cutting', (tree: ViewedTree, uid = USER) => tree.setattr('file', { size: 1 }, uid)],
  ['opening with O_TRUNC', (tree: ViewedTree, uid = USER) => tree.open('file', O_WRONLY | O_TRUNC, uid)],
  [
    'creating over it with O_TRUNC',
    (tree: ViewedTree, uid = USER) => tree.create('file', O_WRONLY | O_TRUNC, 0o644, { ...tree.owner, uid }),
  ],
].flatMap(([how, change]): Case[] => {
  const act = change as (tree: ViewedTree, uid?: typeof USER) => void
  const modeAfter = (tree: ViewedTree, mode: number, uid = USER): number => {
    tree.chmod('file', mode)
    act(tree, uid)
    return tree.stat('file').mode & 0o7777
  }
  return [
    {
      title: `${String(how)} takes the set-user-id bit off`,
      run: (tree) => {
        tree.write('file', 'content')
        expect(modeAfter(tree, 0o4755)).toBe(0o755)
      },
    },
    {
      title: `${String(how)} takes the set-group-id bit off where the group may execute`,
      run: (tree) => {
        tree.write('file', 'content')
        expect(modeAfter(tree, 0o6755)).toBe(0o755)
        expect(modeAfter(tree, 0o2644)).toBe(0o2644)
      },
    },
    {
      title: `${String(how)} by root leaves the set-id bits`,
      needs: ['owners'],
      run: (tree) => {
        tree.write('file', 'content')
        expect(modeAfter(tree, 0o6755, ROOT_USER)).toBe(0o6755)
      },
    },
  ]
})

const setIdRefused: readonly Case[] = [
  {
    title: 'a write that is refused leaves the set-id bits',
    run: (tree) => {
      tree.write('file', 'content')
      tree.chmod('file', 0o4755)
      const file = tree.open('file', O_RDONLY)
      expect(refusalOf(() => tree.view.write(tree.node('file'), file, Buffer.from('x'), 0, USER))).toBe('EBADF')
      expect(tree.stat('file').mode & 0o7777).toBe(0o4755)
    },
  },
  {
    title: 'a write that fails leaves the set-id bits, and so does one of nothing',
    run: (tree) => {
      tree.write('file', 'content')
      tree.chmod('file', 0o4755)
      const file = tree.open('file', O_RDWR)
      const write = (text: string, offset: number): number =>
        tree.view.write(tree.node('file'), file, Buffer.from(text), offset, USER)
      expect(refusalOf(() => write('x', 2 ** 62))).toBe('EFBIG')
      expect(write('', 0)).toBe(0)
      expect(tree.stat('file').mode & 0o7777).toBe(0o4755)
    },
  },
  {
    title: 'a set-user-id bit is the guest’s alone',
    needs: ['mapped'],
    run: (tree) => {
      tree.create('file', O_RDWR, 0o4755)
      expect(lstatSync(tree.at('file')).mode & 0o7777).toBe(0o600)
    },
  },
]

export const fileCases = [...creating, ...using, ...cutting, ...setId, ...setIdRefused]
