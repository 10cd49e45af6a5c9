// The main job: a Debian kernel mounts our server, works in the tree as root and as others, and finds everything again
// after a new mount. In the mapped models, and in "none", the server is a user without privilege.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { GuestEntry } from '../../fixtures/guest-view.js'
import { Guest } from '../support/guest/guest.js'
import { listInGuest } from '../support/guest/listing.js'
import { mountTcp, unmount } from '../support/guest/mount.js'
import { describeGuest } from '../support/guest/suite.js'
import { type ServeOptions, type ServerProcess, serveNewTree } from '../support/server-process.js'
import { type Ability, dotlOnly, factsAbout, type Outcomes, showFacts, type Subject, within } from './facts.js'
import { makeRandomCalls } from './random-calls.js'
import { seed } from '../support/seed.js'

interface Case {
  readonly model: string
  readonly version: '9p2000.L' | '9p2000.u'
  readonly as: NonNullable<ServeOptions['as']>
  readonly msize: number
  readonly abilities: readonly Ability[]
  /** Whether the model keeps ACLs. */
  readonly acls: boolean
}

const real: readonly Ability[] = ['ownership', 'devices']

const cases: readonly Case[] = [
  {
    ...{ model: 'mapped-xattr', as: 'nobody', version: '9p2000.L', msize: 1_048_576, acls: true },
    abilities: [...real, ...dotlOnly, 'mapped-xattr'],
  },
  {
    ...{ model: 'mapped-file', as: 'nobody', version: '9p2000.L', msize: 131_072, acls: true },
    abilities: [...real, ...dotlOnly, 'mapped-file'],
  },
  {
    ...{ model: 'passthrough', as: 'root', version: '9p2000.L', msize: 65_536, acls: true },
    abilities: [...real, ...dotlOnly],
  },
  {
    model: 'none',
    as: 'nobody',
    version: '9p2000.L',
    msize: 8192,
    acls: false,
    abilities: dotlOnly,
  },
  {
    ...{ model: 'mapped-xattr', as: 'nobody', version: '9p2000.u', msize: 131_072, acls: false },
    abilities: [...real, 'mapped-xattr'],
  },
  {
    ...{ model: 'mapped-file', as: 'nobody', version: '9p2000.u', msize: 8192, acls: false },
    abilities: [...real, 'mapped-file'],
  },
  { model: 'passthrough', as: 'root', version: '9p2000.u', msize: 65_536, acls: false, abilities: real },
]

const work: readonly Subject[] = ['objects', 'names', 'open-files', 'permissions']
const facts = factsAbout(work)
const aclFacts = factsAbout(['acls'])
const RANDOM_CALLS = 1000
console.log(`random calls: SEED=${seed}`)

describeGuest('a Linux guest on our server', () => {
  let guest: Guest
  let onTmpfs: readonly string[]
  beforeAll(async () => {
    guest = await Guest.boot()
    onTmpfs = await makeRandomCalls(guest, '/tmp/random', RANDOM_CALLS)
  }, 120_000)
  afterAll(() => guest.shutdown())

  // Only root can give files away.
  const isRoot = process.getuid?.() === 0
  if (!isRoot) process.stderr.write('guest suite: skipping passthrough: this is not root\n')
  const possible = cases.filter(({ as }) => isRoot || as !== 'root')

  describe.each(possible)('in $model over $version', ({ model, version, as, msize, abilities, acls }) => {
    const [plain, withAcls] = [`/${model}-${version}`, `/${model}-with-acls`]
    // 9P2000.u has no access=client.
    const options = version === '9p2000.u' ? { version, access: 'user', msize } : { version, msize }
    let server: ServerProcess
    let openBefore: readonly string[]
    let outcomes: Outcomes
    let aclOutcomes: Outcomes

    const mountBoth = async (): Promise<void> => {
      await mountTcp(guest, server, plain, options)
      if (acls) await mountTcp(guest, server, withAcls, { msize, options: 'posixacl' })
    }
    const listAll = async (): Promise<GuestEntry[]> => [
      ...(await listInGuest(guest, `${plain}/work`)),
      ...(acls ? await listInGuest(guest, `${withAcls}/acls`) : []),
    ]

    beforeAll(async () => {
      server = await serveNewTree(model, { as })
      // The server's own, and that of the thread that is ready for a connection.
      await vi.waitFor(() => expect(server.openInTree()).toHaveLength(2), 10_000)
      openBefore = server.openInTree()
      await mountBoth()
      if (abilities.includes('ownership')) await guest.check(`chown 0:0 ${plain} && chmod 0755 ${plain}`)
      outcomes = await showFacts(guest, work, `${plain}/work`, abilities)
      if (acls) aclOutcomes = await showFacts(guest, ['acls'], `${withAcls}/acls`, abilities)
    }, 420_000)
    afterAll(() => server[Symbol.asyncDispose]())

    for (const { title } of within(facts, abilities)) it(title, () => expect(outcomes.get(title)).toBe('holds'))
    for (const { title } of acls ? aclFacts : []) it(title, () => expect(aclOutcomes.get(title)).toBe('holds'))

    if (model === 'none') {
      it('refuses ACLs, as a file system without them does, and everything else works', async () => {
        await mountTcp(guest, server, withAcls, { msize, options: 'posixacl' })
        const seen = await guest.check(`cd ${withAcls}; echo content > for-acl
          setfacl -m u:1000:r for-acl 2>&1 || :; getfacl -c for-acl | head -n 1; cat for-acl; rm for-acl`)
        expect(seen).toBe('setfacl: for-acl: Operation not supported\nuser::rw-\ncontent\n')
        await unmount(guest, withAcls)
      })
    }

    // Elsewhere owners, or groups, are not kept.
    if (abilities.includes('ownership') && abilities.includes('groups')) {
      it("answers random calls as the guest's own tmpfs does", async () => {
        expect(await makeRandomCalls(guest, `${plain}/work/random`, RANDOM_CALLS)).toEqual(onTmpfs)
        expect(onTmpfs.length).toBeGreaterThan(RANDOM_CALLS)
      })
    }

    it('shows everything as it was made after a new mount', async () => {
      const before = await listAll()
      await unmount(guest, ...(acls ? [plain, withAcls] : [plain]))
      await mountBoth()
      expect(await listAll()).toEqual(before)
      expect(before.length).toBeGreaterThan(100)
    })

    it('leaves the server without a descriptor in the tree once it has unmounted', async () => {
      await unmount(guest, ...(acls ? [plain, withAcls] : [plain]))
      await vi.waitFor(() => expect(server.openInTree()).toEqual(openBefore), 10_000)
    })
  })
})

it('every fact about work in a tree is shown under some model', () => {
  const shown = new Set(cases.flatMap(({ abilities }) => within(facts, abilities)))
  expect(facts.filter((fact) => !shown.has(fact))).toEqual([])
})
