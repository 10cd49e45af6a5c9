// Entries of directories, against node:fs.

import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nameFromBytes, nameFromText } from '../../src/name.js'
import { AT_REMOVEDIR, RENAME_NOREPLACE, S_IFIFO, S_IFREG, S_IFSOCK } from '../../src/sys/constants.js'
import {
  type Dirent,
  getdents64,
  linkat,
  mkdirat,
  mknodat,
  readlinkat,
  renameat2,
  seekDirectory,
  symlinkat,
  unlinkat,
} from '../../src/sys/directory.js'
import { openPath } from '../../src/sys/open.js'
import { isRoot } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'
import { refusalOf } from '../support/refusal.js'

const [one, two] = ['one', 'two'].map(nameFromText) as [
  ReturnType<typeof nameFromText>,
  ReturnType<typeof nameFromText>,
]
const NO_DEVICE = { major: 0, minor: 0 }

let tree: HostTree
let umask: number
beforeEach(() => {
  umask = process.umask(0)
  tree = new HostTree()
})
afterEach(() => {
  tree[Symbol.dispose]()
  process.umask(umask)
})

function listed(buffer: Buffer): Dirent[] {
  const found: Dirent[] = []
  for (;;) {
    const batch = getdents64(tree.root, buffer)
    if (batch.length === 0) return found
    found.push(...batch)
  }
}

describe('listing', () => {
  const TYPES: Record<number, (path: string) => unknown> = {
    8: (path) => writeFileSync(path, ''),
    4: (path) => mkdirSync(path),
    10: (path) => symlinkSync('x', path),
    1: (path) => execFileSync('mkfifo', [path]),
  }

  it('gives inode, type and name of every entry, as node:fs does', () => {
    for (const [type, make] of Object.entries(TYPES)) make(tree.at(`type ${type}`))
    const entries = listed(Buffer.alloc(4096)).filter(({ name }) => !name.startsWith('.'))
    expect(entries.map(({ name }) => name).sort()).toEqual(readdirSync(tree.path).sort())
    for (const { name, ino, type } of entries) {
      expect(ino).toBe(lstatSync(tree.at(name), { bigint: true }).ino)
      expect(name).toBe(`type ${type}`)
    }
  })

  it('gives "." and ".." too', () => {
    const dots = listed(Buffer.alloc(4096)).filter(({ name }) => name.startsWith('.'))
    expect(dots.map(({ name }) => name).sort()).toEqual(['.', '..'])
    expect(dots.find(({ name }) => name === '.')?.ino).toBe(lstatSync(tree.path, { bigint: true }).ino)
  })

  it('gives names as bytes, of every length up to 255', () => {
    const names = Array.from({ length: 255 }, (_, at) => Buffer.alloc(at + 1, 0xff - (at % 0x40)))
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${tree.path}/`), name]), '')
    const found = listed(Buffer.alloc(1024)).map(({ name }) => name)
    expect(found.filter((name) => !name.startsWith('.')).sort()).toEqual(
      names.map((name) => name.toString('latin1')).sort(),
    )
  })

  it('goes on at any position that it gave, and begins again at 0', () => {
    for (let n = 0; n < 300; n++) writeFileSync(tree.at(`entry ${n}`), '')
    const all = listed(Buffer.alloc(65_536))
    for (const at of [0, 1, 150, 298]) {
      seekDirectory(tree.root, all[at]!.off)
      expect(listed(Buffer.alloc(512)).map(({ name }) => name)).toEqual(all.slice(at + 1).map(({ name }) => name))
    }
    seekDirectory(tree.root, 0n)
    expect(listed(Buffer.alloc(65_536))).toEqual(all)
  })

  it('refuses a buffer that is too small for an entry, and what is no directory', () => {
    expect(refusalOf(() => getdents64(tree.root, Buffer.alloc(8)))).toBe('EINVAL')
    using handle = openPath(tree.root, nameFromText('.x')) ?? tree.directory('')
    expect(refusalOf(() => getdents64(handle, Buffer.alloc(512)))).toBe('EBADF')
  })
})

describe('making', () => {
  it('a directory has the mode', () => {
    mkdirat(tree.root, one, 0o1751)
    expect(lstatSync(tree.at('one')).mode).toBe(0o041751)
    expect(refusalOf(() => mkdirat(tree.root, one, 0o700))).toBe('EEXIST')
  })

  it('a node has type and mode', () => {
    mknodat(tree.root, nameFromText('fifo'), S_IFIFO | 0o604, NO_DEVICE)
    mknodat(tree.root, nameFromText('socket'), S_IFSOCK | 0o604, NO_DEVICE)
    mknodat(tree.root, nameFromText('file'), S_IFREG | 0o604, NO_DEVICE)
    const modes = ['fifo', 'socket', 'file'].map((name) => lstatSync(tree.at(name)).mode)
    expect(modes).toEqual([0o010604, 0o140604, 0o100604])
  })

  it.each([
    [1, 3],
    [8, 1],
    [253, 300],
    [0xfff, 0xfffff],
  ])('device %i:%i has this number, for root', (major, minor) => {
    const make = (): void => mknodat(tree.root, one, 0o020600, { major, minor })
    if (!isRoot) {
      expect(refusalOf(make)).toBe('EPERM')
      return
    }
    make()
    const [hex] = execFileSync('stat', ['-c', '%t:%T', tree.at('one')], { encoding: 'utf8' }).split('\n')
    expect(hex).toBe(`${major.toString(16)}:${minor.toString(16)}`)
  })

  it('a symlink has the target, whatever its bytes', () => {
    const target = `\xff/${'x'.repeat(4000)}`
    symlinkat(target, tree.root, one)
    expect(readlinkSync(tree.at('one'), { encoding: 'latin1' })).toBe(target)
    using handle = openPath(tree.root, one)
    expect(readlinkat(handle!)).toBe(target)
    expect(refusalOf(() => symlinkat('x'.repeat(4096), tree.root, two))).toBe('ENAMETOOLONG')
    expect(refusalOf(() => symlinkat('', tree.root, two))).toBe('ENOENT')
  })
})

describe('linking by handle', () => {
  it('gives the object itself another name, a symlink and a fifo too', () => {
    writeFileSync(tree.at('file'), '')
    symlinkSync('file', tree.at('link'))
    execFileSync('mkfifo', [tree.at('fifo')])
    for (const name of ['file', 'link', 'fifo']) {
      using handle = openPath(tree.root, nameFromText(name))
      linkat(handle!, tree.root, nameFromText(`${name} 2`))
      expect(lstatSync(tree.at(`${name} 2`)).ino).toBe(lstatSync(tree.at(name)).ino)
    }
  })

  it('refuses a name in use, a directory, and what has lost its last name', () => {
    writeFileSync(tree.at('one'), '')
    using handle = openPath(tree.root, one)
    expect(refusalOf(() => linkat(handle!, tree.root, one))).toBe('EEXIST')
    rmSync(tree.at('one'))
    expect(refusalOf(() => linkat(handle!, tree.root, two))).toBe('ENOENT')
    expect(refusalOf(() => linkat(tree.root, tree.root, two))).toBe('EPERM')
  })
})

describe('renaming', () => {
  it('moves and replaces, or refuses to replace', () => {
    mkdirSync(tree.at('d'))
    writeFileSync(tree.at('one'), '1')
    writeFileSync(tree.at('two'), '2')
    expect(refusalOf(() => renameat2(tree.root, one, tree.root, two, RENAME_NOREPLACE))).toBe('EEXIST')
    renameat2(tree.root, one, tree.root, two)
    expect(readFileSync(tree.at('two'), 'latin1')).toBe('1')
    using dir = tree.directory('d')
    renameat2(tree.root, two, dir, one, RENAME_NOREPLACE)
    expect(readdirSync(tree.at('d'))).toEqual(['one'])
    expect(refusalOf(() => renameat2(tree.root, one, dir, two))).toBe('ENOENT')
  })
})

describe('removing', () => {
  it('takes a name of its kind, and only of its kind', () => {
    mkdirSync(tree.at('one'))
    writeFileSync(tree.at('two'), '')
    expect(refusalOf(() => unlinkat(tree.root, one))).toBe('EISDIR')
    expect(refusalOf(() => unlinkat(tree.root, two, AT_REMOVEDIR))).toBe('ENOTDIR')
    unlinkat(tree.root, one, AT_REMOVEDIR)
    unlinkat(tree.root, two)
    expect(readdirSync(tree.path)).toEqual([])
  })
})

it('a name is 255 bytes at most, and holds no NUL', () => {
  const longest = nameFromBytes(Buffer.alloc(255, 0xe4))
  mkdirat(tree.root, longest, 0o700)
  expect(readdirSync(tree.path, { encoding: 'latin1' })).toEqual([longest])
  expect(refusalOf(() => mkdirat(tree.root, nameFromText('x'.repeat(256)), 0o700))).toBe('ENAMETOOLONG')
  expect(refusalOf(() => nameFromText('made\0.txt'))).toBe('ENOENT')
})
