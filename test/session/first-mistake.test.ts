// Which mistake of a request that has several is answered, where QEMU 7.2 looks at them in an order of its own.

import { expect, it } from 'vitest'
import { guestGid } from '../../src/ids.js'
import type { Name } from '../../src/name.js'
import type { Body, Request } from '../../src/wire/messages.js'
import { Exchange } from '../support/exchange.js'

type Row = { [N in Request]: readonly [mistake: string, errno: string, message: N, body: Body<N>] }[Request]

const name = (text: string): Name => text as Name
const long = name('x'.repeat(256))
const [UNKNOWN, FILE, SYMLINK] = [77, 1, 2]
const owner = { gid: guestGid(0) }
const lock = { type: 0, start: 0n, length: 0n, procId: 1, clientId: 'guest' }

const rows: readonly Row[] = [
  ['the flags, not the fid', 'EINVAL', 'Tlock', { fid: UNKNOWN, flags: 2, ...lock }],
  ['the size, not the fid', 'E2BIG', 'Txattrcreate', { fid: UNKNOWN, name: 'user.x', attrSize: 65_537, flags: 0 }],
  ['the flags, not the fid', 'EINVAL', 'Txattrcreate', { fid: UNKNOWN, name: 'user.x', attrSize: 65_537, flags: 4 }],
  ['a new name’s directory, not the root', 'ENOTDIR', 'Trename', { fid: 0, dfid: FILE, name: name('new') }],
  ['a reserved name, not the root', 'EINVAL', 'Trename', { fid: 0, dfid: 0, name: name('.virtfs_metadata') }],
  [
    'a new name’s directory, not the old name',
    'ENOTDIR',
    'Trenameat',
    { olddirfid: 0, oldname: name('gone'), newdirfid: FILE, newname: name('new') },
  ],
  [
    'the old name, not the new one',
    'ENOENT',
    'Trenameat',
    { olddirfid: 0, oldname: name('gone'), newdirfid: 0, newname: long },
  ],
  [
    'what is no directory, not the flag',
    'ENOTDIR',
    'Tlcreate',
    { fid: FILE, name: name('new'), flags: 0o200002, mode: 0o644, ...owner },
  ],
  [
    'what is no directory, not the target',
    'ENOTDIR',
    'Tsymlink',
    { dfid: FILE, name: name('new'), symtgt: '', ...owner },
  ],
  [
    'a reserved name, not what is no directory',
    'EINVAL',
    'Twalk',
    { fid: FILE, newfid: 5, wnames: [name('.virtfs_metadata')] },
  ],
  ['that a symlink is no directory, not that it is one', 'ENOTDIR', 'Tlopen', { fid: SYMLINK, flags: 0o200000 }],
]

it.each(rows)('%s: %s to %s', async (_, errno, message, body) => {
  using exchange = await Exchange.attached({
    model: 'mapped-file',
    furnish: (tree) => {
      tree.write('file', 'content')
      tree.symlink('file', 'symlink')
    },
  })
  await exchange.walk('file', FILE)
  await exchange.walk('symlink', SYMLINK)
  expect(await exchange.refusal(message, body)).toBe(errno)
})
