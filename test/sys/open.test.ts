// Opening: never through a symlink, never a device or fifo for I/O, never by a name before its type is known.

import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nameFromText } from '../../src/name.js'
import {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from '../../src/sys/constants.js'
import { pread, pwrite } from '../../src/sys/io.js'
import { openat, openDirectory, openParent, openPath, openTree, reopen, reopenPath } from '../../src/sys/open.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { withFault } from '../support/host/faults.js'
import { asNobody, isRoot } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'
import { refusalOf } from '../support/refusal.js'

const made = nameFromText('made')
const link = nameFromText('link')
const directory = nameFromText('directory')
const fifo = nameFromText('fifo')

let tree: HostTree
let before: Record<string, string>
beforeEach(() => {
  before = openDescriptors()
  tree = new HostTree()
  writeFileSync(tree.at('made'), 'content')
  mkdirSync(tree.at('directory'))
  symlinkSync('directory', tree.at('link'))
  execFileSync('mkfifo', [tree.at('fifo')])
})
afterEach(() => {
  tree[Symbol.dispose]()
  expect(openDescriptors()).toEqual(before)
})

/** The flags of a descriptor as the kernel has them. */
const flagsOf = (number: number): number =>
  Number.parseInt(/flags:\s*([0-7]+)/.exec(readFileSync(`/proc/self/fdinfo/${number}`, 'latin1'))?.[1] ?? '', 8)

describe('opening a name', () => {
  it.each([
    ['for reading', O_RDONLY],
    ['for writing', O_RDWR],
    ['for truncating', O_WRONLY | O_TRUNC],
    ['to create it, were it not there', O_RDWR | O_CREAT],
    ['exclusively without creating', O_RDWR | O_EXCL],
  ])('%s, before its type is known, is a defect', (_kind, flags) => {
    expect(() => openat(tree.root, made, flags)).toThrow(TypeError)
    expect(readFileSync(tree.at('made'), 'latin1')).toBe('content')
  })

  it('finds nothing where there is nothing', () => {
    expect(openPath(tree.root, nameFromText('nothing'))).toBeUndefined()
    expect(refusalOf(() => openDirectory(tree.root, nameFromText('nothing')))).toBe('ENOENT')
  })

  it('gives a handle of a symlink itself', () => {
    using handle = openPath(tree.root, link)
    expect(handle?.isPathOnly).toBe(true)
    expect(refusalOf(() => reopen(handle!, O_RDONLY))).toBe('ELOOP')
  })

  it('as a directory takes nothing else, a symlink to one included', () => {
    openDirectory(tree.root, directory).close()
    for (const name of [made, link, fifo]) {
      expect(['ENOTDIR', 'ELOOP']).toContain(refusalOf(() => openDirectory(tree.root, name)))
    }
  })

  it('as a directory leaves its time of access alone, where the host allows it: to owners only', () => {
    using root = openTree(tree.path, true)
    const flags = (): number[] => {
      using below = openDirectory(root, directory)
      using above = openParent(below)
      using byPath = openTree(tree.at('directory'))
      return [below, above, byPath].map(({ number }) => flagsOf(number) & O_NOATIME)
    }
    chmodSync(tree.path, 0o755)
    expect(flags()).toEqual([O_NOATIME, O_NOATIME, O_NOATIME])
    expect(asNobody(flags)).toEqual(isRoot ? [0, 0, 0] : [O_NOATIME, O_NOATIME, O_NOATIME])
  })

  it('exclusively makes a file, over nothing, not even a dangling symlink', () => {
    symlinkSync('dangling', tree.at('loose'))
    using file = openat(tree.root, nameFromText('new'), O_RDWR | O_CREAT | O_EXCL, 0o640)
    expect(pwrite(file, Buffer.from('x'), 0)).toBe(1)
    for (const name of ['new', 'loose'].map(nameFromText)) {
      expect(refusalOf(() => openat(tree.root, name, O_RDWR | O_CREAT | O_EXCL, 0o640))).toBe('EEXIST')
    }
    expect(existsSync(tree.at('dangling'))).toBe(false)
  })

  it('closes descriptors on exec, and does not wait', () => {
    const CLOEXEC = 0o2000000
    using file = openat(tree.root, nameFromText('new'), O_RDWR | O_CREAT | O_EXCL | O_APPEND, 0o640)
    expect(flagsOf(file.number) & (CLOEXEC | O_NONBLOCK | O_APPEND)).toBe(CLOEXEC | O_NONBLOCK | O_APPEND)
    using handle = openat(tree.root, made, O_PATH)
    expect(flagsOf(handle.number) & CLOEXEC).toBe(CLOEXEC)
  })

  it('works from a directory that is open by O_PATH only', () => {
    using root = openTree(tree.path, true)
    using handle = openPath(root, made)
    expect(handle).toBeDefined()
  })
})

describe('opening by handle', () => {
  it('reaches the object after its name is gone, or somebody else’s', () => {
    using handle = openPath(tree.root, made)
    renameSync(tree.at('fifo'), tree.at('made'))
    using file = reopen(handle!, O_RDWR)
    const bytes = Buffer.alloc(7)
    expect(pread(file, bytes, 0)).toBe(7)
    expect(bytes.toString()).toBe('content')
    rmSync(tree.at('made'))
    reopen(file, O_RDONLY).close()
  })

  it('refuses a fifo and a socket, without waiting for anybody at the other end', () => {
    using handle = openPath(tree.root, fifo)
    expect(refusalOf(() => reopen(handle!, O_RDONLY))).toBe('ENXIO')
    expect(refusalOf(() => reopen(handle!, O_WRONLY))).toBe('ENXIO')
  })

  it('refuses a device', () => {
    using dev = openTree('/dev', true)
    using handle = openPath(dev, nameFromText('null'))
    expect(refusalOf(() => reopen(handle!, O_RDONLY))).toBe('ENXIO')
  })

  it('takes neither O_CREAT nor O_EXCL', () => {
    using handle = openPath(tree.root, made)
    expect(() => reopen(handle!, O_RDWR | O_CREAT)).toThrow(TypeError)
    expect(() => reopen(handle!, O_RDWR | O_EXCL)).toThrow(TypeError)
  })

  it('gives up O_NOATIME where the host allows it to owners only', () => {
    using handle = openPath(tree.root, made)
    const open = (): number => {
      using file = reopen(handle!, O_RDONLY | O_NOATIME)
      return flagsOf(file.number) & O_NOATIME
    }
    expect(open()).toBe(O_NOATIME)
    expect(asNobody(open)).toBe(isRoot ? 0 : O_NOATIME)
  })

  it('reports a refusal that has nothing to do with O_NOATIME', () => {
    using handle = openPath(tree.root, made)
    expect(refusalOf(() => withFault(2, 'EMFILE', () => reopen(handle!, O_RDONLY | O_NOATIME).close()))).toBe('EMFILE')
  })

  it('gives a second handle of anything', () => {
    for (const name of [made, link, directory, fifo]) {
      using handle = openPath(tree.root, name)
      using second = reopenPath(handle!)
      expect(second.isPathOnly).toBe(true)
      expect(second.number).not.toBe(handle!.number)
    }
  })

  it('opens a directory for listing', () => {
    using handle = openPath(tree.root, directory)
    reopen(handle!, O_RDONLY | O_DIRECTORY).close()
    using file = openPath(tree.root, made)
    expect(refusalOf(() => reopen(file!, O_RDONLY | O_DIRECTORY))).toBe('ENOTDIR')
  })
})

describe('opening a tree', () => {
  it('follows a symlink in the path that the user gave', () => {
    using byLink = openTree(tree.at('link'))
    expect(byLink.isPathOnly).toBe(false)
  })

  it('refuses what is no directory', () => {
    expect(refusalOf(() => openTree(tree.at('made')))).toBe('ENOTDIR')
    expect(refusalOf(() => openTree(tree.at('nothing')))).toBe('ENOENT')
  })
})
