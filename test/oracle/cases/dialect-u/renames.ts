// Twstat gives names, and those that it may not give (reference §3.3, §3.18).

import { expect } from 'vitest'
import type { Name } from '../../../../src/name.js'
import * as wire from '../../../../src/wire/constants.js'
import { type Case, name, openPath, outcomes, read } from '../../case.js'
import {
  caseOfU,
  changePath,
  creating,
  openByte,
  record,
  recordOfPath,
  refusedChange,
  write,
  wstat,
} from '../../case-u.js'

export const renameCases: readonly Case[] = [
  caseOfU({
    title: 'a name is given to an object where it lies, open or not, and its fid goes along',
    async run(pair) {
      await pair.walk('directory/inner', 1)
      await pair.call('Twstat', wstat(1, { name: name('a') }))
      expect((await record(pair, 1)).name).toBe('a')
      await openByte(pair, 'other', 2)
      await pair.call('Twstat', wstat(2, { name: name('b'), mtime: 5 }))
      await write(pair, 2, 'still here')
      expect((await recordOfPath(pair, 'b')).length).toBe(10)
      await pair.walk('empty', 3)
      await pair.call('Twstat', wstat(3, { name: name('\xff\xfe') }))
      expect((await record(pair, 3)).name).toBe('\xff\xfe')
    },
  }),
  caseOfU({
    title: 'a name that is another object’s is taken from it',
    async run(pair) {
      await openPath(pair, 'other', 1, wire.ORDWR)
      await write(pair, 1, 'the other')
      await pair.call('Tclunk', { fid: 1 })
      await changePath(pair, 'other', { name: name('file') })
      expect(await read(pair, await openByte(pair, 'file', 2, 0))).toBe('the other')
      await pair.call('Tclunk', { fid: 2 })
      expect(await refusedChange(pair, 'file', { name: name('directory') })).toBe('EISDIR')
      expect(await refusedChange(pair, 'empty', { name: name('file') })).toBe('ENOTDIR')
      expect(await refusedChange(pair, 'empty', { name: name('directory') })).toBe('ENOTEMPTY')
      await changePath(pair, 'file', { name: name('file') })
    },
  }),
  caseOfU({
    title: 'fids below a renamed directory follow',
    async run(pair) {
      await pair.walk('directory', 1)
      await pair.call('Twstat', wstat(1, { name: name('a') }))
      expect((await recordOfPath(pair, 'a/nested/deep')).mode).toBe(0o444)
      await pair.call('Tcreate', creating(1, 'b'))
    },
  }),
  caseOfU({
    title: 'a rename leaves a fid that QEMU’s loop comes to later with the old path',
    async run(pair) {
      for (const fid of [1, 2, 3]) await pair.walk('other', fid)
      await pair.send('Twstat', wstat(2, { name: name('a') }))
      expect(pair.diverged?.because).toBe('§8 rows 1 to 3')
    },
  }),
  caseOfU({
    title: 'names that Twstat refuses',
    async run(pair) {
      expect(await refusedChange(pair, '', { name: name('a') })).toBe('EBUSY')
      for (const dots of ['.', '..']) expect(await refusedChange(pair, 'file', { name: name(dots) })).toBe('EBUSY')
      expect(await refusedChange(pair, 'file', { name: name('x'.repeat(256)) })).toBe('ENAMETOOLONG')
    },
  }),
  caseOfU({
    title: '"." as a name is the directory to QEMU, which is not empty',
    async run(pair) {
      await pair.walk('directory/inner', 1)
      const [qemu, ours] = await outcomes(pair.send('Twstat', wstat(1, { name: name('.') })))
      expect([qemu === 'EBUSY', ours]).toEqual([false, 'EBUSY'])
    },
  }),
  ...['a/b', '/', '/a', '../a'].map((text) =>
    caseOfU({
      title: `a Twstat to the name "${text}" ends QEMU`,
      endsQemu: true,
      async run(pair) {
        await pair.walk('file', 1)
        const answers = pair.send('Twstat', wstat(1, { name: text as Name }))
        expect(await outcomes(answers)).toEqual(['ended', 'ENOENT'])
      },
    }),
  ),
  caseOfU({
    title: 'the names of records are EINVAL to Twstat',
    models: ['mapped-file'],
    async run(pair) {
      for (const text of ['.virtfs_metadata', '.virtfs_metadata_root']) {
        expect(await refusedChange(pair, 'file', { name: name(text) })).toBe('EINVAL')
      }
    },
  }),
]
