// Extended attributes by open descriptor and by O_PATH handle, against getfattr.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nameFromText } from '../../src/name.js'
import { O_RDONLY, XATTR_CREATE, XATTR_REPLACE } from '../../src/sys/constants.js'
import type { Fd } from '../../src/sys/fd.js'
import { openPath, reopen } from '../../src/sys/open.js'
import { attributeName, getxattr, lastValue, listxattr, peekxattr, removexattr, setxattr } from '../../src/sys/xattr.js'
import { asNobody, isRoot } from '../support/host/nobody.js'
import { attributesAt } from '../support/host/oracle.js'
import { HostTree } from '../support/host/tree.js'
import { refusalOf } from '../support/refusal.js'

const NAME = 'user.made'
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')

let tree: HostTree
beforeEach(() => {
  tree = new HostTree()
  writeFileSync(tree.at('file'), '')
  mkdirSync(tree.at('directory'))
})
afterEach(() => tree[Symbol.dispose]())

function pathHandle(name: string): Fd {
  return openPath(tree.root, nameFromText(name))!
}
function openHandle(name: string): Fd {
  using handle = pathHandle(name)
  return reopen(handle, O_RDONLY)
}

describe.each([
  ['an open file', 'file', openHandle],
  ['an O_PATH handle of a file', 'file', pathHandle],
  ['an open directory', 'directory', openHandle],
  ['an O_PATH handle of a directory', 'directory', pathHandle],
] as const)('by %s', (_title, path, open) => {
  let handle: Fd
  beforeEach(() => {
    handle = open(path)
  })
  afterEach(() => handle.close())

  it('what is set is what others read', () => {
    setxattr(handle, NAME, bytes('00ff0a0d'))
    setxattr(handle, 'user.empty', Buffer.alloc(0))
    setxattr(handle, 'user.l\xe4ng', bytes('01'))
    const { 'user.empty': empty, [NAME]: made } = attributesAt(tree.at(path))
    expect([empty, made]).toEqual(['', '00ff0a0d'])
    expect(listxattr(handle).sort()).toEqual(['user.empty', 'user.l\xe4ng', NAME])
    expect(getxattr(handle, 'user.l\xe4ng')).toEqual(bytes('01'))
  })

  it('what is read is a copy, with nothing of what was read before', () => {
    setxattr(handle, NAME, bytes('010203'))
    setxattr(handle, 'user.short', bytes('ff'))
    const first = getxattr(handle, NAME)
    expect(getxattr(handle, 'user.short')).toEqual(bytes('ff'))
    expect(first).toEqual(bytes('010203'))
  })

  it('what is absent is undefined, empty is not', () => {
    expect(getxattr(handle, NAME)).toBeUndefined()
    setxattr(handle, NAME, Buffer.alloc(0))
    expect(getxattr(handle, NAME)).toEqual(Buffer.alloc(0))
  })

  it('what is longer than asked for is refused, not cut', () => {
    setxattr(handle, NAME, bytes('0102030405'))
    expect(refusalOf(() => getxattr(handle, NAME, 4))).toBe('ERANGE')
    expect(getxattr(handle, NAME, 5)).toHaveLength(5)
  })

  it('a short value is looked at without a copy', () => {
    const name = attributeName(NAME)
    expect(peekxattr(handle, name, 4)).toBe(-61)
    setxattr(handle, NAME, bytes('e8030000'))
    expect(peekxattr(handle, name, 4)).toBe(4)
    expect(lastValue.getUint32(0, true)).toBe(1000)
    setxattr(handle, NAME, bytes('e803000000'))
    expect(peekxattr(handle, name, 4)).toBe(-34)
  })

  it('one is created, or replaced, or either', () => {
    expect(refusalOf(() => setxattr(handle, NAME, bytes('01'), XATTR_REPLACE))).toBe('ENODATA')
    setxattr(handle, NAME, bytes('01'), XATTR_CREATE)
    expect(refusalOf(() => setxattr(handle, NAME, bytes('02'), XATTR_CREATE))).toBe('EEXIST')
    setxattr(handle, NAME, bytes('03'), XATTR_REPLACE)
    expect(attributesAt(tree.at(path))).toEqual({ [NAME]: '03' })
  })

  it('one is removed, once', () => {
    setxattr(handle, NAME, bytes('01'))
    removexattr(handle, NAME)
    expect(attributesAt(tree.at(path))).toEqual({})
    expect(refusalOf(() => removexattr(handle, NAME))).toBe('ENODATA')
    expect(listxattr(handle)).toEqual([])
  })

  it('names and values beyond what the kernel takes are refused', () => {
    expect(refusalOf(() => setxattr(handle, NAME, Buffer.alloc(65_537)))).toBe('E2BIG')
    expect(refusalOf(() => setxattr(handle, `user.${'x'.repeat(251)}`, bytes('01')))).toBe('ERANGE')
    expect(refusalOf(() => setxattr(handle, 'user.a\0b', bytes('01')))).toBe('EINVAL')
    expect(refusalOf(() => getxattr(handle, 'user.a\0b'))).toBe('EINVAL')
    expect(refusalOf(() => setxattr(handle, 'plain', bytes('01')))).toBe('EOPNOTSUPP')
    expect(attributesAt(tree.at(path))).toEqual({})
  })

  it('the object is meant, whatever becomes of its name', () => {
    rmSync(tree.at(path), { recursive: true })
    writeFileSync(tree.at(path), '')
    setxattr(handle, NAME, bytes('01'))
    expect(getxattr(handle, NAME)).toEqual(bytes('01'))
    expect(attributesAt(tree.at(path))).toEqual({})
  })
})

describe('by O_PATH handle', () => {
  it('a symlink is not followed: it can hold none, and its target gets none', () => {
    symlinkSync('file', tree.at('link'))
    using handle = pathHandle('link')
    expect(refusalOf(() => setxattr(handle, NAME, bytes('01')))).toBe('EPERM')
    expect(getxattr(handle, NAME)).toBeUndefined()
    expect(listxattr(handle)).toEqual([])
    expect(attributesAt(tree.at('file'))).toEqual({})
  })

  it('a fifo is not opened, and can hold none', () => {
    execFileSync('mkfifo', [tree.at('fifo')])
    using handle = pathHandle('fifo')
    expect(refusalOf(() => setxattr(handle, NAME, bytes('01')))).toBe('EPERM')
    expect(getxattr(handle, NAME)).toBeUndefined()
  })

  it('the permissions of the object count', () => {
    using handle = pathHandle('file')
    setxattr(handle, NAME, bytes('01'))
    chmodSync(tree.at('file'), 0)
    expect(refusalOf(() => asNobody(() => getxattr(handle, NAME)))).toBe('EACCES')
    expect(refusalOf(() => asNobody(() => setxattr(handle, NAME, bytes('02'))))).toBe('EACCES')
    expect(isRoot ? getxattr(handle, NAME) : bytes('01')).toEqual(bytes('01'))
    chmodSync(tree.at('file'), 0o600)
  })
})
