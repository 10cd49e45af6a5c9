// Tsetattr of times and lengths, and of several things in one (reference §3.10).

import { expect } from 'vitest'
import * as wire from '../../../src/wire/constants.js'
import {
  bothStat,
  type Case,
  type Change,
  change,
  file,
  mapped,
  openPath,
  outcomes,
  read,
  real,
  stat,
} from '../case.js'
import type { Pair } from '../pair.js'

const set = (pair: Pair, fid: number, changed: Change) => pair.call('Tsetattr', change(fid, changed))
const refused = (pair: Pair, fid: number, changed: Change) => pair.refusal('Tsetattr', change(fid, changed))

export const timeAndLengthCases: readonly Case[] = [
  {
    title: 'times are set to the nanosecond, before 1970 and far from now',
    async run(pair) {
      for (const kind of ['file', 'directory', 'link', 'fifo']) {
        await pair.walk(kind, 1)
        for (const [sec, nsec] of [
          [0, 0],
          [1, 999_999_999],
          [-1, 5],
          [4_000_000_000, 1],
          [15_000_000_000, 0],
        ] as const) {
          await set(pair, 1, { atime: [sec, nsec], mtime: [sec, 1] })
          const { atimeSec, atimeNsec, mtimeSec } = await stat(pair, 1)
          expect([atimeSec, atimeNsec, mtimeSec]).toEqual([sec, nsec, sec])
        }
        await pair.call('Tclunk', { fid: 1 })
      }
    },
  },
  {
    title: 'times beyond what the host keeps are what it makes of them',
    async run(pair) {
      await pair.walk('file', 1)
      for (const seconds of [2 ** 40, -(2 ** 40)]) {
        await set(pair, 1, { mtime: [seconds, 3] })
        await stat(pair, 1)
      }
    },
  },
  {
    title: 'one time is set and the other stays',
    async run(pair) {
      await pair.walk('file', 1)
      await set(pair, 1, { atime: [7, 0] })
      await set(pair, 1, { mtime: [8, 0] })
      const { atimeSec, mtimeSec } = await stat(pair, 1)
      expect([atimeSec, mtimeSec]).toEqual([7, 8])
    },
  },
  {
    title: 'a time without its SET bit is now, and a SET bit alone is nothing',
    async run(pair) {
      await pair.walk('file', 1)
      await set(pair, 1, { valid: wire.SETATTR_ATIME_SET | wire.SETATTR_MTIME_SET })
      expect((await stat(pair, 1)).mtimeSec).toBe(1_000_000_000)
      await set(pair, 1, { mtime: 'now' })
      await set(pair, 1, { atime: 'now' })
      expect((await stat(pair, 1)).mtimeSec).toBeGreaterThan(1_000_000_000)
    },
  },
  {
    title: 'nanoseconds are below 10^9, but for the kernel’s words for now and never mind',
    async run(pair) {
      await pair.walk('file', 1)
      for (const nsec of [1_000_000_000, 2 ** 31, 0x3fff_fffd]) {
        expect(await refused(pair, 1, { mtime: [5, nsec] })).toBe('EINVAL')
        expect(await refused(pair, 1, { atime: [5, nsec] })).toBe('EINVAL')
      }
      await set(pair, 1, { mtime: [5, 0x3fff_fffe] })
      expect((await stat(pair, 1)).mtimeSec).toBe(1_000_000_000)
      await set(pair, 1, { mtime: [5, 0x3fff_ffff] })
      expect((await stat(pair, 1)).mtimeSec).toBeGreaterThan(1_000_000_000)
    },
  },
  {
    title: 'CTIME alone, no bit at all and unknown bits change nothing that can be seen',
    async run(pair) {
      await pair.walk('file', 1)
      for (const valid of [0, wire.SETATTR_CTIME, 0x200, 0x8000_0000]) await set(pair, 1, { valid })
    },
  },
  {
    title: 'the length is set, and what is added is zeros',
    async run(pair) {
      await pair.walk('file', 1)
      await set(pair, 1, { size: 3 })
      await set(pair, 1, { size: 6 })
      expect(await read(pair, await openPath(pair, 'file', 2, 0))).toBe('The\0\0\0')
    },
  },
  {
    title: 'a length is a regular file’s, and fits the file system',
    async run(pair) {
      await pair.walk('file', 1)
      await pair.walk('directory', 2)
      expect(await refused(pair, 1, { size: 2 ** 62 })).toBe('EFBIG')
      expect(await refused(pair, 1, { size: 2 ** 63 })).toBe('EINVAL')
      expect(await refused(pair, 2, { size: 0 })).toBe('EISDIR')
    },
  },
  {
    title: 'a negative length is refused by us before the object is looked at',
    async run(pair) {
      expect(await outcomes(pair.send('Tsetattr', change(0, { size: 2 ** 63 })))).toEqual(['EISDIR', 'EINVAL'])
    },
  },
  {
    title: 'a length of a symlink is ELOOP, of a device or fifo ENXIO',
    models: real,
    async run(pair) {
      for (const [kind, code] of [
        ['link', 'ELOOP'],
        ['fifo', 'ENXIO'],
        ['socket', 'ENXIO'],
        ['null', 'ENXIO'],
      ] as const) {
        await pair.walk(kind, 1)
        expect(await refused(pair, 1, { size: 0 })).toBe(code)
        await pair.call('Tclunk', { fid: 1 })
      }
    },
  },
  {
    title: 'a length of a mapped symlink is set by QEMU alone',
    models: mapped,
    async run(pair) {
      await pair.walk('link', 1)
      expect(await outcomes(pair.send('Tsetattr', change(1, { size: 2 })))).toEqual(['Rsetattr', 'ELOOP'])
    },
  },
  {
    title: 'a length set by somebody but root takes the set-id bits off, with us',
    async run(pair) {
      await pair.walk('setid', 1)
      await pair.send('Tsetattr', change(1, { size: 2 }))
      const [qemu, ours] = await bothStat(pair, 1)
      expect([qemu.mode & 0o7777, ours.mode & 0o7777]).toEqual([0o6755, 0o755])
    },
  },
  {
    title: 'a length and a time in one: the time stays with us',
    async run(pair) {
      await pair.walk('file', 1)
      await pair.send('Tsetattr', change(1, { size: 2, mtime: [5, 6] }))
      const [qemu, ours] = await bothStat(pair, 1)
      expect([qemu.mtimeSec === 5, ours.mtimeSec]).toEqual([false, 5])
    },
  },
  {
    title: 'what a refused Tsetattr did before stays done with QEMU',
    async run(pair) {
      await pair.walk('file', 1)
      const body = change(1, { mode: file(0o600), size: 2 ** 62 })
      expect(await outcomes(pair.send('Tsetattr', body))).toEqual(['EFBIG', 'EFBIG'])
      expect(pair.diverged?.because).toBe('§8 row 28')
      const [qemu, ours] = await bothStat(pair, 1)
      expect([qemu.mode, ours.mode]).toEqual([file(0o600), file(0o644)])
    },
  },
]
