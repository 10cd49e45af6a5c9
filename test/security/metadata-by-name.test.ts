// CVE-2017-7493: a guest that reaches .virtfs_metadata can forge owners and set-id bits.

import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Errno } from '../../src/errors.js'
import { guestGid } from '../../src/ids.js'
import type { Name } from '../../src/name.js'
import { DMDIR, DMLINK, DMNAMEDPIPE, DMSYMLINK } from '../../src/wire/constants.js'
import { NO_CHANGE } from '../../src/wire/stat.js'
import { startServer } from '../support/live-server.js'

const gid = guestGid(0)
const reserved = ['.virtfs_metadata', '.virtfs_metadata_root'] as Name[]

it.each(['', 'below'])('no message reaches the records, in directory "%s"', async (directory) => {
  await using server = await startServer('mapped-file')
  mkdirSync(join(server.tree, 'below'))
  await using session = await server.attach()
  const { client, root } = session
  const dir = await client.walk(root, directory)
  const file = await client.walk(dir)
  await client.call('Tlcreate', { fid: file, name: 'file' as Name, flags: 0o102, mode: 0o600, gid })
  const before = readFileSync(join(server.tree, directory, '.virtfs_metadata/file'))
  for (const name of reserved) {
    const fresh = await client.walk(dir)
    const attempts = [
      client.call('Twalk', { fid: dir, newfid: 50, wnames: [name] }),
      client.call('Tlcreate', { fid: fresh, name, flags: 0o102, mode: 0o644, gid }),
      client.call('Tmkdir', { dfid: dir, name, mode: 0o755, gid }),
      client.call('Tmknod', { dfid: dir, name, mode: 0o100644, major: 0, minor: 0, gid }),
      client.call('Tsymlink', { dfid: dir, name, symtgt: 'x', gid }),
      client.call('Tlink', { dfid: dir, fid: file, name }),
      client.call('Trenameat', { olddirfid: dir, oldname: name, newdirfid: dir, newname: 'x' as Name }),
      client.call('Trenameat', { olddirfid: dir, oldname: 'file' as Name, newdirfid: dir, newname: name }),
      client.call('Tunlinkat', { dirfid: dir, name, flags: 0x200 }),
      // Of 9P2000.u, which any session takes.
      ...[0, DMDIR, DMSYMLINK, DMNAMEDPIPE, DMLINK].map((perm) =>
        client.call('Tcreate', { fid: fresh, name, perm: perm >>> 0, mode: 0, extension: String(file) }),
      ),
      client.call('Twstat', { fid: file, stat: { ...NO_CHANGE, name } }),
    ]
    const results = await Promise.allSettled(attempts)
    expect(
      results.map((result) => (result.status === 'rejected' ? (result.reason as { errno: number }).errno : 0)),
    ).toEqual(attempts.map(() => Errno.EINVAL))
  }
  const listed = (await client.readdir(dir)).map(({ name }) => name)
  expect(listed.filter((name) => name.startsWith('.virtfs'))).toEqual([])
  expect(readFileSync(join(server.tree, directory, '.virtfs_metadata/file'))).toEqual(before)
  expect(readdirSync(join(server.tree, directory))).toContain('.virtfs_metadata')
})

it('a later element of a walk is refused too, and makes no fid', async () => {
  await using server = await startServer('mapped-file')
  mkdirSync(join(server.tree, 'below'))
  await using session = await server.attach()
  const { client, root } = session
  const { wqids } = await client.call('Twalk', {
    fid: root,
    newfid: 50,
    wnames: ['below' as Name, ...reserved.slice(0, 1)],
  })
  expect(wqids).toHaveLength(1)
  await expect(client.call('Tgetattr', { fid: 50, requestMask: 1 })).rejects.toThrow('ENOENT')
})
