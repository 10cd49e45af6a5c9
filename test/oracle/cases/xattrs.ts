// Extended attributes: how they are read and written (reference §3.13).

import { expect } from 'vitest'
import { XATTR_CREATE, XATTR_REPLACE } from '../../../src/wire/constants.js'
import { bytes, type Case, createFile, getAttribute, outcomes, read, setAttribute, stat, name } from '../case.js'
import type { Pair } from '../pair.js'

const DONE = ['Rclunk', 'Rclunk']
const both = (code: string): string[] => [code, code]

/** The names in a list. */
const namesIn = (list: string): string[] =>
  list
    .split('\0')
    .filter((text) => text !== '')
    .sort()

const create = (pair: Pair, attribute: string, attrSize: number, flags = 0, fid = 1) =>
  pair.call('Txattrcreate', { fid, name: attribute, attrSize, flags })
const clunk = (pair: Pair, fid = 1) => outcomes(pair.send('Tclunk', { fid }))
const write = (pair: Pair, text: string, offset = 0, fid = 1) => pair.call('Twrite', { fid, offset, data: bytes(text) })

export const xattrCases: readonly Case[] = [
  {
    title: 'an attribute is set, read, listed, replaced and removed',
    async run(pair) {
      for (const path of ['file', 'directory', '', 'unowned', 'caf\xe9']) {
        expect(await setAttribute(pair, path, 'user.a', 'first')).toEqual(DONE)
        expect(await getAttribute(pair, path, 'user.a')).toBe('first')
        expect(namesIn(await getAttribute(pair, path, ''))).toContain('user.a')
        expect(await setAttribute(pair, path, 'user.a', 'second, and longer')).toEqual(DONE)
        expect(await setAttribute(pair, path, 'user.a', '')).toEqual(DONE)
        expect(await getAttribute(pair, path, 'user.a')).toBe('ENODATA')
      }
    },
  },
  {
    title: 'CREATE wants it absent, REPLACE present, and both together nothing that can be',
    async run(pair) {
      expect(await setAttribute(pair, 'file', 'user.note', 'x', XATTR_CREATE)).toEqual(both('EEXIST'))
      expect(await setAttribute(pair, 'file', 'user.a', 'x', XATTR_REPLACE)).toEqual(both('ENODATA'))
      expect(await setAttribute(pair, 'file', 'user.a', 'x', XATTR_CREATE)).toEqual(DONE)
      expect(await setAttribute(pair, 'file', 'user.a', 'y', XATTR_REPLACE)).toEqual(DONE)
      await setAttribute(pair, 'file', 'user.a', 'z', XATTR_CREATE | XATTR_REPLACE)
      await setAttribute(pair, 'file', 'user.b', 'z', XATTR_CREATE | XATTR_REPLACE)
    },
  },
  {
    title: 'other flags are EINVAL, a value of more than 65536 bytes E2BIG, before the fid is looked at',
    async run(pair) {
      await pair.walk('file', 1)
      for (const fid of [1, 77]) {
        const body = { fid, name: 'user.a', attrSize: 1, flags: 0 }
        for (const flags of [4, 8, 0x8000_0000]) {
          expect(await pair.refusal('Txattrcreate', { ...body, flags })).toBe('EINVAL')
        }
        for (const attrSize of [65_537, 2 ** 40]) {
          expect(await pair.refusal('Txattrcreate', { ...body, attrSize })).toBe('E2BIG')
        }
      }
    },
  },
  {
    title: 'a value is as long as was announced, or it is not set',
    async run(pair) {
      for (const [announced, written] of [
        [3, 'xx'],
        [3, ''],
        [65_536, 'x'],
      ] as const) {
        await pair.walk('file', 1)
        await create(pair, 'user.a', announced)
        if (written !== '') await write(pair, written)
        expect(await clunk(pair)).toEqual(both('EINVAL'))
      }
      expect(await getAttribute(pair, 'file', 'user.a')).toBe('ENODATA')
    },
  },
  {
    title: 'what does not fit the announced length is cut, and behind it is no room',
    async run(pair) {
      await pair.walk('file', 1)
      await create(pair, 'user.a', 4)
      expect((await write(pair, 'eight by')).count).toBe(4)
      expect((await write(pair, 'more', 4)).count).toBe(0)
      expect(await pair.refusal('Twrite', { fid: 1, offset: 5, data: bytes('x') })).toBe('ENOSPC')
      expect(await clunk(pair)).toEqual(DONE)
      expect(await getAttribute(pair, 'file', 'user.a')).toBe('eigh')
    },
  },
  {
    title: 'a value is written in pieces, in any order, and bytes written twice count twice',
    async run(pair) {
      await pair.walk('file', 1)
      await create(pair, 'user.a', 6)
      await write(pair, 'def', 3)
      await write(pair, 'abc', 0)
      expect(await clunk(pair)).toEqual(DONE)
      expect(await getAttribute(pair, 'file', 'user.a')).toBe('abcdef')
      await pair.walk('file', 1)
      await create(pair, 'user.a', 6)
      await write(pair, 'abc', 0)
      await write(pair, 'abc', 0)
      expect(await clunk(pair)).toEqual(DONE)
      expect(await getAttribute(pair, 'file', 'user.a')).toBe('abc\0\0\0')
    },
  },
  {
    title: 'the host’s refusal of a value is told when the fid goes, which it does',
    async run(pair) {
      await pair.walk('file', 1)
      await create(pair, 'user.', 1)
      await write(pair, 'x')
      expect(await clunk(pair)).toEqual(both('EINVAL'))
      expect(await pair.refusal('Tclunk', { fid: 1 })).toBe('ENOENT')
    },
  },
  {
    title: 'an absent attribute is not removed',
    async run(pair) {
      expect(await setAttribute(pair, 'file', 'user.gone', '')).toEqual(both('ENODATA'))
    },
  },
  {
    title: 'a fid that became an attribute is no file any more',
    async run(pair) {
      await pair.walk('file', 1)
      await create(pair, 'user.a', 3)
      expect(await pair.refusal('Tlopen', { fid: 1, flags: 0 })).toBe('EINVAL')
      expect(await pair.refusal('Txattrcreate', { fid: 1, name: 'user.b', attrSize: 1, flags: 0 })).toBe('EINVAL')
      expect(await pair.refusal('Trename', { fid: 1, dfid: 0, name: name('b') })).toBe('EINVAL')
      expect(await pair.refusal('Treaddir', { fid: 1, offset: 0n, count: 4096 })).toBe('ENOTDIR')
      await stat(pair, 1)
    },
  },
  {
    title: 'an attribute that is being written is read from QEMU alone',
    async run(pair) {
      await pair.walk('file', 1)
      await create(pair, 'user.a', 3)
      expect(await outcomes(pair.send('Tread', { fid: 1, offset: 0, count: 3 }))).toEqual(['Rread', 'EINVAL'])
    },
  },
  {
    title: 'an attribute is read as it was when it was walked to, at any offset',
    async run(pair) {
      await setAttribute(pair, 'file', 'user.a', 'before')
      await pair.walk('file', 1)
      expect((await pair.call('Txattrwalk', { fid: 1, newfid: 2, name: 'user.a' })).size).toBe(6)
      await setAttribute(pair, 'file', 'user.a', 'and after')
      expect(await read(pair, 2, 0, 100)).toBe('before')
      expect(await read(pair, 2, 2, 3)).toBe('for')
      expect(await read(pair, 2, 6, 3)).toBe('')
      expect(await read(pair, 2, 2 ** 62, 3)).toBe('')
    },
  },
  {
    title: 'what is written to an attribute that was walked to is seen by its fid alone',
    async run(pair) {
      await pair.walk('file', 1)
      await pair.call('Txattrwalk', { fid: 1, newfid: 2, name: 'user.note' })
      expect((await write(pair, 'XY', 1, 2)).count).toBe(2)
      expect((await write(pair, 'much longer', 3, 2)).count).toBe(2)
      expect(await pair.refusal('Twrite', { fid: 2, offset: 6, data: bytes('x') })).toBe('ENOSPC')
      expect(await read(pair, 2)).toBe('jXYmu')
      expect(await clunk(pair, 2)).toEqual(DONE)
      expect(await getAttribute(pair, 'file', 'user.note')).toBe('jumps')
    },
  },
  {
    title: 'an attribute is walked to from an open fid too, and to a new fid only',
    async run(pair) {
      await createFile(pair, 'a', 1)
      await pair.call('Txattrwalk', { fid: 1, newfid: 2, name: '' })
      expect(await pair.refusal('Txattrwalk', { fid: 1, newfid: 2, name: '' })).toBe('EINVAL')
      expect(await pair.refusal('Txattrwalk', { fid: 1, newfid: 1, name: '' })).toBe('EINVAL')
      expect(await pair.refusal('Txattrwalk', { fid: 1, newfid: 3, name: 'user.gone' })).toBe('ENODATA')
      expect(await pair.refusal('Tclunk', { fid: 3 })).toBe('ENOENT')
    },
  },
  {
    title: 'no attribute is half set when a new version is agreed on',
    async run(pair) {
      await pair.walk('file', 1)
      await create(pair, 'user.a', 3)
      await write(pair, 'xx')
      await pair.begin()
      expect(await getAttribute(pair, 'file', 'user.a')).toBe('ENODATA')
    },
  },
]
