// Twstat: every field but the name (reference §3.18).

import { expect } from 'vitest'
import { guestGid, guestUid } from '../../../../src/ids.js'
import * as wire from '../../../../src/wire/constants.js'
import { bytes, type Case, GID, mapped, name, outcomes, read, real } from '../../case.js'
import { caseOfU, changePath, make, openByte, record, recordOfPath, refusedChange, wstat } from '../../case-u.js'

const TYPES = {
  directory: wire.DMDIR,
  symlink: wire.DMSYMLINK,
  link: wire.DMLINK,
  device: wire.DMDEVICE,
  fifo: wire.DMNAMEDPIPE,
  socket: wire.DMSOCKET,
}

export const changeCases: readonly Case[] = [
  caseOfU({
    title: 'permissions, set-id and sticky bits are changed, and nothing else is',
    async run(pair) {
      for (const mode of [0, 0o644, 0o777, wire.DMSETUID | 0o711, wire.DMSETGID | wire.DMSETVTX | 0o750]) {
        await changePath(pair, 'other', { mode })
        expect(await recordOfPath(pair, 'other')).toMatchObject({ mode, nUid: 1001, nGid: 1001 })
      }
      await changePath(pair, 'directory', { mode: (wire.DMDIR | wire.DMSETGID | 0o770) >>> 0 })
    },
    models: ['mapped-xattr', 'mapped-file', 'passthrough'],
  }),
  ...Object.entries(TYPES).map(([type, bit]) =>
    caseOfU({
      title: `a file does not become a ${type}: EIO, and what else is asked for is not done`,
      async run(pair) {
        expect(await refusedChange(pair, 'file', { mode: (bit | 0o600) >>> 0 })).toBe('EIO')
        expect(await refusedChange(pair, 'file', { mode: (bit | 0o600) >>> 0, extension: 'c 1 3' })).toBe('EIO')
        expect(await refusedChange(pair, 'directory', { mode: bit === wire.DMDIR ? 0o700 : bit | 0o700 })).toBe('EIO')
      },
    }),
  ),
  ...(
    [
      ['fifo', wire.DMNAMEDPIPE],
      ['socket', wire.DMSOCKET],
      ['link', wire.DMSYMLINK],
    ] as const
  ).map(([path, type]) =>
    caseOfU({
      title: `the permissions of "${path}" are changed where a mapped model keeps them`,
      models: mapped,
      async run(pair) {
        await changePath(pair, path, { mode: type | wire.DMSETVTX | 0o600 })
        expect((await recordOfPath(pair, path)).mode).toBe(type | wire.DMSETVTX | 0o600)
      },
    }),
  ),
  caseOfU({
    title: 'a char device that is called one stays one',
    models: mapped,
    async run(pair) {
      await changePath(pair, 'null', { mode: wire.DMDEVICE | 0o600, extension: 'c 7 7' })
      expect(await recordOfPath(pair, 'null')).toMatchObject({ mode: wire.DMDEVICE | 0o600, extension: 'c 1 3' })
    },
  }),
  caseOfU({
    title: 'a char device becomes a block device in QEMU when its mode is changed, unless it is called one',
    models: mapped,
    async run(pair) {
      await pair.walk('null', 1)
      await pair.send('Twstat', wstat(1, { mode: wire.DMDEVICE | 0o600 }))
      const { qemu, ours } = await pair.look('Tstat', { fid: 1 })
      const texts = [qemu, ours].map((reply) => reply.message === 'Rstat' && reply.body.stat.extension)
      expect(texts).toEqual(['b 1 3', 'c 1 3'])
    },
  }),
  caseOfU({
    title: 'the mode of a device, fifo or socket of the host is changed by us alone',
    models: real,
    async run(pair) {
      await pair.walk('fifo', 1)
      const answers = pair.send('Twstat', wstat(1, { mode: wire.DMNAMEDPIPE | 0o600 }))
      expect(await outcomes(answers)).toEqual(['ENXIO', 'Rwstat'])
    },
  }),
  caseOfU({
    title: 'a symlink of the host has no mode to change',
    models: real,
    async run(pair) {
      await pair.walk('link', 1)
      const answers = pair.send('Twstat', wstat(1, { mode: wire.DMSYMLINK | 0o600 }))
      expect(await outcomes(answers)).toEqual(['ELOOP', 'EOPNOTSUPP'])
    },
  }),
  caseOfU({
    title: 'times are set to the second, each on its own, of whatever kind of object',
    async run(pair) {
      for (const path of ['file', 'directory', 'link', 'fifo', 'null']) {
        await changePath(pair, path, { atime: 1000, mtime: 2000 })
        await changePath(pair, path, { mtime: 3000 })
        expect(await recordOfPath(pair, path)).toMatchObject(
          path === 'link' ? { mtime: 3000 } : { atime: 1000, mtime: 3000 },
        )
        await changePath(pair, path, { atime: 0 })
        await changePath(pair, path, { mtime: 2 ** 31 - 1 })
      }
    },
  }),
  ...(['atime', 'mtime'] as const).map((time) =>
    caseOfU({
      title: `an ${time} after 2038 is one before 1970 to QEMU`,
      async run(pair) {
        await pair.walk('file', 1)
        await pair.send('Twstat', wstat(1, { [time]: 2 ** 31 }))
        expect(pair.diverged?.because).toBe('§3.18')
      },
    }),
  ),
  caseOfU({
    title: 'owner and group are set, each on its own',
    models: ['mapped-xattr', 'mapped-file', 'passthrough'],
    async run(pair) {
      for (const path of ['file', 'directory', 'link', 'null']) {
        await changePath(pair, path, { nUid: guestUid(7) })
        await changePath(pair, path, { nGid: guestGid(8) })
        expect(await recordOfPath(pair, path)).toMatchObject({ nUid: 7, nGid: 8 })
        await changePath(pair, path, { nUid: guestUid(0xffff_fffe), nGid: guestGid(0) })
      }
    },
  }),
  caseOfU({
    title: 'a length cuts a file or makes it longer',
    async run(pair) {
      await changePath(pair, 'file', { length: 9 })
      await changePath(pair, 'other', { length: 5000 })
      expect(await read(pair, await openByte(pair, 'file', 1, 0))).toBe('The quick')
      expect((await recordOfPath(pair, 'other')).length).toBe(5000)
      expect(await refusedChange(pair, 'directory', { length: 0 })).toBe('EISDIR')
      expect(await refusedChange(pair, 'file', { length: 2 ** 62 })).toBe('EFBIG')
      expect(await refusedChange(pair, 'file', { length: -2 })).toBe('EINVAL')
    },
  }),
  caseOfU({
    title: 'a length below zero is refused by QEMU when all else is done',
    async run(pair) {
      await pair.walk('directory', 1)
      expect(await outcomes(pair.send('Twstat', wstat(1, { length: -2 })))).toEqual(['EISDIR', 'EINVAL'])
    },
  }),
  caseOfU({
    title: 'a length of what a mapped model keeps in a file is set by QEMU alone',
    models: mapped,
    async run(pair) {
      await pair.walk('null', 1)
      expect(await outcomes(pair.send('Twstat', wstat(1, { length: 5 })))).toEqual(['Rwstat', 'ENXIO'])
    },
  }),
  caseOfU({
    title: 'a time that is set with a length is moved by the truncation, in QEMU',
    async run(pair) {
      await pair.walk('file', 1)
      await pair.send('Twstat', wstat(1, { mtime: 1000, length: 3 }))
      expect(pair.diverged?.because).toBe('§8 row 28, and docs/protocol.md')
    },
  }),
  caseOfU({
    title: 'what QEMU did before the name was refused is left done',
    async run(pair) {
      await pair.walk('file', 1)
      expect(await outcomes(pair.send('Twstat', wstat(1, { mtime: 1000, name: name('directory') })))).toEqual([
        'EISDIR',
        'EISDIR',
      ])
    },
  }),
  caseOfU({
    title: 'strings of users and groups are not looked at',
    async run(pair) {
      await changePath(pair, 'file', { uid: 'root', gid: 'root', muid: 'root' })
      await changePath(pair, 'file', { type: 0, dev: 0, extension: 'c 1 3', mtime: 5 })
    },
  }),
  caseOfU({
    title: 'an unknown fid is EINVAL to Twstat, also where it changes nothing',
    async run(pair) {
      expect(await pair.refusal('Twstat', wstat(77, { mode: 0o600 }))).toBe('EINVAL')
      expect(await pair.refusal('Twstat', wstat(77, {}))).toBe('EINVAL')
    },
  }),
  caseOfU({
    title: 'a Twstat of nothing syncs what is open; QEMU answers it with no bytes',
    async run(pair) {
      await openByte(pair, 'file', 1)
      await openByte(pair, 'directory', 2, 0)
      for (const fid of [1, 2]) expect(await outcomes(pair.send('Twstat', wstat(fid, {})))).toEqual(['empty', 'Rwstat'])
      await record(pair, 1)
    },
  }),
  caseOfU({
    title: 'a Twstat of nothing, of what is not open, syncs QEMU’s descriptor 0',
    async run(pair) {
      for (const path of ['', 'file', 'link', 'fifo']) {
        await pair.walk(path, 1)
        expect(await outcomes(pair.send('Twstat', wstat(1, {})))).toEqual(['EINVAL', 'Rwstat'])
        await pair.call('Tclunk', { fid: 1 })
      }
    },
  }),
  caseOfU({
    title: 'a removed file is changed by us alone',
    async run(pair) {
      await make(pair, 'a', 1)
      await pair.call('Tunlinkat', { dirfid: 0, name: name('a'), flags: 0 })
      expect(await outcomes(pair.send('Twstat', wstat(1, { mtime: 5 })))).toEqual(['ENOENT', 'Rwstat'])
    },
  }),
  {
    title: 'Twstat is done under 9P2000.L too',
    dialects: ['9P2000.L'],
    async run(pair) {
      await pair.walk('file', 1)
      await pair.call('Twstat', wstat(1, { mtime: 5 }))
      await pair.call('Twstat', wstat(1, { length: 3 }))
      await pair.call('Twstat', wstat(1, { name: name('a') }))
      await pair.call('Tlopen', { fid: 1, flags: 0 })
      expect(await read(pair, 1)).toBe('The')
    },
  },
  caseOfU({
    title: 'without privilege, what is somebody else’s to change is refused as the host does',
    models: ['none'],
    as: 'unprivileged',
    async run(pair) {
      expect(await refusedChange(pair, 'file', { nUid: guestUid(0) })).toBe('EPERM')
      await changePath(pair, 'file', { mode: 0 })
      await recordOfPath(pair, 'file')
      expect(await refusedChange(pair, 'file', { length: 1 })).toBe('EACCES')
    },
  }),
  caseOfU({
    title: 'without privilege, a symlink below a root that may not be searched any more is still told',
    models: ['none'],
    as: 'unprivileged',
    async run(pair) {
      await pair.walk('link', 3)
      await changePath(pair, '', { mode: wire.DMDIR | 0o644 })
      await pair.send('Tstat', { fid: 3 })
    },
  }),
  caseOfU({
    title: 'without privilege, all kinds of object are made and changed in a mapped model',
    models: mapped,
    as: 'unprivileged',
    async run(pair) {
      for (const [index, [perm, extension]] of (
        [
          [0o640, ''],
          [wire.DMDIR | 0o750, ''],
          [wire.DMSYMLINK, 'over there'],
          [wire.DMDEVICE | 0o600, 'b 8 1'],
          [wire.DMSOCKET | 0o600, ''],
        ] as const
      ).entries()) {
        await make(pair, `a${index}`, index + 10, { perm, extension, mode: 0 })
        await pair.call('Twstat', wstat(index + 10, { nUid: guestUid(3), nGid: guestGid(4), mtime: 9 }))
        expect(await record(pair, index + 10)).toMatchObject({ nUid: 3, nGid: 4, mtime: 9 })
      }
      await pair.call('Tmkdir', { dfid: 0, name: name('d'), mode: 0o700, gid: GID })
      await pair.call('Twrite', { fid: await openByte(pair, 'file', 1, 2), offset: 0, data: bytes('x') })
    },
  }),
]
