// What the guest's objects are on the host.

import { execFileSync } from 'node:child_process'
import { lstatSync, readFileSync, readdirSync, readlinkSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nameFromText } from '../../src/name.js'
import { AsFiles } from '../../src/ownership/as-files.js'
import { AsThemselves } from '../../src/ownership/as-themselves.js'
import type { Embodiment } from '../../src/ownership/store.js'
import { O_APPEND, O_RDONLY, O_WRONLY } from '../../src/sys/constants.js'
import { pwrite } from '../../src/sys/io.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { withFault } from '../support/host/faults.js'
import { isRoot } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'

const NAME = nameFromText('made')
const NULL = { major: 1, minor: 3 }

let tree: HostTree
let umask: number
let before: Record<string, string>
beforeEach(() => {
  before = openDescriptors()
  umask = process.umask(0)
  tree = new HostTree()
})
afterEach(() => {
  tree[Symbol.dispose]()
  process.umask(umask)
  expect(openDescriptors()).toEqual(before)
})

const modeOf = (name = 'made'): string => `0${lstatSync(tree.at(name)).mode.toString(8)}`
const readSymlink = (bodies: Embodiment, name = 'made'): string => {
  using object = tree.object(name)
  return bodies.readSymlink(object)
}

describe('as files (the mapped models)', () => {
  const bodies = new AsFiles()

  it('a file is 0600 and a directory 0700, whatever the guest asks for', () => {
    bodies.createFile(tree.root, NAME, O_WRONLY, 0o106777).close()
    bodies.createDirectory(tree.root, nameFromText('d'), 0o043777)
    expect([modeOf(), modeOf('d')]).toEqual(['0100600', '040700'])
  })

  it('fmode and dmode choose the permission bits, and no others, under the umask', () => {
    process.umask(0o027)
    const chosen = new AsFiles(0o7666, 0o7777)
    chosen.createFile(tree.root, NAME, O_WRONLY, 0o100600).close()
    chosen.createDirectory(tree.root, nameFromText('d'), 0o040700)
    chosen.createNode(tree.root, nameFromText('n'), 0o010644, NULL)
    chosen.createSymlink(tree.root, nameFromText('l'), 'x')
    expect([modeOf(), modeOf('d'), modeOf('n'), modeOf('l')]).toEqual(['0100640', '040750', '0100640', '0100640'])
  })

  it.each([0o020644, 0o060660, 0o010644, 0o140755, 0o100644])('a node of mode %o is an empty regular file', (mode) => {
    bodies.createNode(tree.root, NAME, mode, NULL)
    expect(modeOf()).toBe('0100600')
    expect(lstatSync(tree.at('made'))).toMatchObject({ size: 0, rdev: 0 })
  })

  it('a node is neither a directory nor a symlink', () => {
    expect(() => bodies.createNode(tree.root, NAME, 0o040755, NULL)).toThrow('EPERM')
    expect(() => bodies.createNode(tree.root, NAME, 0o120777, NULL)).toThrow('EINVAL')
    expect(readdirSync(tree.path)).toEqual([])
  })

  it.each([
    ['text', 'some/where'],
    ['nothing', ''],
    ['bytes that are not UTF-8', '\xff\xe4'],
    ['65,000 bytes', 'x'.repeat(65_000)],
    ['65,535 bytes', 'x'.repeat(65_535)],
  ])('a symlink to %s is a file with exactly these bytes', (_kind, target) => {
    bodies.createSymlink(tree.root, NAME, target)
    expect(modeOf()).toBe('0100600')
    expect(readFileSync(tree.at('made'), 'latin1')).toBe(target)
    expect(readSymlink(bodies)).toBe(target)
  })

  it('a symlink whose target cannot be written is not left behind', () => {
    for (const [n, call] of ['openat', 'pwrite64'].entries()) {
      expect(() => withFault(n + 1, 'ENOSPC', () => bodies.createSymlink(tree.root, NAME, 'x'))).toThrow('ENOSPC')
      expect(readdirSync(tree.path), call).toEqual([])
    }
  })

  it('reading a symlink gives NUL and newline as they are', () => {
    writeFileSync(tree.at('made'), 'a\0b\n')
    expect(readSymlink(bodies)).toBe('a\0b\n')
  })

  it('a target longer than a protocol string is refused, not cut', () => {
    writeFileSync(tree.at('made'), 'x'.repeat(65_536))
    expect(() => readSymlink(bodies)).toThrow('ENAMETOOLONG')
    truncateSync(tree.at('made'), 2 ** 40)
    expect(() => readSymlink(bodies)).toThrow('ENAMETOOLONG')
  })

  it('a symlink that a host process made answers its target and is not followed', () => {
    writeFileSync(tree.at('secret'), 'content')
    symlinkSync('secret', tree.at('made'))
    expect(readSymlink(bodies)).toBe('secret')
  })

  it('nothing else of the host can be read as a symlink', () => {
    execFileSync('mkfifo', [tree.at('made')])
    expect(() => readSymlink(bodies)).toThrow('EINVAL')
    bodies.createDirectory(tree.root, nameFromText('d'), 0)
    expect(() => readSymlink(bodies, 'd')).toThrow('EISDIR')
  })
})

describe('as themselves (passthrough and none)', () => {
  const bodies = new AsThemselves()

  it('new objects are closed to all but the server and have no set-id or sticky bit', () => {
    bodies.createFile(tree.root, NAME, O_WRONLY, 0o106777).close()
    bodies.createDirectory(tree.root, nameFromText('d'), 0o043777)
    bodies.createNode(tree.root, nameFromText('n'), 0o016666, NULL)
    expect([modeOf(), modeOf('d'), modeOf('n')]).toEqual(['0100700', '040700', '010600'])
  })

  it('nodes are what they are, devices with the privilege to make them', () => {
    bodies.createNode(tree.root, nameFromText('socket'), 0o140755, NULL)
    expect(modeOf('socket')).toBe('0140700')
    const make = (): void => bodies.createNode(tree.root, NAME, 0o020644, NULL)
    if (isRoot) {
      make()
      expect([modeOf(), lstatSync(tree.at('made')).rdev]).toEqual(['020600', 0x103])
    } else expect(make).toThrow('EPERM')
  })

  it('a device number that the kernel would cut is refused', () => {
    expect(() => bodies.createNode(tree.root, NAME, 0o020644, { major: 4096, minor: 0 })).toThrow('EINVAL')
    expect(() => bodies.createNode(tree.root, NAME, 0o020644, { major: 0, minor: 2 ** 20 })).toThrow('EINVAL')
    expect(readdirSync(tree.path)).toEqual([])
  })

  it('a symlink is a symlink', () => {
    bodies.createSymlink(tree.root, NAME, 'some/where')
    expect(readlinkSync(tree.at('made'))).toBe('some/where')
    expect(readSymlink(bodies)).toBe('some/where')
  })
})

describe.each([
  ['as files', new AsFiles()],
  ['as themselves', new AsThemselves()],
])('%s', (_title, bodies) => {
  it('nothing that exists is opened or replaced, a dangling symlink included', () => {
    writeFileSync(tree.at('made'), 'content')
    symlinkSync('dangling', tree.at('link'))
    for (const name of ['made', 'link'].map(nameFromText)) {
      expect(() => bodies.createFile(tree.root, name, O_WRONLY, 0o100600)).toThrow('EEXIST')
      expect(() => bodies.createDirectory(tree.root, name, 0o040700)).toThrow('EEXIST')
      expect(() => bodies.createNode(tree.root, name, 0o010600, NULL)).toThrow('EEXIST')
      expect(() => bodies.createSymlink(tree.root, name, 'x')).toThrow('EEXIST')
    }
    expect(readdirSync(tree.path).sort()).toEqual(['link', 'made'])
    expect(readFileSync(tree.at('made'), 'latin1')).toBe('content')
  })

  it('a new file is open as the guest asked', () => {
    using reading = bodies.createFile(tree.root, nameFromText('r'), O_RDONLY, 0o100600)
    expect(() => pwrite(reading, Buffer.from('x'), 0)).toThrow('EBADF')
    using appending = bodies.createFile(tree.root, nameFromText('a'), O_WRONLY | O_APPEND, 0o100600)
    pwrite(appending, Buffer.from('one'), 0)
    pwrite(appending, Buffer.from('two'), 0)
    expect(readFileSync(tree.at('a'), 'latin1')).toBe('onetwo')
  })
})
