// An export that nobody may change (reference §3.15).

import { expect } from 'vitest'
import { guestUid } from '../../../src/ids.js'
import * as wire from '../../../src/wire/constants.js'
import type { Body, Request } from '../../../src/wire/messages.js'
import { bytes, type Case, change, file, getAttribute, GID, name, openPath, outcomes, read, real } from '../case.js'
import { sentOf } from '../messages.js'

type Refused = { [N in Request]: readonly [message: N, body: Body<N>] }[Request]

/** With fids and names that are wrong besides: nothing of a request is looked at. */
const changing: readonly Refused[] = [77, 0].flatMap((fid): Refused[] => [
  ['Tlcreate', { fid, name: name('..'), flags: 0, mode: file(0o644), gid: GID }],
  ['Tsymlink', { dfid: fid, name: name('a'), symtgt: 'b', gid: GID }],
  ['Tmknod', { dfid: fid, name: name('a'), mode: file(0o644), major: 0, minor: 0, gid: GID }],
  ['Trename', { fid, dfid: fid, name: name('a/b') }],
  ['Tsetattr', change(fid, { uid: 3 })],
  ['Tsetattr', change(fid, {})],
  ['Txattrcreate', { fid, name: 'user.a', attrSize: 1, flags: 77 }],
  ['Tlink', { dfid: fid, fid, name: name('a') }],
  ['Tmkdir', { dfid: fid, name: name(''), mode: 0o755, gid: GID }],
  ['Trenameat', { olddirfid: fid, oldname: name('a'), newdirfid: fid, newname: name('b') }],
  ['Tunlinkat', { dirfid: fid, name: name('file'), flags: 3 }],
  ['Twrite', { fid, offset: 2 ** 63, data: bytes('x') }],
  ['Tremove', { fid }],
])

async function open(pair: Parameters<Case['run']>[0], path: string, flags: number): Promise<string> {
  await pair.walk(path, 60)
  const [qemu] = await outcomes(pair.send('Tlopen', { fid: 60, flags }))
  await pair.call('Tclunk', { fid: 60 })
  return qemu
}

export const readOnlyCases: readonly Case[] = [
  ...changing.map(([message, body], index): Case => ({
    title: `${message} is EROFS before anything of it is looked at (${index})`,
    as: 'read-only',
    async run(pair) {
      expect(await pair.refusalOf(sentOf(message, body))).toBe('EROFS')
    },
  })),
  {
    title: 'Tremove keeps its fid',
    as: 'read-only',
    async run(pair) {
      await pair.walk('file', 1)
      expect(await pair.refusal('Tremove', { fid: 1 })).toBe('EROFS')
      await pair.call('Tgetattr', { fid: 1, requestMask: 0x7ff })
    },
  },
  {
    title: 'everything that only asks is answered',
    as: 'read-only',
    async run(pair) {
      await openPath(pair, 'file', 1, 0)
      expect(await read(pair, 1)).toBe('The quick brown fox\n')
      await pair.call('Tstatfs', { fid: 1 })
      await pair.call('Tfsync', { fid: 1, datasync: 0 })
      const lock = { type: 0, start: 0n, length: 0n, procId: 1, clientId: 'x' }
      await pair.call('Tlock', { fid: 1, flags: 0, ...lock })
      await pair.call('Tgetlock', { fid: 1, ...lock })
      await pair.call('Treadlink', { fid: await pair.walk('link', 2) })
      expect(await getAttribute(pair, 'file', 'user.note')).toBe('jumps')
      expect(await getAttribute(pair, 'file', '')).toContain('user.note')
      await openPath(pair, 'directory', 3, 0)
      await pair.call('Treaddir', { fid: 3, offset: 0n, count: 4096 })
      const auth = { afid: 3, uname: '', aname: '', nUname: guestUid(0) }
      expect(await pair.refusal('Tauth', auth)).toBe('EOPNOTSUPP')
    },
  },
  {
    title: 'a file opens for reading alone: writing, TRUNC and APPEND are EROFS, CREATE and EXCL do not matter',
    as: 'read-only',
    async run(pair) {
      for (const access of [1, 2, 3]) expect(await open(pair, 'file', access)).toBe('EROFS')
      for (const flag of [wire.DOTL_TRUNC, wire.DOTL_APPEND]) expect(await open(pair, 'file', flag)).toBe('EROFS')
      for (const flag of [wire.DOTL_CREATE, wire.DOTL_EXCL, wire.DOTL_DIRECT, wire.DOTL_SYNC]) {
        expect(await open(pair, 'file', flag)).toBe('Rlopen')
      }
    },
  },
  {
    title: 'a directory opens with any flags',
    as: 'read-only',
    async run(pair) {
      for (const flags of [1, 2, 3, wire.DOTL_TRUNC, wire.DOTL_APPEND, wire.DOTL_CREATE]) {
        expect(await open(pair, 'directory', flags)).toBe('Rlopen')
      }
    },
  },
  {
    title: 'symlinks, devices and fifos are refused for what they are, or for writing',
    models: real,
    as: 'read-only',
    async run(pair) {
      for (const path of ['link', 'fifo', 'null']) for (const flags of [0, 2]) await open(pair, path, flags)
    },
  },
  {
    title: 'fids that are wrong are told as on any export',
    as: 'read-only',
    async run(pair) {
      expect(await pair.refusal('Tgetattr', { fid: 77, requestMask: 0 })).toBe('ENOENT')
      expect(await pair.refusal('Tread', { fid: 77, offset: 0, count: 0 })).toBe('EINVAL')
      expect(await pair.refusal('Tclunk', { fid: 77 })).toBe('ENOENT')
    },
  },
]
