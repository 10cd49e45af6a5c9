// CVE-2016-7116, CVE-2017-7471: names with "/", ".." above the root, NUL inside.

import { existsSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Name } from '../../src/name.js'
import { Errno } from '../../src/errors.js'
import { guestGid } from '../../src/ids.js'
import { NOFID } from '../../src/wire/constants.js'
import { servedModels, startServer } from '../support/live-server.js'

const gid = guestGid(0)
/** What no decoder would make: a client that lies puts it on the wire all the same. */
const forged = (name: string): Name => name as Name

const names = [
  '',
  '../outside/secret',
  '/etc/passwd',
  'a/b',
  'directory/../../outside',
  'secret\0',
  '\0',
  '..\0',
  './x',
]

it.each(servedModels)('%s: no message takes a name that leaves its directory', async (model) => {
  await using server = await startServer(model)
  await using session = await server.attach()
  const { client, root } = session
  const file = await client.walk(root)
  await client.call('Tlcreate', { fid: file, name: forged('file'), flags: 0o102, mode: 0o644, gid })
  for (const name of names.map(forged)) {
    const attempts = [
      client.call('Twalk', { fid: root, newfid: 50, wnames: [name] }),
      client.call('Tlcreate', { fid: root, name, flags: 0o102, mode: 0o644, gid }),
      client.call('Tmkdir', { dfid: root, name, mode: 0o755, gid }),
      client.call('Tmknod', { dfid: root, name, mode: 0o100644, major: 0, minor: 0, gid }),
      client.call('Tsymlink', { dfid: root, name, symtgt: 'x', gid }),
      client.call('Tlink', { dfid: root, fid: file, name }),
      client.call('Trename', { fid: root, dfid: NOFID, name }),
      client.call('Trenameat', { olddirfid: root, oldname: name, newdirfid: root, newname: forged('x') }),
      client.call('Trenameat', { olddirfid: root, oldname: forged('file'), newdirfid: root, newname: name }),
      client.call('Tunlinkat', { dirfid: root, name, flags: 0 }),
    ]
    const results = await Promise.allSettled(attempts)
    expect(
      results.map((result) => (result.status === 'rejected' ? (result.reason as { errno: number }).errno : 0)),
    ).toEqual(attempts.map(() => Errno.ENOENT))
  }
  expect(readdirSync(server.tree).filter((name) => !name.startsWith('.virtfs'))).toEqual(['file'])
})

it('".." of the root is the root, however often it is walked', async () => {
  await using server = await startServer('passthrough')
  await using session = await server.attach()
  const { client, root } = session
  const { qid } = await client.call('Tgetattr', { fid: root, requestMask: 0x7ff })
  const { wqids } = await client.call('Twalk', { fid: root, newfid: 50, wnames: ['..', '..', '.', '..'] })
  expect(wqids.map(({ path }) => path)).toEqual(Array(4).fill(qid.path))
  await expect(client.walk(50, 'outside')).rejects.toThrow('ENOENT')
  expect(existsSync(server.outside)).toBe(true)
})
