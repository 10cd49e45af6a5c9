// Names that mapped-file keeps for itself, in every message that has one, and the root, which has no name to lose
// (reference §1.3, §3.2, §3.3).

import { expect, it } from 'vitest'
import { guestGid } from '../../src/ids.js'
import type { Name } from '../../src/name.js'
import type { Body, Request } from '../../src/wire/messages.js'
import type { Client } from '../../src/client/client.js'
import { snapshot } from '../support/snapshot.js'
import { startServer } from '../support/live-server.js'

const rest = { mode: 0o644, gid: guestGid(0) }
const file = 'file' as Name

interface Fids {
  readonly root: number
  /** Another fid of the root. */
  readonly clone: number
  readonly fid: number
}

type Ask = <N extends Request>(message: N, body: Body<N>) => Promise<unknown>

const messages: readonly (readonly [string, (ask: Ask, fids: Fids, name: Name) => Promise<unknown>])[] = [
  ['Twalk', (ask, { root }, name) => ask('Twalk', { fid: root, newfid: 99, wnames: [name] })],
  ['Tlcreate', (ask, { clone }, name) => ask('Tlcreate', { fid: clone, name, flags: 2, ...rest })],
  ['Tmkdir', (ask, { root }, name) => ask('Tmkdir', { dfid: root, name, ...rest })],
  ['Tmknod', (ask, { root }, name) => ask('Tmknod', { dfid: root, name, major: 0, minor: 0, ...rest, mode: 0o010644 })],
  ['Tsymlink', (ask, { root }, name) => ask('Tsymlink', { dfid: root, name, symtgt: 'target', gid: rest.gid })],
  ['Tlink', (ask, { root, fid }, name) => ask('Tlink', { dfid: root, fid, name })],
  ['Trename', (ask, { root, fid }, name) => ask('Trename', { fid, dfid: root, name })],
  [
    'Trenameat to it',
    (ask, { root }, name) => ask('Trenameat', { olddirfid: root, oldname: file, newdirfid: root, newname: name }),
  ],
  [
    'Trenameat from it',
    (ask, { root }, name) => ask('Trenameat', { olddirfid: root, oldname: name, newdirfid: root, newname: file }),
  ],
  ['Tunlinkat', (ask, { root }, name) => ask('Tunlinkat', { dirfid: root, name, flags: 0 })],
  ['Tunlinkat of a directory', (ask, { root }, name) => ask('Tunlinkat', { dirfid: root, name, flags: 0x200 })],
]

async function fidsOf(client: Client, root: number): Promise<Fids> {
  const made = await client.walk(root)
  await client.call('Tlcreate', { fid: made, name: file, flags: 2, ...rest })
  await client.clunk(made)
  return { root, clone: await client.walk(root), fid: await client.walk(root, 'file') }
}

it.each(messages)('%s is refused the names that mapped-file keeps (EINVAL), and changes nothing', async (_, act) => {
  await using served = await startServer('mapped-file')
  await using attached = await served.attach()
  const { client, root } = attached
  const fids = await fidsOf(client, root)
  const before = snapshot(served.tree)
  for (const name of ['.virtfs_metadata', '.virtfs_metadata_root'] as Name[]) {
    await expect(act((message, body) => client.call(message, body), fids, name)).rejects.toMatchObject({
      code: 'EINVAL',
    })
  }
  expect(snapshot(served.tree)).toEqual(before)
})

it.each(messages)('%s takes those names for ordinary ones elsewhere', async (message, act) => {
  await using served = await startServer()
  await using attached = await served.attach()
  const { client, root } = attached
  const fids = await fidsOf(client, root)
  const answer = act((request, body) => client.call(request, body), fids, '.virtfs_metadata' as Name)
  if (/walk|from|Tunlinkat/.test(message)) await expect(answer).rejects.toMatchObject({ code: 'ENOENT' })
  else await answer
})

it('the root is neither renamed (EBUSY) nor removed (EINVAL)', async () => {
  await using served = await startServer()
  await using attached = await served.attach()
  const { client, root } = attached
  const clone = await client.walk(root)
  await expect(client.call('Trename', { fid: root, dfid: root, name: file })).rejects.toMatchObject({ code: 'EBUSY' })
  await expect(client.call('Tremove', { fid: clone })).rejects.toMatchObject({ code: 'EINVAL' })
  await expect(client.call('Tclunk', { fid: clone })).rejects.toMatchObject({ code: 'ENOENT' })
})
