// Clients whose ids are not those that are stored: every message that carries an id on its way in, and every one that
// returns one (--map-uid, --map-gid, --squash).

import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { guestGid, guestUid, NO_ID } from '../../src/ids.js'
import type { Name } from '../../src/name.js'
import { viewDefaults } from '../../src/serve/connection-settings.js'
import { type IdSettings, translateIds } from '../../src/view/translated-ids.js'
import { DMDIR, DMSYMLINK, DMNAMEDPIPE } from '../../src/wire/constants.js'
import type { Body } from '../../src/wire/messages.js'
import { NO_CHANGE, readStatRecords } from '../../src/wire/stat.js'
import { Exchange, type ExchangeOptions } from '../support/exchange.js'
import { isRoot } from '../support/host/nobody.js'

const mapped: Partial<IdSettings> = {
  uids: [{ guest: 0, host: 100_000, count: 1000 }],
  gids: [{ guest: 0, host: 200_000, count: 1000 }],
}
const name = (text: string): Name => text as Name
const gid = guestGid

const start = (ids: Partial<IdSettings>, nUname: number, options: ExchangeOptions = {}): Promise<Exchange> =>
  Exchange.attached({ wrap: (view) => translateIds(view, { ...viewDefaults.ids, ...ids }), ...options }, nUname)

/** What lies on the host: the view without any translation. */
const stored = (exchange: Exchange, path: string): string => {
  const { uid, gid } = exchange.tree.stat(path)
  return `${uid}:${gid}`
}

async function shown(exchange: Exchange, path: string): Promise<string> {
  await exchange.walk(path, 99)
  const { uid, gid } = await exchange.call('Tgetattr', { fid: 99, requestMask: 0 })
  await exchange.call('Tclunk', { fid: 99 })
  return `${uid}:${gid}`
}

/** Makes one object of each kind in 9P2000.L, with `group`. */
async function makeAll(exchange: Exchange, group: number): Promise<string[]> {
  const gid = guestGid(group)
  await exchange.walk('', 1)
  await exchange.call('Tlcreate', { fid: 1, name: name('file'), flags: 2, mode: 0o100644, gid })
  await exchange.call('Tclunk', { fid: 1 })
  await exchange.call('Tmkdir', { dfid: 0, name: name('directory'), mode: 0o755, gid })
  await exchange.call('Tmknod', { dfid: 0, name: name('fifo'), mode: 0o010644, major: 0, minor: 0, gid })
  await exchange.call('Tsymlink', { dfid: 0, name: name('symlink'), symtgt: 'x', gid })
  return ['file', 'directory', 'fifo', 'symlink']
}

const nothing: Omit<Body<'Tsetattr'>, 'fid'> = {
  ...{ valid: 0, mode: 0, uid: guestUid(0), gid: guestGid(0), size: 0 },
  ...{ atimeSec: 0, atimeNsec: 0, mtimeSec: 0, mtimeNsec: 0 },
}

async function chown(exchange: Exchange, path: string, uid: number, group: number): Promise<string | undefined> {
  await exchange.walk(path, 98)
  const body = { fid: 98, ...nothing, valid: 6, uid: guestUid(uid), gid: guestGid(group) }
  const refusal = await exchange.refusal('Tsetattr', body)
  await exchange.call('Tclunk', { fid: 98 })
  return refusal
}

describe('mapped ranges', () => {
  it('what is made is stored with mapped ids, and shown with the guest’s', async () => {
    using exchange = await start(mapped, 7)
    for (const path of await makeAll(exchange, 8)) {
      expect([path, stored(exchange, path), await shown(exchange, path)]).toEqual([path, '100007:200008', '7:8'])
    }
  })

  it.runIf(isRoot)('so it is for real, in passthrough', async () => {
    using exchange = await start(mapped, 0, { model: 'passthrough' })
    for (const path of await makeAll(exchange, 8)) {
      const owner = execFileSync('stat', ['-c', '%u:%g', exchange.tree.at(path).toString()], {
        encoding: 'utf8',
      }).trim()
      expect([path, owner, await shown(exchange, path)]).toEqual([path, '100000:200008', '0:8'])
    }
  })

  it('9P2000.u maps what it makes, changes, shows and lists', async () => {
    using exchange = await start(mapped, 7, { version: '9P2000.u' })
    for (const [path, perm] of [
      ['file', 0],
      ['directory', DMDIR],
      ['symlink', DMSYMLINK],
      ['fifo', DMNAMEDPIPE],
    ] as const) {
      await exchange.walk('', 1)
      await exchange.call('Tcreate', { fid: 1, name: name(path), perm: perm >>> 0, mode: 0, extension: 'x' })
      await exchange.call('Tclunk', { fid: 1 })
      await exchange.walk(path, 1)
      await exchange.call('Twstat', { fid: 1, stat: { ...NO_CHANGE, nGid: gid(9) } })
      expect((await exchange.call('Tstat', { fid: 1 })).stat).toMatchObject({ nUid: 7, nGid: 9 })
      await exchange.call('Tclunk', { fid: 1 })
      expect([path, stored(exchange, path)]).toEqual([path, '100007:200009'])
    }
    await exchange.walk('', 1)
    await exchange.call('Topen', { fid: 1, mode: 0 })
    const records = readStatRecords((await exchange.call('Tread', { fid: 1, offset: 0, count: 8000 })).data)
    for (const record of records.filter(({ name }) => !name.startsWith('.'))) {
      expect(record).toMatchObject({ nUid: 7, nGid: 9 })
    }
    await exchange.walk('file', 2)
    const refused = { fid: 2, stat: { ...NO_CHANGE, nUid: guestUid(1000) } }
    expect(await exchange.refusal('Twstat', refused)).toBe('EOVERFLOW')
  })

  it('chown maps, each id alone too, and leaves an id of −1', async () => {
    using exchange = await start(mapped, 7)
    await makeAll(exchange, 8)
    expect(await chown(exchange, 'file', 0, NO_ID)).toBeUndefined()
    expect(stored(exchange, 'file')).toBe('100000:200008')
    expect(await chown(exchange, 'file', NO_ID, 999)).toBeUndefined()
    expect([stored(exchange, 'file'), await shown(exchange, 'file')]).toEqual(['100000:200999', '0:999'])
  })

  it('an id outside every range is refused (EOVERFLOW) in every message, and nothing is made or changed', async () => {
    using exchange = await start(mapped, 7)
    const before = exchange.tree.names('')
    await exchange.walk('', 1)
    const refusals = [
      await exchange.refusal('Tlcreate', { fid: 1, name: name('n'), flags: 2, mode: 0o644, gid: gid(1000) }),
      await exchange.refusal('Tmkdir', { dfid: 0, name: name('n'), mode: 0o755, gid: gid(1000) }),
      await exchange.refusal('Tmknod', { dfid: 0, name: name('n'), mode: 0o644, major: 0, minor: 0, gid: gid(1000) }),
      await exchange.refusal('Tsymlink', { dfid: 0, name: name('n'), symtgt: 'x', gid: gid(1000) }),
      await chown(exchange, '', 1000, 0),
      await chown(exchange, '', 0, 1000),
      await exchange.refusal('Tattach', { fid: 5, afid: NO_ID, uname: '', aname: '', nUname: guestUid(1000) }),
    ]
    expect(refusals).toEqual(Array(7).fill('EOVERFLOW'))
    expect(exchange.tree.names('')).toEqual(before)
    expect(exchange.session.fids.count).toBe(2)
  })

  it.each<[string, Partial<IdSettings>, string]>([
    ['ranges', mapped, '65534:65534'],
    ['root squashed', { squash: 'root' }, '65534:65534'],
    ['all squashed', { squash: 'all', anonUid: 7, anonGid: 8 }, '7:8'],
  ])(
    'with %s, what is made by nobody in particular is the anonymous user’s, not the server’s',
    async (_, ids, owner) => {
      using exchange = await start(ids, NO_ID)
      for (const path of await makeAll(exchange, NO_ID)) expect([path, stored(exchange, path)]).toEqual([path, owner])
      // As the owner to be set it means no change.
      expect(await chown(exchange, 'file', NO_ID, NO_ID)).toBeUndefined()
      expect(stored(exchange, 'file')).toBe(owner)
    },
  )

  it('what is stored outside every range is shown as 65534', async () => {
    using exchange = await start(mapped, 7, { furnish: (tree) => tree.write('strange') })
    expect([stored(exchange, 'strange'), await shown(exchange, 'strange')]).toEqual(['1000:1001', '65534:65534'])
  })

  it('the guest’s root is still root: its writes leave set-id bits, those of others do not', async () => {
    for (const [nUname, mode] of [
      [0, 0o104755],
      [7, 0o100755],
    ] as const) {
      using exchange = await start(mapped, nUname, { furnish: (tree) => tree.write('program', '', 0o4755) })
      await exchange.walk('program', 1)
      await exchange.call('Tlopen', { fid: 1, flags: 1 })
      await exchange.call('Twrite', { fid: 1, offset: 0, data: Buffer.from('x') })
      expect(exchange.tree.stat('program').mode).toBe(mode)
    }
  })
})

/** user::rw-, user:ID:rw-, group::r--, group:ID:r--, mask::rw-, other::--- as Linux has it in an attribute. */
const acl = (user: number, group: number): Buffer => {
  const entry = (tag: number, permissions: number, id = NO_ID): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt16LE(tag, 0)
    bytes.writeUInt16LE(permissions, 2)
    bytes.writeUInt32LE(id, 4)
    return bytes
  }
  const entries = [entry(1, 6), entry(2, 6, user), entry(4, 4), entry(8, 4, group), entry(16, 6), entry(32, 0)]
  return Buffer.concat([Buffer.from([2, 0, 0, 0]), ...entries])
}

describe('ACLs', () => {
  const set = async (
    exchange: Exchange,
    value: Buffer,
    attribute = 'system.posix_acl_access',
  ): Promise<string | undefined> => {
    await exchange.walk('file', 1)
    await exchange.call('Txattrcreate', { fid: 1, name: attribute, attrSize: value.length, flags: 0 })
    await exchange.call('Twrite', { fid: 1, offset: 0, data: value })
    return exchange.refusal('Tclunk', { fid: 1 })
  }
  const get = async (exchange: Exchange, attribute = 'system.posix_acl_access'): Promise<Buffer> => {
    await exchange.walk('file', 1)
    const { size } = await exchange.call('Txattrwalk', { fid: 1, newfid: 2, name: attribute })
    const { data } = await exchange.call('Tread', { fid: 2, offset: 0, count: size })
    for (const fid of [1, 2]) await exchange.call('Tclunk', { fid })
    return Buffer.from(data)
  }

  it.each(['mapped-xattr', 'mapped-file'] as const)(
    '%s: the ids inside are mapped in both directions',
    async (model) => {
      using exchange = await start(mapped, 0, { model })
      await makeAll(exchange, 0)
      expect(await set(exchange, acl(7, 8))).toBeUndefined()
      expect((await get(exchange)).equals(acl(7, 8))).toBe(true)
      expect(exchange.tree.getxattr('file', 'system.posix_acl_access')).toBe(acl(100_007, 200_008).toString('latin1'))
    },
  )

  it('of ids outside every range, and what is no ACL at all, are refused; other attributes are left alone', async () => {
    using exchange = await start(mapped, 0)
    await makeAll(exchange, 0)
    expect(await set(exchange, acl(1000, 0))).toBe('EOVERFLOW')
    expect(await set(exchange, acl(0, 1000))).toBe('EOVERFLOW')
    expect(await set(exchange, Buffer.from('no acl'))).toBe('EINVAL')
    expect(await set(exchange, acl(1000, 1000), 'user.blob')).toBeUndefined()
    expect((await get(exchange, 'user.blob')).equals(acl(1000, 1000))).toBe(true)
  })

  it('that others stored are shown with 65534 for strangers, and as they are where they make no sense', async () => {
    using exchange = await start(mapped, 0)
    await makeAll(exchange, 0)
    exchange.tree.setxattr('file', 'system.posix_acl_access', acl(5, 200_001).toString('latin1'))
    expect((await get(exchange)).equals(acl(65_534, 1))).toBe(true)
    exchange.tree.setxattr('file', 'system.posix_acl_access', 'garbage')
    expect((await get(exchange)).toString()).toBe('garbage')
  })

  it('squashing root squashes it in ACLs, too', async () => {
    using exchange = await start({ squash: 'root', anonUid: 4242, anonGid: 4343 }, 0)
    await makeAll(exchange, 0)
    expect(await set(exchange, acl(0, 0))).toBeUndefined()
    expect((await get(exchange)).equals(acl(4242, 4343))).toBe(true)
  })
})

describe('squashing', () => {
  const anonymous = { anonUid: 4242, anonGid: 4343 }

  it('root: what root makes belongs to the anonymous user, what others make to them', async () => {
    using byRoot = await start({ squash: 'root', ...anonymous }, 0)
    for (const path of await makeAll(byRoot, 0)) expect(stored(byRoot, path)).toBe('4242:4343')
    using byUser = await start({ squash: 'root', ...anonymous }, 7)
    for (const path of await makeAll(byUser, 8)) expect(stored(byUser, path)).toBe('7:8')
  })

  it('root: nothing can be given to root', async () => {
    using exchange = await start({ squash: 'root', ...anonymous }, 7)
    await makeAll(exchange, 0)
    expect(stored(exchange, 'file')).toBe('7:4343')
    await chown(exchange, 'file', 0, 9)
    expect([stored(exchange, 'file'), await shown(exchange, 'file')]).toEqual(['4242:9', '4242:9'])
  })

  it('all: everything belongs to the anonymous user, whoever makes it or is given it', async () => {
    using exchange = await start({ squash: 'all', ...anonymous }, 7)
    for (const path of await makeAll(exchange, 8)) expect(stored(exchange, path)).toBe('4242:4343')
    await chown(exchange, 'file', 5, 6)
    expect(stored(exchange, 'file')).toBe('4242:4343')
  })

  it('a squashed root is root no more: its writes take set-id bits off', async () => {
    using exchange = await start({ squash: 'root' }, 0, { furnish: (tree) => tree.write('program', '', 0o4755) })
    await exchange.walk('program', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 1 })
    await exchange.call('Twrite', { fid: 1, offset: 0, data: Buffer.from('x') })
    expect(exchange.tree.stat('program').mode).toBe(0o100755)
  })

  it('goes before the ranges: the anonymous id is stored as it is, and what ranges do not have is refused', async () => {
    using exchange = await start({ ...mapped, squash: 'root', ...anonymous }, 0)
    await makeAll(exchange, 5)
    expect([stored(exchange, 'file'), await shown(exchange, 'file')]).toEqual(['4242:200005', '65534:5'])
    expect(await chown(exchange, 'file', 1000, 0)).toBe('EOVERFLOW')
  })

  it('shows what was root’s before as root’s', async () => {
    using exchange = await start({ squash: 'all' }, 7, {
      furnish: (tree) => tree.mkdir('old', 0o755, { uid: guestUid(0), gid: guestGid(0) }),
    })
    expect(await shown(exchange, 'old')).toBe('0:0')
  })
})

it('without any of it, a view is left as it is', async () => {
  using exchange = await start({}, 7)
  expect(Object.getPrototypeOf(exchange.session.view)).toBe(Object.prototype)
})
