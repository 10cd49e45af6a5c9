// Locks, which QEMU grants to everybody and keeps for nobody (reference §3.12).

import { expect } from 'vitest'
import * as wire from '../../../src/wire/constants.js'
import { type Case, file, GID, name, openPath, outcomes } from '../case.js'

const WHOLE = { start: 0n, length: 0n }
const one = { procId: 1, clientId: 'one' }
const other = { procId: 2, clientId: 'two' }
const { LOCK_TYPE_RDLCK: READ, LOCK_TYPE_WRLCK: WRITE, LOCK_TYPE_UNLCK: UNLOCK } = wire

export const lockCases: readonly Case[] = [
  {
    title: 'a lock that nobody is in the way of is granted, blocking or not, and given back',
    async run(pair) {
      await openPath(pair, 'file', 1)
      for (const type of [READ, WRITE, UNLOCK]) {
        for (const flags of [0, wire.LOCK_FLAGS_BLOCK]) {
          expect((await pair.call('Tlock', { fid: 1, type, flags, ...WHOLE, ...one })).status).toBe(wire.LOCK_SUCCESS)
        }
      }
    },
  },
  {
    title: 'other flags are EINVAL, before the fid is looked at',
    async run(pair) {
      await openPath(pair, 'file', 1)
      for (const fid of [1, 77]) {
        for (const flags of [wire.LOCK_FLAGS_RECLAIM, 3, 0x80]) {
          expect(await pair.refusal('Tlock', { fid, type: READ, flags, ...WHOLE, ...one })).toBe('EINVAL')
        }
      }
    },
  },
  {
    title: 'nobody’s lock is in the way: Tgetlock says so with what it was asked',
    async run(pair) {
      await openPath(pair, 'file', 1)
      for (const type of [READ, WRITE, UNLOCK]) {
        const asked = { start: 5n, length: 6n, ...one }
        expect(await pair.call('Tgetlock', { fid: 1, type, ...asked })).toEqual({ type: UNLOCK, ...asked })
      }
    },
  },
  {
    title: 'an own lock is in nobody’s way',
    async run(pair) {
      await openPath(pair, 'file', 1)
      await pair.call('Tlock', { fid: 1, type: WRITE, flags: 0, ...WHOLE, ...one })
      await pair.call('Tlock', { fid: 1, type: READ, flags: 0, ...WHOLE, ...one })
      await pair.call('Tgetlock', { fid: 1, type: WRITE, ...WHOLE, ...one })
    },
  },
  {
    title: 'a lock in another’s way is granted by QEMU, and BLOCKED by us',
    async run(pair) {
      await openPath(pair, 'file', 1)
      await pair.call('Tlock', { fid: 1, type: WRITE, flags: 0, ...WHOLE, ...one })
      const { qemu, ours } = await pair.send('Tlock', { fid: 1, type: WRITE, flags: 1, ...WHOLE, ...other })
      const statuses = [qemu, ours].map((reply) => reply.message === 'Rlock' && reply.body.status)
      expect(statuses).toEqual([wire.LOCK_SUCCESS, wire.LOCK_BLOCKED])
    },
  },
  {
    title: 'a lock in the way is told by us alone',
    async run(pair) {
      await openPath(pair, 'file', 1)
      await pair.call('Tlock', { fid: 1, type: WRITE, flags: 0, start: 10n, length: 5n, ...one })
      const { qemu, ours } = await pair.send('Tgetlock', { fid: 1, type: WRITE, ...WHOLE, ...other })
      const types = [qemu, ours].map((reply) => reply.message === 'Rgetlock' && reply.body.type)
      expect(types).toEqual([UNLOCK, WRITE])
    },
  },
  {
    title: 'a range that the kernel cannot take, and a type that is none, are granted by QEMU alone',
    async run(pair) {
      await openPath(pair, 'file', 1)
      const wrong = [
        { type: READ, start: 1n << 63n, length: 0n },
        { type: READ, start: 0n, length: 1n << 63n },
        { type: 3, ...WHOLE },
      ]
      for (const lock of wrong) {
        const body = { fid: 1, flags: 0, ...lock, ...one }
        expect(await outcomes(pair.send('Tlock', body))).toEqual(['Rlock', 'EINVAL'])
      }
      const asked = { fid: 1, type: READ, start: 1n << 63n, length: 0n, ...one }
      expect(await outcomes(pair.send('Tgetlock', asked))).toEqual(['Rgetlock', 'EINVAL'])
    },
  },
  {
    title: 'Tlock and Tgetlock on what is not open look at descriptor 0 of QEMU',
    async run(pair) {
      await pair.walk('file', 1)
      expect(await outcomes(pair.send('Tlock', { fid: 1, type: READ, flags: 0, ...WHOLE, ...one }))).toEqual([
        'Rlock',
        'EINVAL',
      ])
      expect(await outcomes(pair.send('Tgetlock', { fid: 1, type: READ, ...WHOLE, ...one }))).toEqual([
        'Rgetlock',
        'EINVAL',
      ])
    },
  },
  {
    title: 'a directory’s lock is granted by QEMU alone',
    async run(pair) {
      await openPath(pair, 'directory', 1)
      expect(await outcomes(pair.send('Tlock', { fid: 1, type: READ, flags: 0, ...WHOLE, ...one }))).toEqual([
        'Rlock',
        'EINVAL',
      ])
      expect(await outcomes(pair.send('Tgetlock', { fid: 1, type: READ, ...WHOLE, ...one }))).toEqual([
        'Rgetlock',
        'EINVAL',
      ])
    },
  },
  {
    title: 'without privilege, a file whose mode refuses to be opened cannot be locked by us',
    models: ['none'],
    as: 'unprivileged',
    async run(pair) {
      await pair.walk('', 1)
      await pair.send('Tlcreate', { fid: 1, name: name('a'), flags: 2, mode: file(0), gid: GID })
      expect(await outcomes(pair.send('Tgetlock', { fid: 1, type: READ, ...WHOLE, ...one }))).toEqual([
        'Rgetlock',
        'EACCES',
      ])
    },
  },
  {
    title: 'without privilege, a file that may be read alone cannot be locked for writing by us',
    models: ['none'],
    as: 'unprivileged',
    async run(pair) {
      await pair.walk('', 1)
      await pair.send('Tlcreate', { fid: 1, name: name('a'), flags: 0, mode: file(0o444), gid: GID })
      const lock = { fid: 1, flags: 0, ...WHOLE, ...one }
      await pair.call('Tlock', { ...lock, type: READ })
      expect(await outcomes(pair.send('Tlock', { ...lock, type: WRITE }))).toEqual(['Rlock', 'EBADF'])
    },
  },
]
