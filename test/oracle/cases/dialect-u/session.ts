// How a session of 9P2000.u starts and refuses, and an export that nobody may change (reference §3.1, §3.15, §3.16).

import { expect } from 'vitest'
import { guestUid } from '../../../../src/ids.js'
import * as wire from '../../../../src/wire/constants.js'
import type { Body, Request } from '../../../../src/wire/messages.js'
import {
  bytes,
  type Case,
  change,
  createFile,
  file,
  getAttribute,
  GID,
  name,
  names,
  openPath,
  outcomes,
  read,
  setAttribute,
  stat,
} from '../../case.js'
import { caseOfU, creating, firstRecords, openByte, recordOfPath, wstat } from '../../case-u.js'
import { sentOf } from '../../messages.js'
import type { Pair } from '../../pair.js'

type Refused = { [N in Request]: readonly [message: N, body: Body<N>] }[Request]

/** With fids and names that are wrong besides: nothing of a request is looked at. */
const changing: readonly Refused[] = [77, 0].flatMap((fid): Refused[] => [
  ['Tcreate', creating(fid, '..')],
  ['Tcreate', creating(fid, 'a/b', { perm: wire.DMDIR })],
  ['Tcreate', creating(fid, 'a', { perm: wire.DMDEVICE, extension: '' })],
  ['Twstat', wstat(fid, { name: name('a/b') })],
  ['Twstat', wstat(fid, { mode: wire.DMSYMLINK })],
  ['Twstat', wstat(fid, {})],
  ['Twrite', { fid, offset: 0, data: bytes('x') }],
  ['Tremove', { fid }],
])

async function open(pair: Pair, path: string, mode: number): Promise<readonly [qemu: string, ours: string]> {
  await pair.walk(path, 60)
  return outcomes(pair.send('Topen', { fid: 60, mode }))
}

export const sessionCasesOfU: readonly Case[] = [
  ...[4096, 8192, 1 << 20].map((msize) =>
    caseOfU({
      title: `an msize of ${msize} is agreed to with 9P2000.u`,
      async run(pair) {
        const asked = { msize, version: '9P2000.u' }
        expect(await pair.call('Tversion', asked)).toEqual(asked)
      },
    }),
  ),
  caseOfU({
    title: 'an msize that is too small is refused in 9P2000.u’s words',
    async run(pair) {
      const { qemu } = await pair.send('Tversion', { msize: 4095, version: '9P2000.u' })
      expect(qemu.body).toEqual({ ename: 'Message too long', errno: 90 })
    },
  }),
  caseOfU({
    title: 'iounit is computed from msize as in 9P2000.L',
    async run(pair) {
      for (const msize of [4096, 65_536, 131_072, 512_000]) {
        await pair.begin(1000, msize)
        await pair.walk('file', 1)
        const { iounit } = await pair.call('Topen', { fid: 1, mode: 0 })
        expect(iounit).toBe(msize - 24 - ((msize - 24) % 4096) || msize - 24)
      }
    },
  }),
  caseOfU({
    title: 'refusals are Rerror, of every number and its text',
    async run(pair) {
      const refusals: readonly (readonly [Refused, string])[] = [
        [['Twalk', { fid: 0, newfid: 1, wnames: names('gone') }], 'ENOENT'],
        [['Twalk', { fid: 0, newfid: 0, wnames: Array.from({ length: 17 }, () => name('.')) }], 'EINVAL'],
        [['Tauth', { afid: 3, uname: '', aname: '', nUname: guestUid(0) }], 'EOPNOTSUPP'],
        [['Tcreate', creating(0, 'file', { perm: wire.DMDIR })], 'EEXIST'],
        [['Tcreate', creating(0, 'x'.repeat(256))], 'ENAMETOOLONG'],
        [['Txattrwalk', { fid: 0, newfid: 1, name: 'user.gone' }], 'ENODATA'],
        [['Txattrcreate', { fid: 0, name: 'user.a', attrSize: 65_537, flags: 0 }], 'E2BIG'],
        [['Tunlinkat', { dirfid: 0, name: name('directory'), flags: 0 }], 'EISDIR'],
      ]
      for (const [[message, body], code] of refusals) expect(await pair.refusalOf(sentOf(message, body))).toBe(code)
    },
  }),
  caseOfU({
    title: 'requests of 9P2000.L that ask are answered as there',
    async run(pair) {
      for (const path of ['file', 'directory', 'null', 'link']) {
        await stat(pair, await pair.walk(path, 1))
        if (path !== 'link') await pair.call('Tclunk', { fid: 1 })
      }
      expect((await pair.call('Treadlink', { fid: 1 })).target).toBe('file')
      await pair.call('Tstatfs', { fid: 0 })
      expect(await getAttribute(pair, 'file', 'user.note')).toBe('jumps')
      const lock = { fid: await openPath(pair, 'file', 2), type: 1, start: 0n, length: 0n, procId: 1, clientId: 'host' }
      await pair.call('Tlock', { ...lock, flags: 0 })
      await pair.call('Tgetlock', lock)
      await pair.call('Tfsync', { fid: 2, datasync: 1 })
      await pair.call('Tflush', { oldtag: 7 })
    },
  }),
  caseOfU({
    title: 'requests of 9P2000.L that change something do so as there',
    async run(pair) {
      await createFile(pair, 'a', 1, 'made')
      await pair.call('Tsetattr', change(1, { mtime: [5, 6] }))
      await pair.call('Tmkdir', { dfid: 0, name: name('d'), mode: 0o2750, gid: GID })
      await pair.call('Tsymlink', { dfid: 0, name: name('s'), symtgt: 'a', gid: GID })
      await pair.call('Tmknod', { dfid: 0, name: name('n'), mode: file(0o640), major: 0, minor: 0, gid: GID })
      await pair.call('Tlink', { dfid: await pair.walk('d', 2), fid: 1, name: name('b') })
      await pair.call('Trenameat', { olddirfid: 0, oldname: name('s'), newdirfid: 2, newname: name('t') })
      await pair.call('Trename', { fid: await pair.walk('n', 3), dfid: 2, name: name('m') })
      await pair.call('Tunlinkat', { dirfid: 2, name: name('b'), flags: 0 })
      expect(await setAttribute(pair, 'a', 'user.new', 'value')).toEqual(['Rclunk', 'Rclunk'])
      await pair.call('Tremove', { fid: 3 })
      expect((await recordOfPath(pair, 'a')).mtime).toBe(5)
    },
  }),
  ...changing.map(([message, body], index) =>
    caseOfU({
      title: `in 9P2000.u too, ${message} is EROFS before anything of it is looked at (${index})`,
      as: 'read-only',
      async run(pair) {
        expect(await pair.refusalOf(sentOf(message, body))).toBe('EROFS')
      },
    }),
  ),
  caseOfU({
    title: 'everything that only asks in 9P2000.u is answered on a read-only export',
    as: 'read-only',
    async run(pair) {
      expect(await read(pair, await openByte(pair, 'file', 1, 0))).toBe('The quick brown fox\n')
      await firstRecords(pair, await openByte(pair, 'directory', 2, wire.ORDWR | wire.OTRUNC))
      for (const path of ['', 'file', 'link', 'null']) await recordOfPath(pair, path)
      for (const mode of [wire.OWRITE, wire.ORDWR, wire.ORDWR | wire.OTRUNC, wire.OWRITE | wire.OAPPEND]) {
        expect(await pair.refusal('Topen', { fid: await pair.walk('other', mode + 10), mode })).toBe('EROFS')
      }
    },
  }),
  ...(
    [
      ['OTRUNC for reading empties a file', wire.OTRUNC, 'Ropen', 'EROFS'],
      ['OAPPEND for reading is no reason to refuse', wire.OAPPEND, 'Ropen', 'EROFS'],
      ['OEXEC is for writing', wire.OEXEC, 'EROFS', 'Ropen'],
    ] as const
  ).map(([what, mode, ...expected]) =>
    caseOfU({
      title: `on a read-only export ${what}, to QEMU`,
      as: 'read-only',
      async run(pair) {
        expect(await open(pair, 'file', mode)).toEqual(expected)
      },
    }),
  ),
]
