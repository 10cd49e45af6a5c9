// Stat records, of one object and of a directory's (reference §3.18).

import { expect } from 'vitest'
import { S_IFIFO } from '../../../../src/sys/constants.js'
import * as wire from '../../../../src/wire/constants.js'
import { readStatRecords } from '../../../../src/wire/stat.js'
import { type Case, GID, mapped, name, names, outcomes } from '../../case.js'
import { caseOfU, firstRecords, make, openByte, record, recordOfPath } from '../../case-u.js'
import { plantedNames } from '../../start-tree.js'

const kinds: readonly (readonly [path: string, mode: number, extension: string])[] = [
  ['file', 0o644, 'HARDLINKCOUNT 2'],
  ['setid', wire.DMSETUID | wire.DMSETGID | 0o755, 'HARDLINKCOUNT 1'],
  ['link', wire.DMSYMLINK | 0o777, 'file'],
  ['fifo', wire.DMNAMEDPIPE | 0o644, ''],
  ['socket', wire.DMSOCKET | 0o755, ''],
  ['null', wire.DMDEVICE | 0o666, 'c 1 3'],
  ['empty', (wire.DMDIR | wire.DMSETVTX | 0o777) >>> 0, 'HARDLINKCOUNT 2'],
]

export const recordCases: readonly Case[] = [
  ...kinds.map(([path, mode, extension]) =>
    caseOfU({
      title: `the record of "${path}" says what it is`,
      async run(pair) {
        expect(await recordOfPath(pair, path)).toMatchObject({ name: path, mode, extension, uid: '', gid: '' })
      },
    }),
  ),
  caseOfU({
    title: 'the root is called ".", and everything else by the last name it was walked by',
    async run(pair) {
      expect((await record(pair, 0)).name).toBe('.')
      expect((await recordOfPath(pair, 'hard')).name).toBe('hard')
      await pair.call('Twalk', { fid: 0, newfid: 1, wnames: names('directory', 'nested', 'deep', '..', '.') })
      expect((await record(pair, 1)).name).toBe('nested')
      await pair.call('Twalk', { fid: 1, newfid: 2, wnames: names('..', '..') })
      expect((await record(pair, 2)).name).toBe('.')
    },
  }),
  caseOfU({
    title: 'the outer count of an Rstat is 0 with QEMU, and right with us',
    async run(pair) {
      const { qemu, ours } = await pair.send('Tstat', { fid: 0 })
      const counts = [qemu, ours].map((reply) => reply.message === 'Rstat' && reply.body.n)
      // Of the record with its own count: its fixed members, ".", and the number of links.
      expect(counts).toEqual([0, 2 + 61 + 1 + 'HARDLINKCOUNT 4'.length])
    },
    models: ['passthrough', 'none', 'mapped-xattr'],
  }),
  caseOfU({
    title: 'an unknown fid is ENOENT to Tstat, and its text is the C library’s',
    async run(pair) {
      const { qemu } = await pair.send('Tstat', { fid: 77 })
      expect(qemu.body).toEqual({ ename: 'No such file or directory', errno: 2 })
    },
  }),
  caseOfU({
    title: 'a symlink that a host process made has a record with us alone, and keeps QEMU from listing',
    models: mapped,
    plant: (tree) => tree.symlink('host-link', 'file'),
    async run(pair) {
      expect(await outcomes(pair.send('Tstat', { fid: await pair.walk('host-link', 1) }))).toEqual(['ELOOP', 'Rstat'])
      await openByte(pair, '', 2, 0)
      expect(await outcomes(pair.send('Tread', { fid: 2, offset: 0, count: 8000 }))).toEqual(['ELOOP', 'Rread'])
    },
  }),
  caseOfU({
    title: 'what else a host process put into a mapped export is told as it is',
    models: mapped,
    plant: (tree) => tree.node('host-fifo', S_IFIFO | 0o640),
    async run(pair) {
      expect((await recordOfPath(pair, 'host-fifo')).mode).toBe(wire.DMNAMEDPIPE | 0o640)
      await firstRecords(pair, await openByte(pair, '', 1, 0))
    },
  }),
  caseOfU({
    title: 'a directory is read as the records of what is in it, "." and ".." among them',
    async run(pair) {
      const records = await firstRecords(pair, await openByte(pair, '', 1, 0))
      expect(records.map((one) => one.name).sort()).toEqual(['.', '..', ...plantedNames].sort())
      for (const path of ['directory', 'empty', 'directory/nested']) {
        await firstRecords(pair, await openByte(pair, path, 2, 0))
        await pair.call('Tclunk', { fid: 2 })
      }
    },
  }),
  caseOfU({
    title: 'a read of a directory brings whole records, as many as fit, and nothing where not even one does',
    async run(pair) {
      await openByte(pair, '', 1, 0)
      for (const count of [4000, 1000, 400, 100, 64, 10, 0]) await pair.call('Tread', { fid: 1, offset: 0, count })
    },
  }),
  caseOfU({
    title: 'a directory that is read on goes on behind what was read before',
    async run(pair) {
      await openByte(pair, '', 1, 0)
      const first = await pair.look('Tread', { fid: 1, offset: 0, count: 400 })
      const lengths = [first.qemu, first.ours].map((reply) => (reply.message === 'Rread' ? reply.body.data.length : 0))
      expect(lengths[0]).toBeGreaterThan(0)
      // The order is the host's, so each side has its own position.
      const second = await pair.look('Tread', { fid: 1, offset: lengths[1]!, count: 400 })
      const entries = [first.ours, second.ours].flatMap((reply) =>
        reply.message === 'Rread' ? readStatRecords(reply.body.data) : [],
      )
      expect(new Set(entries.map((one) => one.name)).size).toBe(entries.length)
    },
  }),
  caseOfU({
    title: 'a directory that is read from another position than it stands at: QEMU goes on, we go there',
    async run(pair) {
      await openByte(pair, '', 1, 0)
      await pair.call('Tread', { fid: 1, offset: 0, count: 8000 })
      const { qemu, ours } = await pair.send('Tread', { fid: 1, offset: 1, count: 8000 })
      const found = [qemu, ours].map((reply) => reply.message === 'Rread' && reply.body.data.length > 0)
      expect(found).toEqual([false, true])
    },
  }),
  caseOfU({
    title: 'a directory that is gone holds nothing any more, with us',
    async run(pair) {
      await openByte(pair, 'empty', 1, 0)
      await pair.call('Tunlinkat', { dirfid: 0, name: name('empty'), flags: wire.AT_REMOVEDIR })
      await pair.send('Tread', { fid: 1, offset: 0, count: 8000 })
    },
  }),
  caseOfU({
    title: 'a target that fits no message is left out of its record by us in a listing, and refused by itself',
    async run(pair) {
      await pair.begin(1000, 4096)
      await pair.walk('empty', 1)
      await pair.call('Tsymlink', { dfid: 1, name: name('long'), symtgt: 'x'.repeat(4050), gid: GID })
      await openByte(pair, 'empty', 2, 0)
      const { qemu, ours } = await pair.send('Tread', { fid: 2, offset: 0, count: 4085 })
      expect([qemu.message, ours.message]).toEqual(['Rread', 'Rread'])
      await pair.walk('empty/long', 3)
      expect(await outcomes(pair.send('Tstat', { fid: 3 }))).toEqual(['Rstat', 'ENAMETOOLONG'])
    },
  }),
  caseOfU({
    title: 'Treaddir is EOPNOTSUPP, on what is a directory and open',
    async run(pair) {
      await openByte(pair, '', 1, 0)
      expect(await pair.refusal('Treaddir', { fid: 1, offset: 0n, count: 4000 })).toBe('EOPNOTSUPP')
      for (const fid of [0, await openByte(pair, 'file', 2), 77]) {
        await pair.refusal('Treaddir', { fid, offset: 0n, count: 4000 })
      }
    },
  }),
  caseOfU({
    title: 'a removed file has no record with QEMU, and its own with us',
    async run(pair) {
      await make(pair, 'a', 1)
      await pair.call('Tunlinkat', { dirfid: 0, name: name('a'), flags: 0 })
      expect(await outcomes(pair.send('Tstat', { fid: 1 }))).toEqual(['ENOENT', 'Rstat'])
    },
  }),
  {
    title: 'records are told under 9P2000.L too, and a directory is not read as such',
    dialects: ['9P2000.L'],
    async run(pair) {
      for (const path of plantedNames) await recordOfPath(pair, path)
      await pair.walk('', 1)
      await pair.call('Tlopen', { fid: 1, flags: 0 })
      expect(await pair.refusal('Tread', { fid: 1, offset: 0, count: 4000 })).toBe('EOPNOTSUPP')
    },
  },
]
