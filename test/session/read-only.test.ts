// A read-only export answers what changes nothing, and EROFS to everything else before looking at it (reference §3.15).

import { expect, it } from 'vitest'
import { encodeFrame } from '../../src/wire/codec.js'
import type { Body, Request } from '../../src/wire/messages.js'
import { Exchange } from '../support/exchange.js'
import { snapshot } from '../support/snapshot.js'

const furnish = (tree: Exchange['tree']): void => {
  tree.write('file', 'content')
  tree.mkdir('directory')
  tree.symlink('target', 'symlink')
  tree.setxattr('file', 'user.note', 'value')
}

const start = (): Promise<Exchange> => Exchange.attached({ isReadOnly: true, furnish })
const rest = { mode: 0o644, gid: 0 as never }

const CHANGES: readonly Request[] = [
  'Tlcreate',
  'Tsymlink',
  'Tmknod',
  'Trename',
  'Tsetattr',
  'Txattrcreate',
  'Tlink',
  'Tmkdir',
  'Trenameat',
  'Tunlinkat',
  'Twrite',
  'Tremove',
]

it.each(CHANGES)('%s is refused (EROFS), whatever it says', async (message) => {
  using exchange = await start()
  await exchange.walk('file', 1)
  const before = snapshot(exchange.tree.path)
  const bodies: Record<string, unknown> = {
    Tlcreate: { fid: 0, name: 'new', flags: 0, ...rest },
    Tsymlink: { dfid: 0, name: 'new', symtgt: 't', gid: 0 },
    Tmknod: { dfid: 0, name: 'new', major: 0, minor: 0, ...rest },
    Trename: { fid: 1, dfid: 0, name: 'new' },
    Tsetattr: {
      fid: 1,
      valid: 0,
      mode: 0,
      uid: 0,
      gid: 0,
      size: 0,
      atimeSec: 0,
      atimeNsec: 0,
      mtimeSec: 0,
      mtimeNsec: 0,
    },
    Txattrcreate: { fid: 1, name: 'user.x', attrSize: 1, flags: 0 },
    Tlink: { dfid: 0, fid: 1, name: 'new' },
    Tmkdir: { dfid: 0, name: 'new', ...rest },
    Trenameat: { olddirfid: 0, oldname: 'file', newdirfid: 0, newname: 'new' },
    Tunlinkat: { dirfid: 0, name: 'file', flags: 0 },
    Twrite: { fid: 1, offset: 0, data: Buffer.from('x') },
    Tremove: { fid: 1 },
  }
  expect(await exchange.refusal(message, bodies[message] as Body<Request> as never)).toBe('EROFS')
  // Not even a body is looked at.
  const reply = exchange.replyTo(3)
  const frame = encodeFrame(3, 'Tclunk', { fid: 77 })
  frame.writeUInt8(encodeFrame(3, message, bodies[message] as never)[4]!, 4)
  exchange.feed(frame)
  expect(await reply).toMatchObject({ message: 'Rlerror', body: { ecode: 30 } })
  expect(snapshot(exchange.tree.path)).toEqual(before)
  // Tremove leaves the fid where nothing could be removed.
  expect(await exchange.refusal('Tclunk', { fid: 1 })).toBeUndefined()
})

it('unknown types come before the read-only check (EOPNOTSUPP)', async () => {
  using exchange = await start()
  const reply = exchange.replyTo(3)
  const frame = encodeFrame(3, 'Tclunk', { fid: 0 })
  frame.writeUInt8(106, 4)
  exchange.feed(frame)
  expect(await reply).toMatchObject({ body: { ecode: 95 } })
})

it('what changes nothing is answered', async () => {
  using exchange = await start()
  const before = snapshot(exchange.tree.path)
  await exchange.walk('file', 1)
  await exchange.walk('symlink', 2)
  await exchange.walk('', 3)
  await exchange.call('Tlopen', { fid: 1, flags: 0 })
  await exchange.call('Tlopen', { fid: 3, flags: 0o1302 })
  await exchange.call('Tread', { fid: 1, offset: 0, count: 10 })
  await exchange.call('Treaddir', { fid: 3, offset: 0n, count: 1000 })
  await exchange.call('Tgetattr', { fid: 1, requestMask: 0x3fff })
  await exchange.call('Tstatfs', { fid: 1 })
  await exchange.call('Treadlink', { fid: 2 })
  await exchange.call('Txattrwalk', { fid: 1, newfid: 4, name: 'user.note' })
  const lock = { fid: 1, type: 0, start: 0n, length: 0n, procId: 1, clientId: 'c' }
  await exchange.call('Tlock', { ...lock, flags: 0 })
  await exchange.call('Tgetlock', lock)
  await exchange.call('Tfsync', { fid: 1, datasync: 0 })
  await exchange.call('Tflush', { oldtag: 9 })
  await exchange.call('Tclunk', { fid: 1 })
  expect(await exchange.refusal('Tauth', { afid: 9, uname: '', aname: '', nUname: 0 as never })).toBe('EOPNOTSUPP')
  await exchange.attach(7, 0)
  expect(snapshot(exchange.tree.path)).toEqual(before)
})

it('a file is opened for reading alone; CREATE and EXCL mean nothing', async () => {
  using exchange = await start()
  await exchange.walk('file', 1)
  for (const flags of [1, 2, 3, 0o1000, 0o2000, 0o1002]) {
    expect([flags, await exchange.refusal('Tlopen', { fid: 1, flags })]).toEqual([flags, 'EROFS'])
  }
  expect(await exchange.refusal('Tlopen', { fid: 1, flags: 0o300 })).toBeUndefined()
  expect(await exchange.refusal('Tlopen', { fid: 1, flags: 0 })).toBe('EINVAL')
})
