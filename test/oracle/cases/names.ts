// Names that may not be, and names that may (reference §3.3).

import { expect } from 'vitest'
import type { Body, Request } from '../../../src/wire/messages.js'
import { type Case, file, GID, mapped, name, names, outcomes } from '../case.js'
import { sentOf } from '../messages.js'

type Named = { [N in Request]: readonly [message: N, body: Body<N>] }[Request]

/** Every request that makes a name in the root. */
const making = (text: string): readonly Named[] => [
  ['Tlcreate', { fid: 0, name: name(text), flags: 2, mode: file(0o644), gid: GID }],
  ['Tmkdir', { dfid: 0, name: name(text), mode: 0o755, gid: GID }],
  ['Tmknod', { dfid: 0, name: name(text), mode: file(0o644), major: 0, minor: 0, gid: GID }],
  ['Tsymlink', { dfid: 0, name: name(text), symtgt: 'file', gid: GID }],
  ['Tlink', { dfid: 0, fid: 1, name: name(text) }],
]

const renaming = (text: string): readonly Named[] => [
  ['Trename', { fid: 1, dfid: 0, name: name(text) }],
  ['Trenameat', { olddirfid: 0, oldname: name('file'), newdirfid: 0, newname: name(text) }],
  ['Trenameat', { olddirfid: 0, oldname: name(text), newdirfid: 0, newname: name('a') }],
]

const removing = (text: string): readonly Named[] => [
  ['Tunlinkat', { dirfid: 0, name: name(text), flags: 0 }],
  ['Tunlinkat', { dirfid: 0, name: name(text), flags: 0x200 }],
]

const all = (text: string): readonly Named[] => [...making(text), ...renaming(text), ...removing(text)]

const walking = (text: string): readonly Named[] => [['Twalk', { fid: 0, newfid: 5, wnames: names(text) }]]

/** Fid 1 is the file "other"; each request is refused with `code`. */
const refusals = (title: string, requests: readonly Named[], code: string, models?: Case['models']): Case => ({
  title,
  ...(models === undefined ? {} : { models }),
  async run(pair) {
    await pair.walk('other', 1)
    const found = []
    for (const [message, body] of requests) found.push(await pair.refusalOf(sentOf(message, body)))
    expect(found).toEqual(requests.map(() => code))
  },
})

const RESERVED = ['.virtfs_metadata', '.virtfs_metadata_root']

export const nameCases: readonly Case[] = [
  ...['', '/', 'a/b', '/a', 'a/', '../a'].map((text) =>
    refusals(`the name "${text}" is ENOENT everywhere`, [...all(text), ...walking(text)], 'ENOENT'),
  ),
  ...['.', '..'].map((text) => refusals(`"${text}" exists where something is made`, making(text), 'EEXIST')),
  ...['.', '..'].map((text) =>
    refusals(`"${text}" is a directory where something is renamed`, renaming(text), 'EISDIR'),
  ),
  refusals('"." is EINVAL where something is removed', removing('.'), 'EINVAL'),
  refusals('".." is ENOTEMPTY where something is removed', removing('..'), 'ENOTEMPTY'),
  refusals(
    'a name of 256 bytes is too long',
    [...making('x'.repeat(256)), ...walking('x'.repeat(256))],
    'ENAMETOOLONG',
  ),
  refusals('a name of 256 bytes is too long to remove', removing('x'.repeat(256)), 'ENAMETOOLONG'),
  refusals('a name of 256 bytes is too long to rename to', renaming('x'.repeat(256)).slice(0, 2), 'ENAMETOOLONG'),
  {
    title: 'which of two wrong names is refused first',
    async run(pair) {
      const body = { olddirfid: 0, oldname: name('..'), newdirfid: 0, newname: name('') }
      expect(await outcomes(pair.send('Trenameat', body))).toEqual(['ENOENT', 'EISDIR'])
    },
  },
  {
    title: 'a missing name is ENOENT before the new one is looked at',
    async run(pair) {
      const body = { olddirfid: 0, oldname: name('gone'), newdirfid: 0, newname: name('x'.repeat(256)) }
      expect(await pair.refusal('Trenameat', body)).toBe('ENOENT')
    },
  },
  {
    title: 'names are bytes, up to 255 of any but "/" and NUL',
    async run(pair) {
      const everyByte = Array.from({ length: 255 }, (_, byte) => String.fromCharCode(byte + 1))
        .join('')
        .replace('/', '_')
      for (const text of ['\xff\xfe', 'x'.repeat(255), everyByte, ' ', '...', '-', '\n', 'caf\xc3\xa9']) {
        await pair.call('Tmkdir', { dfid: 0, name: name(text), mode: 0o755, gid: GID })
        await pair.call('Twalk', { fid: 0, newfid: 1, wnames: names(text) })
        await pair.call('Tclunk', { fid: 1 })
        if (text !== ' ') await pair.call('Tunlinkat', { dirfid: 0, name: name(text), flags: 0x200 })
      }
    },
  },
  ...RESERVED.map((text) =>
    refusals(`"${text}" is EINVAL everywhere in mapped-file`, [...all(text), ...walking(text)], 'EINVAL', [
      'mapped-file',
    ]),
  ),
  {
    title: 'reserved names are EINVAL at any depth, and later in a walk end it',
    models: ['mapped-file'],
    async run(pair) {
      await pair.walk('directory/nested', 1)
      for (const text of RESERVED) {
        expect(await pair.refusal('Tmkdir', { dfid: 1, name: name(text), mode: 0o755, gid: GID })).toBe('EINVAL')
        expect(await pair.refusal('Twalk', { fid: 1, newfid: 2, wnames: names(text) })).toBe('EINVAL')
        const { wqids } = await pair.call('Twalk', { fid: 0, newfid: 2, wnames: names('directory', text) })
        expect(wqids).toHaveLength(1)
      }
    },
  },
  {
    title: 'reserved names are EINVAL below what is no directory, too',
    models: ['mapped-file'],
    async run(pair) {
      await pair.walk('file', 1)
      expect(await pair.refusal('Twalk', { fid: 1, newfid: 2, wnames: names('.virtfs_metadata') })).toBe('EINVAL')
      expect(await pair.refusal('Trename', { fid: 0, dfid: 0, name: name('.virtfs_metadata') })).toBe('EINVAL')
    },
  },
  {
    title: 'names that merely look reserved are not',
    models: mapped,
    async run(pair) {
      for (const text of ['.virtfs_metadatax', '.virtfs_metadata_roots', '.VIRTFS_METADATA']) {
        await pair.call('Tmkdir', { dfid: 0, name: name(text), mode: 0o755, gid: GID })
      }
    },
  },
  {
    title: 'where records are not files, no name is reserved',
    // It lists with Treaddir.
    dialects: ['9P2000.L'],
    models: ['mapped-xattr', 'passthrough', 'none'],
    async run(pair) {
      for (const text of RESERVED) await pair.call('Tmkdir', { dfid: 0, name: name(text), mode: 0o755, gid: GID })
      await pair.call('Treaddir', { fid: await openRoot(pair), offset: 0n, count: 8000 })
    },
  },
]

async function openRoot(pair: Parameters<Case['run']>[0]): Promise<number> {
  await pair.walk('', 8)
  await pair.call('Tlopen', { fid: 8, flags: 0 })
  return 8
}
