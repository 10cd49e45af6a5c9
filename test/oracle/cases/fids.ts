// Fids: unknown ones, used ones, open ones, and what happens to them when names change (reference §3.2).

import { expect } from 'vitest'
import { guestUid } from '../../../src/ids.js'
import * as wire from '../../../src/wire/constants.js'
import type { Body, Request } from '../../../src/wire/messages.js'
import {
  bytes,
  type Case,
  change,
  createFile,
  file,
  GID,
  name,
  names,
  openPath,
  outcomes,
  read,
  stat,
  statPath,
} from '../case.js'
import { sentOf } from '../messages.js'
import type { Pair } from '../pair.js'

const UNKNOWN = 77

type Refused = { [N in Request]: readonly [message: N, body: Body<N>] }[Request]

const lock = { fid: UNKNOWN, type: 0, start: 0n, length: 0n, procId: 1, clientId: 'host' }

const unknownIsEnoent: readonly Refused[] = [
  ['Tgetattr', { fid: UNKNOWN, requestMask: 0x7ff }],
  ['Twalk', { fid: UNKNOWN, newfid: 5, wnames: [] }],
  ['Twalk', { fid: UNKNOWN, newfid: 5, wnames: names('file') }],
  ['Tlopen', { fid: UNKNOWN, flags: 0 }],
  ['Tlcreate', { fid: UNKNOWN, name: name('a'), flags: 2, mode: file(0o644), gid: GID }],
  ['Tmknod', { dfid: UNKNOWN, name: name('a'), mode: file(0o644), major: 0, minor: 0, gid: GID }],
  ['Tmkdir', { dfid: UNKNOWN, name: name('a'), mode: 0o755, gid: GID }],
  ['Tlink', { dfid: UNKNOWN, fid: 0, name: name('a') }],
  ['Tlink', { dfid: 0, fid: UNKNOWN, name: name('a') }],
  ['Trename', { fid: UNKNOWN, dfid: 0, name: name('a') }],
  ['Trenameat', { olddirfid: UNKNOWN, oldname: name('a'), newdirfid: 0, newname: name('b') }],
  ['Trenameat', { olddirfid: 0, oldname: name('file'), newdirfid: UNKNOWN, newname: name('b') }],
  ['Treadlink', { fid: UNKNOWN }],
  ['Tstatfs', { fid: UNKNOWN }],
  ['Tfsync', { fid: UNKNOWN, datasync: 0 }],
  ['Tlock', { ...lock, flags: 0 }],
  ['Tgetlock', lock],
  ['Txattrwalk', { fid: UNKNOWN, newfid: 5, name: 'user.note' }],
  ['Tclunk', { fid: UNKNOWN }],
]

const unknownIsEinval: readonly Refused[] = [
  ['Tsetattr', change(UNKNOWN, { uid: 1 })],
  ['Tread', { fid: UNKNOWN, offset: 0, count: 1 }],
  ['Twrite', { fid: UNKNOWN, offset: 0, data: bytes('x') }],
  ['Tsymlink', { dfid: UNKNOWN, name: name('a'), symtgt: 'b', gid: GID }],
  ['Tunlinkat', { dirfid: UNKNOWN, name: name('a'), flags: 0 }],
  ['Tremove', { fid: UNKNOWN }],
  ['Treaddir', { fid: UNKNOWN, offset: 0n, count: 4096 }],
  ['Txattrcreate', { fid: UNKNOWN, name: 'user.note', attrSize: 1, flags: 0 }],
]

const refusalCase = ([message, body]: Refused, code: string, index: number): Case => ({
  title: `an unknown fid is ${code} to ${message} (${index})`,
  async run(pair) {
    expect(await pair.refusalOf(sentOf(message, body))).toBe(code)
  },
})

const makeDirectory = (pair: Pair, path: string, dfid = 0) =>
  pair.call('Tmkdir', { dfid, name: name(path), mode: 0o755, gid: GID })
const unlink = (pair: Pair, path: string, flags = 0) => pair.call('Tunlinkat', { dirfid: 0, name: name(path), flags })
const rename = (pair: Pair, oldname: string, newname: string) =>
  pair.call('Trenameat', { olddirfid: 0, oldname: name(oldname), newdirfid: 0, newname: name(newname) })

export const fidCases: readonly Case[] = [
  ...unknownIsEnoent.map((refused, index) => refusalCase(refused, 'ENOENT', index)),
  ...unknownIsEinval.map((refused, index) => refusalCase(refused, 'EINVAL', index)),
  {
    title: 'a walk to a fid in use is EINVAL, once it has arrived',
    async run(pair) {
      await pair.walk('file', 1)
      expect(await pair.refusal('Twalk', { fid: 0, newfid: 1, wnames: names('other') })).toBe('EINVAL')
      expect(await pair.refusal('Twalk', { fid: 0, newfid: 1, wnames: [] })).toBe('EINVAL')
      expect((await pair.call('Twalk', { fid: 0, newfid: 1, wnames: names('other', 'x') })).wqids).toHaveLength(1)
    },
  },
  {
    title: 'a walk from a fid to itself moves it, if it arrives and is not open',
    async run(pair) {
      await pair.walk('directory', 1)
      await pair.call('Twalk', { fid: 1, newfid: 1, wnames: names('nested', 'gone') })
      await pair.call('Twalk', { fid: 1, newfid: 1, wnames: names('nested') })
      await pair.call('Twalk', { fid: 1, newfid: 1, wnames: names('deep') })
      await pair.call('Tlopen', { fid: 1, flags: 0 })
      expect(await read(pair, 1)).toBe('deep')
      expect(await pair.refusal('Twalk', { fid: 1, newfid: 1, wnames: names('..') })).toBe('EINVAL')
      expect(await pair.refusal('Twalk', { fid: 1, newfid: 1, wnames: [] })).toBe('EINVAL')
    },
  },
  {
    title: 'a walk from an open fid to a new one is allowed',
    async run(pair) {
      await openPath(pair, 'directory', 1, 0)
      await pair.walk('inner', 2, 1)
      await pair.call('Tlopen', { fid: 2, flags: 0 })
      expect(await read(pair, 2)).toBe('inner')
    },
  },
  {
    title: 'what is open is opened and created through no second time',
    async run(pair) {
      await openPath(pair, 'file', 1)
      expect(await pair.refusal('Tlopen', { fid: 1, flags: 0 })).toBe('EINVAL')
      const created = { fid: 1, name: name('a'), flags: 2, mode: file(0o644), gid: GID }
      expect(await pair.refusal('Tlcreate', created)).toBe('EINVAL')
      expect(await pair.refusal('Txattrcreate', { fid: 1, name: 'user.a', attrSize: 1, flags: 0 })).toBe('EINVAL')
      await openPath(pair, 'directory', 2)
      expect(await pair.refusal('Tlcreate', { ...created, fid: 2 })).toBe('EINVAL')
    },
  },
  {
    title: 'Trename of an open fid is EINVAL; Trenameat and Tremove do not mind',
    async run(pair) {
      await openPath(pair, 'file', 1)
      expect(await pair.refusal('Trename', { fid: 1, dfid: 0, name: name('a') })).toBe('EINVAL')
      await rename(pair, 'file', 'a')
      await pair.call('Tremove', { fid: 1 })
      expect(await pair.refusal('Tclunk', { fid: 1 })).toBe('ENOENT')
    },
  },
  {
    title: 'Tread and Twrite of what is not open are EINVAL, Treaddir ENOTDIR',
    async run(pair) {
      await pair.walk('file', 1)
      expect(await pair.refusal('Tread', { fid: 1, offset: 0, count: 1 })).toBe('EINVAL')
      expect(await pair.refusal('Twrite', { fid: 1, offset: 0, data: bytes('x') })).toBe('EINVAL')
      expect(await pair.refusal('Treaddir', { fid: 0, offset: 0n, count: 4096 })).toBe('ENOTDIR')
      await pair.call('Tlopen', { fid: 1, flags: 0 })
      expect(await pair.refusal('Treaddir', { fid: 1, offset: 0n, count: 4096 })).toBe('ENOTDIR')
    },
  },
  {
    title: 'Tremove lets the fid go even where it is refused',
    async run(pair) {
      await pair.attach(1, 0)
      const refused = await outcomes(pair.send('Tremove', { fid: 1 }))
      expect(refused[1]).toBe('EINVAL')
    },
  },
  {
    title: 'Tremove of a directory that holds something is ENOTEMPTY, and its fid is gone',
    models: ['mapped-xattr', 'passthrough', 'none'],
    async run(pair) {
      await pair.walk('directory', 1)
      expect(await pair.refusal('Tremove', { fid: 1 })).toBe('ENOTEMPTY')
      expect(await pair.refusal('Tgetattr', { fid: 1, requestMask: 0 })).toBe('ENOENT')
    },
  },
  {
    title: 'Tremove of an empty directory removes it',
    async run(pair) {
      await makeDirectory(pair, 'a')
      await pair.walk('a', 1)
      await pair.call('Tremove', { fid: 1 })
      expect(await pair.refusal('Twalk', { fid: 0, newfid: 1, wnames: names('a') })).toBe('ENOENT')
    },
  },
  {
    title: 'the root cannot be renamed',
    async run(pair) {
      await pair.attach(1, 0)
      await pair.walk('empty', 2)
      expect(await pair.refusal('Trename', { fid: 1, dfid: 0, name: name('a') })).toBe('EBUSY')
      expect(await pair.refusal('Trename', { fid: 1, dfid: 2, name: name('a') })).toBe('EBUSY')
    },
  },
  {
    title: 'the root is not renamed into what is no directory',
    async run(pair) {
      await pair.walk('file', 1)
      expect(await pair.refusal('Trename', { fid: 0, dfid: 1, name: name('a') })).toBe('ENOTDIR')
    },
  },
  {
    title: 'no directory fid for the new name means the old one’s directory',
    async run(pair) {
      await pair.walk('directory/inner', 1)
      await pair.call('Trename', { fid: 1, dfid: wire.NOFID, name: name('a') })
      await pair.walk('directory/a', 2)
      await pair.walk('directory', 3)
      const moved = { olddirfid: 3, oldname: name('a'), newdirfid: wire.NOFID, newname: name('b') }
      await pair.call('Trenameat', moved)
      await pair.walk('directory/b', 4)
    },
  },
  {
    title: 'fids of a renamed directory and below it follow',
    async run(pair) {
      await pair.walk('directory', 1)
      await pair.walk('directory/nested/deep', 2)
      await rename(pair, 'directory', 'a')
      await pair.walk('inner', 3, 1)
      await stat(pair, 2)
      await pair.call('Tsetattr', change(2, { mtime: [5, 6] }))
      await pair.walk('a/nested/deep', 4)
      expect((await stat(pair, 4)).mtimeSec).toBe(5)
    },
  },
  {
    title: 'a fid of a name that merely begins alike does not follow',
    async run(pair) {
      await makeDirectory(pair, 'ab')
      await makeDirectory(pair, 'a')
      await pair.walk('ab', 1)
      await rename(pair, 'a', 'c')
      await makeDirectory(pair, 'in', 1)
      await pair.walk('ab/in', 2)
    },
  },
  {
    title: 'an open file whose name was removed is read, written, synced and asked about',
    async run(pair) {
      await openPath(pair, 'file', 1)
      await unlink(pair, 'file')
      await unlink(pair, 'hard')
      expect(await read(pair, 1)).toBe('The quick brown fox\n')
      await pair.call('Twrite', { fid: 1, offset: 4, data: bytes('slow ') })
      await pair.call('Tfsync', { fid: 1, datasync: 0 })
      expect((await stat(pair, 1)).nlink).toBe(0)
    },
  },
  {
    title: 'a removed file that is not open is asked about by us alone',
    async run(pair) {
      await pair.walk('other', 1)
      await unlink(pair, 'other')
      expect(await outcomes(pair.send('Tgetattr', { fid: 1, requestMask: 0x7ff }))).toEqual(['ENOENT', 'Rgetattr'])
      expect(await outcomes(pair.send('Tstatfs', { fid: 1 }))).toEqual(['ENOENT', 'Rstatfs'])
    },
  },
  {
    title: 'a removed file that is open is changed by us alone',
    async run(pair) {
      await openPath(pair, 'file', 1)
      await unlink(pair, 'file')
      expect(await outcomes(pair.send('Tsetattr', change(1, { size: 3 })))).toEqual(['ENOENT', 'Rsetattr'])
    },
  },
  {
    title: 'an old fid of a name that was made again changes the new object in QEMU, and the old one with us',
    async run(pair) {
      await pair.walk('other', 1)
      await unlink(pair, 'other')
      await createFile(pair, 'other', 2)
      await pair.send('Tsetattr', change(1, { mtime: [5, 6] }))
      expect(pair.diverged?.because).toContain('rows 1 to 3')
      const { qemu, ours } = await pair.look('Tgetattr', { fid: 2, requestMask: 0x7ff })
      const times = [qemu, ours].map((reply) => reply.message === 'Rgetattr' && reply.body.mtimeSec)
      expect([times[0] === 5, times[1] === 5]).toEqual([true, false])
    },
  },
  {
    title: 'an attribute written through an old fid of a name that was made again goes to the new object in QEMU',
    async run(pair) {
      await pair.walk('other', 1)
      await pair.call('Txattrcreate', { fid: 1, name: 'user.a', attrSize: 1, flags: 0 })
      await pair.call('Twrite', { fid: 1, offset: 0, data: bytes('x') })
      await unlink(pair, 'other')
      await createFile(pair, 'other', 2)
      await pair.send('Tclunk', { fid: 1 })
      expect(await outcomes(pair.look('Txattrwalk', { fid: 2, newfid: 3, name: 'user.a' }))).toEqual([
        'Rxattrwalk',
        'ENODATA',
      ])
    },
  },
  {
    title: 'fids of a file that was replaced become the new one in QEMU',
    async run(pair) {
      await pair.walk('other', 1)
      await rename(pair, 'file', 'other')
      const { qemu, ours } = await pair.send('Tgetattr', { fid: 1, requestMask: 0x7ff })
      const sizes = [qemu, ours].map((reply) => reply.message === 'Rgetattr' && reply.body.size)
      expect(sizes).toEqual([20, 0])
    },
  },
  {
    title: 'Trename leaves a fid that its loop comes to later with the old path',
    async run(pair) {
      await pair.walk('other', 1)
      await pair.walk('other', 3)
      await pair.call('Trename', { fid: 1, dfid: 0, name: name('a') })
      expect(await outcomes(pair.look('Tgetattr', { fid: 1, requestMask: 0 }))).toEqual(['Rgetattr', 'Rgetattr'])
      expect(await outcomes(pair.look('Tgetattr', { fid: 3, requestMask: 0 }))).toEqual(['ENOENT', 'Rgetattr'])
    },
  },
  {
    title: 'Tclunk gives the number free at once',
    async run(pair) {
      await openPath(pair, 'file', 1)
      await pair.call('Tclunk', { fid: 1 })
      await openPath(pair, 'directory/inner', 1)
      expect(await read(pair, 1)).toBe('inner')
      await pair.call('Tclunk', { fid: 0 })
      expect(await pair.refusal('Tclunk', { fid: 0 })).toBe('ENOENT')
    },
  },
  {
    title: 'each fid has the user of the root that it was walked from',
    models: ['mapped-xattr', 'mapped-file', 'passthrough'],
    async run(pair) {
      await pair.call('Tattach', { fid: 4, afid: wire.NOFID, uname: '', aname: '', nUname: guestUid(77) })
      await makeDirectory(pair, 'a', 0)
      await makeDirectory(pair, 'b', 4)
      expect((await statPath(pair, 'a')).uid).toBe(1000)
      expect((await statPath(pair, 'b')).uid).toBe(77)
    },
  },
]
