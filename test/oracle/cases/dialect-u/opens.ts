// Opening and creating with a mode byte (reference §3.6, §3.18).

import { expect } from 'vitest'
import * as wire from '../../../../src/wire/constants.js'
import { bytes, type Case, GID, mapped, name, openPath, outcomes, read, real } from '../../case.js'
import {
  caseOfU,
  creating,
  firstRecords,
  make,
  openByte,
  record,
  recordOfPath,
  tryToMake,
  write,
} from '../../case-u.js'
import type { Pair } from '../../pair.js'

/** Opens a path; gives what both answer where they agree, and lets the fid go. */
async function open(pair: Pair, path: string, mode: number): Promise<string> {
  await pair.walk(path, 60)
  const [qemu] = await outcomes(pair.send('Topen', { fid: 60, mode }))
  await pair.call('Tclunk', { fid: 60 })
  return qemu
}

const SET_BITS = { 'set-user-id': wire.DMSETUID, 'set-group-id': wire.DMSETGID, sticky: wire.DMSETVTX }

const special: readonly (readonly [kind: string, perm: number, extension: string])[] = [
  ['char device', wire.DMDEVICE, 'c 5 7'],
  ['block device', wire.DMDEVICE, 'b 4095 255'],
  ['fifo', wire.DMNAMEDPIPE, ''],
  ['socket', wire.DMSOCKET, ''],
]

export const openCasesOfU: readonly Case[] = [
  caseOfU({
    title: 'the access mode says what may be done; OEXEC reads',
    async run(pair) {
      const found = []
      for (const access of [wire.OREAD, wire.OWRITE, wire.ORDWR, wire.OEXEC]) {
        await openByte(pair, 'file', 1, access)
        const [reading] = await outcomes(pair.send('Tread', { fid: 1, offset: 0, count: 3 }))
        const [writing] = await outcomes(pair.send('Twrite', { fid: 1, offset: 0, data: bytes('The') }))
        found.push([reading, writing])
        await pair.call('Tclunk', { fid: 1 })
      }
      expect(found).toEqual([
        ['Rread', 'EBADF'],
        ['EBADF', 'Rwrite'],
        ['Rread', 'Rwrite'],
        ['Rread', 'EBADF'],
      ])
    },
  }),
  caseOfU({
    title: 'OTRUNC empties a file, OAPPEND writes at its end, other bits mean nothing',
    async run(pair) {
      expect(await open(pair, 'directory/inner', wire.OTRUNC)).toBe('Ropen')
      await openByte(pair, 'file', 1, wire.ORDWR | wire.OAPPEND)
      await write(pair, 1, 'jumps')
      expect(await read(pair, 1)).toBe('The quick brown fox\njumps')
      for (const bit of [wire.OEXCL, 0x08, 0x20, 0x40]) expect(await open(pair, 'file', bit)).toBe('Ropen')
    },
  }),
  caseOfU({
    title: 'a directory opens with any mode, and has no iounit',
    async run(pair) {
      for (const mode of [1, 2, 3, wire.OTRUNC, wire.OAPPEND, 0xff])
        expect(await open(pair, 'directory', mode)).toBe('Ropen')
      await pair.walk('directory', 1)
      expect((await pair.call('Topen', { fid: 1, mode: 0 })).iounit).toBe(0)
    },
  }),
  caseOfU({
    title: 'devices, fifos and sockets of the host are ENXIO to Topen, symlinks ELOOP',
    models: real,
    async run(pair) {
      for (const path of ['fifo', 'socket', 'null']) {
        for (const mode of [0, 2, 3]) expect(await open(pair, path, mode)).toBe('ENXIO')
      }
      for (const path of ['link', 'dangling']) expect(await open(pair, path, 0)).toBe('ELOOP')
    },
  }),
  caseOfU({
    title: 'the file in which a mapped model keeps a symlink is opened by QEMU alone',
    models: mapped,
    async run(pair) {
      await pair.walk('link', 1)
      expect(await outcomes(pair.send('Topen', { fid: 1, mode: 0 }))).toEqual(['Ropen', 'ELOOP'])
    },
  }),
  caseOfU({
    title: 'a message of 9P2000.L opens with a byte too, and what is open is opened no second time',
    async run(pair) {
      await pair.walk('file', 1)
      await pair.call('Tlopen', { fid: 1, flags: wire.ORDWR | wire.OAPPEND })
      await write(pair, 1, 'x')
      expect(await pair.refusal('Topen', { fid: 1, mode: 0 })).toBe('EINVAL')
      expect(await pair.refusal('Tcreate', creating(1, 'a'))).toBe('EINVAL')
      expect(await pair.refusal('Topen', { fid: 77, mode: 0 })).toBe('ENOENT')
      expect(await pair.refusal('Tcreate', creating(77, 'a'))).toBe('EINVAL')
    },
  }),
  {
    title: 'Topen and Tcreate are answered under 9P2000.L too, with four bytes of flags and one of mode',
    dialects: ['9P2000.L'],
    async run(pair) {
      await pair.walk('file', 1)
      await pair.call('Topen', { fid: 1, mode: wire.DOTL_RDWR | wire.DOTL_APPEND })
      await write(pair, 1, 'x')
      await make(pair, 'a', 2)
      await write(pair, 2, 'y')
      expect((await record(pair, 2)).length).toBe(1)
    },
  },
  caseOfU({
    title: 'Tcreate makes a file, and its fid is that file, open',
    async run(pair) {
      const { qid } = await make(pair, 'a', 1, { perm: 0o711 })
      expect(qid.type).toBe(wire.QID_FILE)
      await write(pair, 1, 'made')
      expect(await recordOfPath(pair, 'a')).toMatchObject({ mode: 0o711, length: 4, nUid: 1000 })
      expect(await read(pair, await openByte(pair, 'a', 2, 0))).toBe('made')
    },
  }),
  caseOfU({
    title: 'set-id and sticky bits in octal are kept for a file, and mean nothing for anything else',
    async run(pair) {
      await make(pair, 'a', 1, { perm: 0o7711 })
      await make(pair, 'b', 2, { perm: wire.DMDIR | 0o7711 })
      expect([(await record(pair, 1)).mode, (await record(pair, 2)).mode]).toEqual([
        wire.DMSETUID | wire.DMSETGID | wire.DMSETVTX | 0o711,
        (wire.DMDIR | 0o711) >>> 0,
      ])
    },
  }),
  ...Object.entries(SET_BITS).flatMap(([bits, bit]) =>
    [0, wire.DMDIR].map((type) =>
      caseOfU({
        title: `a ${bits} bit of a new ${type === 0 ? 'file' : 'directory'} is kept by us alone`,
        async run(pair) {
          await make(pair, 'a', 1, { perm: type | bit | 0o755 })
          const { qemu, ours } = await pair.look('Tstat', { fid: 1 })
          const modes = [qemu, ours].map((reply) => (reply.message === 'Rstat' ? reply.body.stat.mode : 0))
          expect(modes).toEqual([(type | 0o755) >>> 0, (type | bit | 0o755) >>> 0])
        },
      }),
    ),
  ),
  caseOfU({
    title: 'Tcreate with OEXCL over what is there is EEXIST, and leaves the fid where it was',
    async run(pair) {
      await pair.walk('', 1)
      for (const path of ['file', 'directory', 'link', 'fifo']) {
        expect(await pair.refusal('Tcreate', creating(1, path, { mode: 2 | wire.OEXCL }))).toBe('EEXIST')
      }
      await pair.walk('file', 2, 1)
      await pair.call('Tcreate', creating(1, 'a'))
    },
  }),
  caseOfU({
    title: 'Tcreate over a file gives it another owner and mode, with QEMU',
    async run(pair) {
      await pair.attach(4, 77)
      await pair.send('Tcreate', creating(4, 'other', { perm: 0o640 }))
      expect(pair.diverged?.because).toBe('§8 row 4')
    },
  }),
  caseOfU({
    title: 'Tcreate of a directory makes the fid that directory, open, with an iounit',
    async run(pair) {
      const { qid, iounit } = await make(pair, 'a', 1, { perm: wire.DMDIR | 0o750, mode: 0 })
      expect([qid.type, iounit]).toEqual([wire.QID_DIR, 4096])
      expect((await firstRecords(pair, 1)).map((one) => one.name).sort()).toEqual(['.', '..'])
      expect(await recordOfPath(pair, 'a')).toMatchObject({ mode: (wire.DMDIR | 0o750) >>> 0 })
    },
  }),
  caseOfU({
    title: 'without privilege, a directory that may not be read cannot be opened either: QEMU leaves it there',
    models: ['none'],
    as: 'unprivileged',
    async run(pair) {
      const answers = tryToMake(pair, 'a', 1, { perm: wire.DMDIR, mode: 0 })
      expect(await outcomes(answers)).toEqual(['EACCES', 'EACCES'])
      const found = await pair.look('Twalk', { fid: 0, newfid: 2, wnames: [name('a')] })
      expect([found.qemu.message, found.ours.message]).toEqual(['Rwalk', 'Rerror'])
    },
  }),
  caseOfU({
    title: 'Tcreate of a symlink makes the fid that symlink, not open, whatever perm says besides',
    models: mapped,
    async run(pair) {
      for (const [path, target] of [
        ['a', 'over there'],
        ['b', ''],
        ['c', 'x'.repeat(4000)],
        ['d', '\xff\n '],
      ] as const) {
        await make(pair, path, 1, { perm: wire.DMSYMLINK | 0o600, extension: target, mode: 0 })
        expect(await record(pair, 1)).toMatchObject({ name: path, extension: target, mode: wire.DMSYMLINK | 0o777 })
        expect(await pair.refusal('Tread', { fid: 1, offset: 0, count: 1 })).toBe('EINVAL')
        await pair.call('Tclunk', { fid: 1 })
      }
    },
  }),
  caseOfU({
    title: 'QEMU cannot count the blocks of a symlink that is the host’s: its iounit is another',
    models: real,
    async run(pair) {
      const { qemu, ours } = await tryToMake(pair, 'a', 1, { perm: wire.DMSYMLINK, extension: 'over there' })
      expect([qemu, ours].map((reply) => reply.message === 'Rcreate' && reply.body.iounit)).toEqual([8168, 4096])
      expect(await recordOfPath(pair, 'a')).toMatchObject({ extension: 'over there' })
    },
  }),
  caseOfU({
    title: 'Tcreate of a link takes the number of a fid, and its own becomes the new name',
    async run(pair) {
      await pair.walk('directory/inner', 5)
      const { qid } = await make(pair, 'a', 1, { perm: wire.DMLINK, extension: '5\n' })
      expect(await record(pair, 1)).toMatchObject({ name: 'a', extension: 'HARDLINKCOUNT 2', qid })
      await openPath(pair, 'a', 2, wire.ORDWR)
      await write(pair, 2, 'linked')
      expect(await read(pair, await openByte(pair, 'directory/inner', 3, 0))).toBe('linked')
    },
  }),
  caseOfU({
    title: 'a link of what is no fid is EINVAL, of a directory EPERM, to a name in use EEXIST',
    async run(pair) {
      await pair.walk('', 1)
      await pair.walk('directory', 2)
      await pair.walk('other', 3)
      const link = (text: string, extension: string) => creating(1, text, { perm: wire.DMLINK, extension })
      for (const extension of ['77', '77 0', '-1']) {
        await pair.walk('', 4)
        expect(await pair.refusal('Tcreate', { ...link('a', extension), fid: 4 })).toBe('EINVAL')
        await pair.call('Tclunk', { fid: 4 })
      }
      expect(await pair.refusal('Tcreate', link('a', '2'))).toBe('EPERM')
      expect(await pair.refusal('Tcreate', link('file', '3'))).toBe('EEXIST')
    },
  }),
  ...['', 'x'].map((extension) =>
    caseOfU({
      title: `a link of the fid "${extension}" is one of fid 0 to QEMU, which is a directory here`,
      async run(pair) {
        const answers = tryToMake(pair, 'a', 1, { perm: wire.DMLINK, extension })
        expect(await outcomes(answers)).toEqual(['EPERM', 'EINVAL'])
      },
    }),
  ),
  ...special.flatMap(([kind, type, extension]) => [
    caseOfU({
      title: `a ${kind} is made with its mode and numbers in a mapped model`,
      models: mapped,
      async run(pair) {
        const { qid } = await make(pair, 'a', 1, { perm: type | 0o640, extension, mode: 0 })
        expect(await record(pair, 1)).toMatchObject({ mode: type | 0o640, extension, qid: { type: qid.type } })
      },
    }),
    caseOfU({
      title: `a ${kind} is made by us alone where it is the host’s: QEMU 7.2 cannot`,
      models: real,
      async run(pair) {
        const answers = tryToMake(pair, 'a', 1, { perm: type | 0o640, extension, mode: 0 })
        expect(await outcomes(answers)).toEqual(['ENXIO', 'Rcreate'])
      },
    }),
  ]),
  ...['', 'b', 'b 1', 'c x 2', '1 2 3x'].map((extension) =>
    caseOfU({
      title: `a device of the numbers "${extension}"`,
      async run(pair) {
        const answers = tryToMake(pair, 'a', 1, { perm: wire.DMDEVICE | 0o640, extension, mode: 0 })
        const isRead = extension.startsWith('1')
        expect(await outcomes(answers)).toEqual(isRead ? ['EIO', 'EIO'] : ['empty', 'EINVAL'])
        expect(await pair.refusal('Twalk', { fid: 0, newfid: 2, wnames: [name('a')] })).toBe('ENOENT')
        expect((await record(pair, 1)).name).toBe('.')
      },
    }),
  ),
  caseOfU({
    title: 'of several bits that say what is made, the highest one is looked at',
    models: mapped,
    async run(pair) {
      const bits = [wire.DMDIR, wire.DMSYMLINK, wire.DMDEVICE, wire.DMNAMEDPIPE, wire.DMSOCKET]
      for (const [index] of bits.slice(1).entries()) {
        const perm = bits.slice(index).reduce((all, bit) => all | bit, 0o644)
        await make(pair, `a${index}`, 10 + index, { perm, extension: 'c 1 2', mode: 0 })
        await record(pair, 10 + index)
      }
    },
  }),
  ...['', '/', 'a/b', '../a'].map((text) =>
    caseOfU({
      title: `the name "${text}" is ENOENT to Tcreate`,
      async run(pair) {
        for (const perm of [0o644, wire.DMDIR, wire.DMSYMLINK, wire.DMLINK, wire.DMDEVICE, wire.DMNAMEDPIPE]) {
          expect(await pair.refusal('Tcreate', creating(0, text, { perm, extension: 'c 1 2' }))).toBe('ENOENT')
        }
      },
    }),
  ),
  caseOfU({
    title: 'names that Tcreate refuses for another reason',
    async run(pair) {
      for (const text of ['.', '..']) {
        for (const perm of [0o644, wire.DMDIR, wire.DMSYMLINK]) {
          expect(await pair.refusal('Tcreate', creating(0, text, { perm }))).toBe('EEXIST')
        }
      }
      expect(await pair.refusal('Tcreate', creating(0, 'x'.repeat(256)))).toBe('ENAMETOOLONG')
      await pair.walk('file', 1)
      for (const perm of [0o644, wire.DMDIR, wire.DMNAMEDPIPE]) {
        expect(await pair.refusal('Tcreate', creating(1, 'a', { perm }))).toBe('ENOTDIR')
      }
    },
  }),
  caseOfU({
    title: 'the names of records are EINVAL to Tcreate, whatever is made',
    models: ['mapped-file'],
    async run(pair) {
      for (const text of ['.virtfs_metadata', '.virtfs_metadata_root']) {
        for (const perm of [0o644, wire.DMDIR, wire.DMSYMLINK, wire.DMNAMEDPIPE]) {
          expect(await pair.refusal('Tcreate', creating(0, text, { perm }))).toBe('EINVAL')
        }
      }
    },
  }),
  caseOfU({
    title: 'new objects have the user of the root, and the group that the host gives them',
    async run(pair) {
      await pair.attach(4, 77)
      await pair.call('Tcreate', creating(4, 'a'))
      expect((await record(pair, 4)).nUid).toBe(77)
      await pair.call('Tmkdir', { dfid: 0, name: name('d'), mode: 0o755, gid: GID })
      expect((await recordOfPath(pair, 'd')).nGid).toBe(1001)
    },
  }),
]
