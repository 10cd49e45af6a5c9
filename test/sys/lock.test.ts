// Locks of open file descriptions: two opens of one file stand for two owners, in one process or in many.

import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nameFromText } from '../../src/name.js'
import { F_RDLCK, F_UNLCK, F_WRLCK, O_RDWR } from '../../src/sys/constants.js'
import type { Fd } from '../../src/sys/fd.js'
import { findRangeLock, setRangeLock, tryFlock } from '../../src/sys/lock.js'
import { openPath, reopen } from '../../src/sys/open.js'
import { HostTree } from '../support/host/tree.js'
import { refusalOf } from '../support/refusal.js'

let tree: HostTree
let ours: Fd
let theirs: Fd
beforeEach(() => {
  tree = new HostTree()
  writeFileSync(tree.at('file'), '')
  using handle = openPath(tree.root, nameFromText('file'))
  ours = reopen(handle!, O_RDWR)
  theirs = reopen(handle!, O_RDWR)
})
afterEach(() => {
  ours.close()
  theirs.close()
  tree[Symbol.dispose]()
})

const range = (type: number, start: bigint, length: bigint) => ({ type, start, length })

describe('a range', () => {
  it('that one owner writes to is closed to another, and to nobody beside it', () => {
    expect(setRangeLock(ours, range(F_WRLCK, 10n, 10n))).toBe(true)
    expect(setRangeLock(theirs, range(F_RDLCK, 19n, 1n))).toBe(false)
    expect(setRangeLock(theirs, range(F_WRLCK, 20n, 5n))).toBe(true)
    expect(setRangeLock(theirs, range(F_WRLCK, 0n, 10n))).toBe(true)
  })

  it('may be read by several', () => {
    expect(setRangeLock(ours, range(F_RDLCK, 0n, 0n))).toBe(true)
    expect(setRangeLock(theirs, range(F_RDLCK, 0n, 0n))).toBe(true)
    expect(setRangeLock(theirs, range(F_WRLCK, 0n, 1n))).toBe(false)
  })

  it('of length 0 reaches to the end, wherever that is', () => {
    expect(setRangeLock(ours, range(F_WRLCK, 100n, 0n))).toBe(true)
    expect(setRangeLock(theirs, range(F_WRLCK, 2n ** 62n, 1n))).toBe(false)
    expect(findRangeLock(theirs, range(F_RDLCK, 500n, 1n))).toEqual(range(F_WRLCK, 100n, 0n))
  })

  it('in the way is found, one’s own is not', () => {
    setRangeLock(ours, range(F_WRLCK, 10n, 10n))
    expect(findRangeLock(theirs, range(F_WRLCK, 0n, 100n))).toEqual(range(F_WRLCK, 10n, 10n))
    expect(findRangeLock(ours, range(F_WRLCK, 0n, 100n))).toBeUndefined()
    expect(findRangeLock(theirs, range(F_WRLCK, 20n, 100n))).toBeUndefined()
  })

  it('is free again when it is released or its owner closes', () => {
    setRangeLock(ours, range(F_WRLCK, 0n, 0n))
    setRangeLock(ours, range(F_UNLCK, 0n, 50n))
    expect(setRangeLock(theirs, range(F_WRLCK, 0n, 50n))).toBe(true)
    expect(setRangeLock(theirs, range(F_WRLCK, 50n, 1n))).toBe(false)
    ours.close()
    expect(setRangeLock(theirs, range(F_WRLCK, 0n, 0n))).toBe(true)
  })

  it('that makes no sense is refused', () => {
    expect(refusalOf(() => setRangeLock(ours, range(F_WRLCK, -1n, 1n)))).toBe('EINVAL')
  })
})

describe('a whole file', () => {
  it('is held by one alone, or by several together', () => {
    expect(tryFlock(ours, 'exclusive')).toBe(true)
    expect(tryFlock(theirs, 'shared')).toBe(false)
    expect(tryFlock(ours, 'shared')).toBe(true)
    expect(tryFlock(theirs, 'shared')).toBe(true)
    expect(tryFlock(theirs, 'exclusive')).toBe(false)
    ours.close()
    expect(tryFlock(theirs, 'exclusive')).toBe(true)
  })

  it('may be a directory', () => {
    using root = reopen(tree.root, 0)
    expect(tryFlock(tree.root, 'exclusive')).toBe(true)
    expect(tryFlock(root, 'exclusive')).toBe(false)
  })
})
