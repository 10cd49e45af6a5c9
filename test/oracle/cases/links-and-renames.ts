// Further names, other names, and no names any more (reference §2.2).

import { expect } from 'vitest'
import * as wire from '../../../src/wire/constants.js'
import { type Case, chmod, createFile, file, GID, name, statPath } from '../case.js'
import type { Pair } from '../pair.js'

const mkdir = (pair: Pair, path: string, mode = 0o755, dfid = 0) =>
  pair.call('Tmkdir', { dfid, name: name(path), mode, gid: GID })
const link = (fid: number, path: string, dfid = 0) => ({ dfid, fid, name: name(path) })
const renamed = (from: string, to: string, olddirfid = 0, newdirfid = 0) =>
  ({ olddirfid, oldname: name(from), newdirfid, newname: name(to) }) as const
const unlink = (path: string, flags = 0) => ({ dirfid: 0, name: name(path), flags })

export const linkAndRenameCases: readonly Case[] = [
  {
    title: 'a hard link is another name of one object, with its owner and mode',
    async run(pair) {
      await createFile(pair, 'a', 1, 'x')
      await pair.walk('a', 2)
      await pair.call('Tlink', link(2, 'b'))
      await pair.call('Tlink', link(2, 'c', await pair.walk('directory', 3)))
      await chmod(pair, 2, 0o600)
      const { nlink, mode, qid } = await statPath(pair, 'directory/c')
      expect([nlink, mode]).toEqual([3, file(0o600)])
      expect((await statPath(pair, 'b')).qid.path).toBe(qid.path)
    },
  },
  {
    title: 'a link of every kind of object but a directory',
    async run(pair) {
      for (const kind of ['file', 'link', 'fifo', 'socket', 'null']) {
        await pair.call('Tlink', link(await pair.walk(kind, 1), `${kind}-too`))
        await statPath(pair, `${kind}-too`)
        await pair.call('Tclunk', { fid: 1 })
      }
      expect(await pair.refusal('Tlink', link(await pair.walk('directory', 1), 'a'))).toBe('EPERM')
      expect(await pair.refusal('Tlink', link(0, 'a'))).toBe('EPERM')
      await pair.walk('file', 2)
      expect(await pair.refusal('Tlink', link(2, 'other'))).toBe('EEXIST')
      expect(await pair.refusal('Tlink', link(2, 'a', 2))).toBe('ENOTDIR')
    },
  },
  {
    title: 'renaming moves what it renames, and replaces what it may',
    async run(pair) {
      await pair.call('Trenameat', renamed('file', 'other'))
      await pair.walk('directory', 1)
      await pair.call('Trenameat', renamed('other', 'inner', 0, 1))
      await mkdir(pair, 'a')
      await pair.call('Trenameat', renamed('a', 'empty'))
      await pair.call('Trenameat', renamed('link', 'setid'))
      for (const path of ['directory/inner', 'empty', 'setid']) await statPath(pair, path)
    },
  },
  {
    title: 'renaming a name to itself, or to another of the same object, does nothing',
    async run(pair) {
      await pair.call('Trenameat', renamed('file', 'file'))
      await pair.call('Trenameat', renamed('file', 'hard'))
      for (const path of ['file', 'hard']) expect((await statPath(pair, path)).nlink).toBe(2)
    },
  },
  {
    title: 'renaming is refused as the host refuses it',
    async run(pair) {
      await pair.walk('directory', 1)
      await pair.walk('directory/nested', 2)
      await pair.walk('file', 3)
      const refusals = [
        [renamed('file', 'directory'), 'EISDIR'],
        [renamed('directory', 'file'), 'ENOTDIR'],
        [renamed('directory', 'x', 0, 2), 'EINVAL'],
        [renamed('gone', 'x'), 'ENOENT'],
        [renamed('file', 'x', 0, 3), 'ENOTDIR'],
        [renamed('gone', 'x', 0, 3), 'ENOTDIR'],
        [renamed('x', 'y', 3, 0), 'ENOTDIR'],
      ] as const
      for (const [body, code] of refusals) expect(await pair.refusal('Trenameat', body)).toBe(code)
    },
  },
  {
    title: 'a directory is not replaced while it holds something',
    async run(pair) {
      expect(await pair.refusal('Trenameat', renamed('empty', 'directory'))).toBe('ENOTEMPTY')
    },
  },
  {
    title: 'removing a name leaves the others',
    async run(pair) {
      await pair.call('Tunlinkat', unlink('file'))
      expect((await statPath(pair, 'hard')).nlink).toBe(1)
      for (const path of ['link', 'fifo', 'socket', 'null', 'setid', 'caf\xe9', 'unowned']) {
        await pair.call('Tunlinkat', unlink(path))
      }
      expect(await pair.refusal('Tunlinkat', unlink('gone'))).toBe('ENOENT')
    },
  },
  {
    title: 'REMOVEDIR is for directories, and its absence for the rest',
    models: ['mapped-xattr', 'passthrough', 'none'],
    async run(pair) {
      expect(await pair.refusal('Tunlinkat', unlink('empty'))).toBe('EISDIR')
      expect(await pair.refusal('Tunlinkat', unlink('file', wire.AT_REMOVEDIR))).toBe('ENOTDIR')
      expect(await pair.refusal('Tunlinkat', unlink('directory', wire.AT_REMOVEDIR))).toBe('ENOTEMPTY')
      await pair.call('Tunlinkat', unlink('empty', wire.AT_REMOVEDIR))
    },
  },
  ...[1, 0x201, 0x400, 0xffff_ffff].map((flags): Case => ({
    title: `the flags ${flags} of Tunlinkat are EINVAL`,
    async run(pair) {
      expect(await pair.refusal('Tunlinkat', unlink('file', flags))).toBe('EINVAL')
    },
  })),
]
