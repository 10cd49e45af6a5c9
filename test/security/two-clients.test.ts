// Two connections work in one tree, and host processes with them: a fid keeps meaning the object it was walked to
// (CVE-2018-19364, CVE-2018-19489: QEMU's fids were paths that changed under other requests).

import { readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { guestGid, guestUid } from '../../src/ids.js'
import type { Name } from '../../src/name.js'
import { SETATTR_MODE, SETATTR_SIZE } from '../../src/wire/constants.js'
import type { Body } from '../../src/wire/messages.js'
import { servedModels, startServer } from '../support/live-server.js'

const gid = guestGid(0)
const named = (text: string): Name => text as Name

const setattr = (fid: number, valid: number, change: { mode?: number; size?: number }): Body<'Tsetattr'> => ({
  fid,
  valid,
  mode: change.mode ?? 0,
  uid: guestUid(0),
  gid,
  size: change.size ?? 0,
  atimeSec: 0,
  atimeNsec: 0,
  mtimeSec: 0,
  mtimeNsec: 0,
})

it.each(servedModels)('%s: two clients make and move things at once, and neither loses any', async (model) => {
  await using server = await startServer(model)
  await using a = await server.attach()
  await using b = await server.attach()
  const work = async ({ client, root }: typeof a, mark: string): Promise<void> => {
    for (let i = 0; i < 100; i += 1) {
      const fid = await client.walk(root)
      await client.call('Tlcreate', { fid, name: named(`${mark}${i}`), flags: 0o102, mode: 0o640, gid })
      await client.write(fid, 0, Buffer.from(mark))
      await client.call('Trenameat', {
        olddirfid: root,
        oldname: named(`${mark}${i}`),
        newdirfid: root,
        newname: named(`${mark}-${i}`),
      })
      await client.call('Tsetattr', setattr(fid, SETATTR_MODE, { mode: 0o4751 }))
      await client.clunk(fid)
    }
  }
  await Promise.all([work(a, 'a'), work(b, 'b')])
  for (const [{ client, root }, mark] of [
    [a, 'b'],
    [b, 'a'],
  ] as const) {
    expect((await client.readdir(root)).filter(({ name }) => name.startsWith(`${mark}-`))).toHaveLength(100)
    const fid = await client.walk(root, `${mark}-99`)
    expect((await client.call('Tgetattr', { fid, requestMask: 0x7ff })).mode).toBe(0o104751)
    expect((await client.readFile(fid)).toString()).toBe(mark)
  }
})

const disturbances = {
  renames: (path: string) => renameSync(path, `${path}-elsewhere`),
  'replaces by another file': (path: string) => {
    writeFileSync(`${path}-new`, 'new')
    renameSync(`${path}-new`, path)
  },
  'replaces by a symlink out of the export': (path: string) => {
    rmSync(path)
    symlinkSync('../outside/secret', path)
  },
  deletes: (path: string) => rmSync(path),
} as const

it.each(Object.entries(disturbances))(
  'when a host process %s what a fid is open on, the fid keeps it',
  async (_, disturb) => {
    for (const model of servedModels) {
      await using server = await startServer(model)
      await using session = await server.attach()
      const { client, root } = session
      const fid = await client.walk(root)
      await client.call('Tlcreate', { fid, name: named('file'), flags: 0o102, mode: 0o640, gid })
      await client.write(fid, 0, Buffer.from('content'))
      disturb(join(server.tree, 'file'))
      await client.write(fid, 7, Buffer.from(' and more'))
      await client.call('Tsetattr', setattr(fid, SETATTR_MODE | SETATTR_SIZE, { mode: 0o4711, size: 12 }))
      const { data } = await client.call('Tread', { fid, offset: 0, count: 100 })
      expect(Buffer.from(data).toString()).toBe('content and ')
      expect((await client.call('Tgetattr', { fid, requestMask: 0x7ff })).mode).toBe(0o104711)
      // What has the name now is somebody else's.
      const now = join(server.tree, 'file')
      if (statSync(now, { throwIfNoEntry: false })?.isFile() === true) {
        expect(['new', 'secret']).toContain(readFileSync(now, 'utf8'))
      }
    }
  },
)

it('a directory that a host process moves out of the export leads nowhere but into itself', async () => {
  await using server = await startServer(servedModels.at(-1))
  await using session = await server.attach()
  const { client, root } = session
  await client.call('Tmkdir', { dfid: root, name: named('directory'), mode: 0o755, gid })
  const directory = await client.walk(root, 'directory')
  const rootQid = (await client.call('Tgetattr', { fid: root, requestMask: 0x7ff })).qid
  renameSync(join(server.tree, 'directory'), join(server.tree, '../moved'))
  const { wqids } = await client.call('Twalk', { fid: directory, newfid: 50, wnames: ['..'] })
  expect(wqids[0]?.path).toBe(rootQid.path)
  await expect(client.walk(directory, ['..', named('outside')])).rejects.toThrow('ENOENT')
  await expect(client.walk(root, 'directory')).rejects.toThrow('ENOENT')
})
