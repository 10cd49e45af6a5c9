// Walking, and the names that each message refuses (reference §3.3, §3.4).

import { describe, expect, it } from 'vitest'
import type { Name, WalkName } from '../../src/name.js'
import type { Body, Request } from '../../src/wire/messages.js'
import { Exchange } from '../support/exchange.js'
import type { ViewedTree } from '../support/viewed-tree.js'

const names = (...texts: string[]): WalkName[] => texts as WalkName[]

function furnish(tree: ViewedTree): void {
  tree.mkdir('one')
  tree.mkdir('one/two')
  tree.write('one/file')
  tree.symlink('one', 'symlink')
}

const walking = (options = {}): Promise<Exchange> => Exchange.attached({ furnish, ...options })

describe('Twalk', () => {
  it('answers one qid an element, and makes the fid when it arrives', async () => {
    using exchange = await walking()
    const { wqids } = await exchange.call('Twalk', { fid: 0, newfid: 1, wnames: names('one', 'two', '..', 'file') })
    expect(wqids.map(({ type }) => type)).toEqual([0x80, 0x80, 0x80, 0])
    expect(wqids[2]).toEqual(wqids[0])
    const { qid } = await exchange.call('Tgetattr', { fid: 1, requestMask: 0 })
    expect(qid).toEqual(wqids[3])
  })

  it('fails when the first element is missing, and answers the qids so far when a later one is', async () => {
    using exchange = await walking()
    const missing = names('missing', 'x')
    expect(await exchange.refusal('Twalk', { fid: 0, newfid: 1, wnames: missing })).toBe('ENOENT')
    for (const late of [names('one', 'missing', 'x'), names('one', 'x'.repeat(256)), names('one', 'file', 'x')]) {
      const { wqids } = await exchange.call('Twalk', { fid: 0, newfid: 1, wnames: late })
      expect(wqids.length).toBeLessThan(late.length)
      expect(await exchange.refusal('Tgetattr', { fid: 1, requestMask: 0 })).toBe('ENOENT')
    }
    expect(exchange.session.view.inodesInUse).toBe(1)
  })

  it('does not go through symlinks, and says that one is there', async () => {
    using exchange = await walking()
    const { wqids } = await exchange.call('Twalk', { fid: 0, newfid: 1, wnames: names('symlink', 'file') })
    expect(wqids.map(({ type }) => type)).toEqual([0x02])
    await exchange.walk('symlink', 1)
    expect(await exchange.refusal('Twalk', { fid: 1, newfid: 2, wnames: names('file') })).toBe('ENOTDIR')
  })

  it('takes sixteen elements and no more', async () => {
    using exchange = await walking()
    const dots = (count: number) => names(...Array.from({ length: count }, () => '..'))
    expect((await exchange.call('Twalk', { fid: 0, newfid: 1, wnames: dots(16) })).wqids).toHaveLength(16)
    expect(await exchange.refusal('Twalk', { fid: 0, newfid: 2, wnames: dots(17) })).toBe('EINVAL')
  })

  it('stays at the root however often it goes up', async () => {
    using exchange = await walking()
    const { qid } = await exchange.call('Tgetattr', { fid: 0, requestMask: 0 })
    const { wqids } = await exchange.call('Twalk', { fid: 0, newfid: 1, wnames: names('..', 'one', '..', '..', '.') })
    expect([wqids[0], wqids[2], wqids[3], wqids[4]]).toEqual([qid, qid, qid, qid])
  })

  it('moves a fid onto itself on full success only', async () => {
    using exchange = await walking()
    await exchange.walk('one', 1)
    await exchange.call('Twalk', { fid: 1, newfid: 1, wnames: names('two', 'missing') })
    expect((await exchange.call('Twalk', { fid: 1, newfid: 2, wnames: names('file') })).wqids).toHaveLength(1)
    await exchange.call('Twalk', { fid: 1, newfid: 1, wnames: names('file') })
    expect((await exchange.call('Tgetattr', { fid: 1, requestMask: 0 })).qid.type).toBe(0)
  })

  it('looks at the names before the fid, and at the new number after everything else', async () => {
    using exchange = await walking()
    expect(await exchange.refusal('Twalk', { fid: 77, newfid: 0, wnames: names('') })).toBe('ENOENT')
    expect(await exchange.refusal('Twalk', { fid: 0, newfid: 0, wnames: names('missing') })).toBe('ENOENT')
    expect((await exchange.call('Twalk', { fid: 0, newfid: 0, wnames: [] })).wqids).toEqual([])
    await exchange.walk('', 1)
    expect((await exchange.call('Twalk', { fid: 0, newfid: 1, wnames: names('one', 'missing') })).wqids).toHaveLength(1)
    expect(await exchange.refusal('Twalk', { fid: 0, newfid: 1, wnames: names('one') })).toBe('EINVAL')
  })

  it('clones a fid whose object has lost its name', async () => {
    using exchange = await walking()
    await exchange.walk('one/file', 1)
    await exchange.walk('one', 2)
    await exchange.call('Tunlinkat', { dirfid: 2, name: 'file' as Name, flags: 0 })
    expect(await exchange.refusal('Twalk', { fid: 1, newfid: 3, wnames: [] })).toBeUndefined()
    expect((await exchange.call('Tgetattr', { fid: 3, requestMask: 0 })).nlink).toBe(0)
  })

  it('refuses what the store keeps for itself, first or later', async () => {
    using exchange = await walking({ model: 'mapped-file' })
    const hidden = '.virtfs_metadata'
    expect(await exchange.refusal('Twalk', { fid: 0, newfid: 1, wnames: names(hidden) })).toBe('EINVAL')
    expect((await exchange.call('Twalk', { fid: 0, newfid: 1, wnames: names('one', hidden, 'x') })).wqids).toHaveLength(
      1,
    )
  })
})

const rest = { mode: 0o755, gid: 0 as never }

/** Every message that has a name, as a function of it. */
const naming: readonly (readonly [
  string,
  'create' | 'unlink' | 'rename',
  (name: Name) => readonly [Request, unknown],
])[] = [
  ['Tlcreate', 'create', (name) => ['Tlcreate', { fid: 5, name, flags: 0, ...rest }]],
  ['Tmkdir', 'create', (name) => ['Tmkdir', { dfid: 0, name, ...rest }]],
  ['Tmknod', 'create', (name) => ['Tmknod', { dfid: 0, name, major: 0, minor: 0, ...rest }]],
  ['Tsymlink', 'create', (name) => ['Tsymlink', { dfid: 0, name, symtgt: 't', gid: 0 }]],
  ['Tlink', 'create', (name) => ['Tlink', { dfid: 0, fid: 6, name }]],
  ['Trename', 'rename', (name) => ['Trename', { fid: 6, dfid: 0, name }]],
  [
    'Trenameat (from)',
    'rename',
    (name) => ['Trenameat', { olddirfid: 0, oldname: name, newdirfid: 0, newname: 'new' as Name }],
  ],
  [
    'Trenameat (to)',
    'rename',
    (name) => ['Trenameat', { olddirfid: 0, oldname: 'symlink' as Name, newdirfid: 0, newname: name }],
  ],
  ['Tunlinkat', 'unlink', (name) => ['Tunlinkat', { dirfid: 0, name, flags: 0 }]],
]

const DOTS = {
  create: ['EEXIST', 'EEXIST'],
  rename: ['EISDIR', 'EISDIR'],
  unlink: ['EINVAL', 'ENOTEMPTY'],
} as const

describe.each(naming)('%s', (_title, kind, request) => {
  const ask = async (exchange: Exchange, name: string): Promise<string | undefined> => {
    const [message, body] = request(name as Name)
    return exchange.refusal(message, body as Body<Request>)
  }
  const named = async (): Promise<Exchange> => {
    const exchange = await walking()
    await exchange.walk('', 5)
    await exchange.walk('one/file', 6)
    return exchange
  }

  it.each(['', '/', 'a/b', '../x', '/etc', 'nul\0', 'f\0x', '\0'])('refuses %j (ENOENT)', async (name) => {
    using exchange = await named()
    expect(await ask(exchange, name)).toBe('ENOENT')
  })

  it(`refuses "." (${DOTS[kind][0]}) and ".." (${DOTS[kind][1]})`, async () => {
    using exchange = await named()
    expect(await ask(exchange, '.')).toBe(DOTS[kind][0])
    expect(await ask(exchange, '..')).toBe(DOTS[kind][1])
  })

  it('refuses 256 bytes (ENAMETOOLONG)', async () => {
    using exchange = await named()
    expect(await ask(exchange, 'x'.repeat(256))).toBe('ENAMETOOLONG')
    expect(await ask(exchange, 'x'.repeat(7000))).toBe('ENAMETOOLONG')
  })
})

it('names are refused in a walk wherever they stand', async () => {
  using exchange = await walking()
  for (const name of ['', 'a/b', 'nul\0', '/']) {
    expect(await exchange.refusal('Twalk', { fid: 0, newfid: 1, wnames: names('one', name) })).toBe('ENOENT')
  }
})

it('a symlink’s target and an attribute’s name may not hold NUL (ENOENT)', async () => {
  using exchange = await walking()
  const symlink = { dfid: 0, name: 'new' as Name, symtgt: 'a\0b', gid: 0 as never }
  expect(await exchange.refusal('Tsymlink', symlink)).toBe('ENOENT')
  expect(await exchange.refusal('Txattrwalk', { fid: 0, newfid: 1, name: 'user.a\0b' })).toBe('ENOENT')
  expect(await exchange.refusal('Txattrcreate', { fid: 0, name: 'a\0b', attrSize: 1, flags: 0 })).toBe('ENOENT')
})

it('Tunlinkat knows one flag and refuses all others (EINVAL)', async () => {
  using exchange = await walking()
  await exchange.walk('one', 1)
  for (const flags of [1, 0x100, 0x201, 0xffff_ffff]) {
    expect(await exchange.refusal('Tunlinkat', { dirfid: 1, name: 'two' as Name, flags })).toBe('EINVAL')
  }
  expect(await exchange.refusal('Tunlinkat', { dirfid: 1, name: 'two' as Name, flags: 0 })).toBe('EISDIR')
  expect(await exchange.refusal('Tunlinkat', { dirfid: 1, name: 'file' as Name, flags: 0x200 })).toBe('ENOTDIR')
  expect(await exchange.refusal('Tunlinkat', { dirfid: 1, name: 'two' as Name, flags: 0x200 })).toBeUndefined()
})
