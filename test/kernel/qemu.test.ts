// Both ways with QEMU itself: what a guest wrote through QEMU looks the same when we serve it, what a guest wrote
// through us looks the same when QEMU exports it, attribute by attribute, and lies on the host in the same form; and
// both can go on where the other stopped. QEMU and our server run as the same user without privilege.

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GuestEntry, readGuestView } from '../../fixtures/guest-view.js'
import { type HostEntry, readManifest } from '../../fixtures/manifest.js'
import { recordTree } from '../../fixtures/record-tree.js'
import { treesDirectory } from '../../fixtures/trees-directory.js'
import { readInGuest } from '../support/guest/contents.js'
import { restoreAsUnprivileged } from '../support/guest/fixture-tree.js'
import { Guest } from '../support/guest/guest.js'
import { listInGuest } from '../support/guest/listing.js'
import { mountTcp, mountVirtfs, unmount } from '../support/guest/mount.js'
import { projectRoot } from '../support/guest/project.js'
import { describeGuest } from '../support/guest/suite.js'
import { asUnprivileged, directoryOfUnprivileged, unprivileged } from '../support/guest/unprivileged.js'
import { serveTree } from '../support/server-process.js'
import { differences, type Tolerance } from './differences.js'
import { makeRandomCalls } from './random-calls.js'
import { seed } from '../support/seed.js'
import { virtfs } from '../commands/run.js'

const models = ['mapped-xattr', 'mapped-file'] as const
const trees = ['recorded', 'ours', 'shared'] as const

/** Where one tree is mounted in the guest. */
interface Mounts {
  readonly qemus: string
  readonly ours: string
}

const options = { options: 'posixacl' }

console.log(`random calls: SEED=${seed}`)

const programNamed = (...path: string[]): string => readFileSync(join(projectRoot, ...path), 'latin1')

/**
 * All that may differ between a tree as QEMU showed it to the guest that was recorded, and as we show it; between QEMU
 * and us at the same time nothing may. How mapped-file counts a directory's links (reference §8 row 11) is kept.
 */
const sinceTheRecording: readonly Tolerance<GuestEntry>[] = [
  { field: 'nlink', of: ({ type }) => type === 'directory', because: 'file systems count subdirectories differently' },
]

/** All that may differ on the host between two trees that the same program of a guest made, through QEMU and us. */
const betweenMakers: readonly Tolerance<HostEntry>[] = [
  {
    field: 'mtime',
    of: ({ path }) => /^times\/(?:by-clock|host-.*)$/.test(path),
    because: 'the host, or its clock, set these',
  },
  {
    field: 'mtime',
    of: ({ path }) => /(?:^|\/)\.virtfs_metadata(?:\/|$)/.test(path) || path === '.virtfs_metadata_root',
    because: 'no guest can set the times of records',
  },
]

describeGuest('a guest that mounts the same tree from QEMU and from us', () => {
  const directory = directoryOfUnprivileged()
  const pathOf = (model: string, tree: string): string => join(directory.path, `${model}-${tree}`)
  let guest: Guest

  beforeAll(async () => {
    for (const model of models) {
      restoreAsUnprivileged(model, pathOf(model, 'recorded'))
      for (const tree of ['ours', 'shared']) asUnprivileged(() => mkdirSync(pathOf(model, tree), 0o755))
    }
    guest = await Guest.boot({
      virtfs: models.flatMap((model) =>
        trees.map((tree) => ({ path: pathOf(model, tree), securityModel: model, tag: `${model}-${tree}` })),
      ),
      user: unprivileged,
    })
  }, 120_000)
  afterAll(async () => {
    await guest.shutdown()
    directory[Symbol.dispose]()
  })

  /** Mounts the tree through QEMU and through us while `use` runs. */
  async function mountedTwice(
    model: (typeof models)[number],
    tree: (typeof trees)[number],
    use: (mounts: Mounts) => Promise<void>,
  ): Promise<void> {
    const tag = `${model}-${tree}`
    const mounts = { qemus: `/qemus/${tag}`, ours: `/ours/${tag}` }
    await using server = await serveTree(pathOf(model, tree), model)
    await mountVirtfs(guest, tag, mounts.qemus, options)
    await mountTcp(guest, server, mounts.ours, options)
    await use(mounts)
    await unmount(guest, mounts.qemus, mounts.ours)
  }

  /** Lists the tree through both mounts; fails with every difference. Returns the listing. */
  async function compareViews({ qemus, ours }: Mounts): Promise<GuestEntry[]> {
    const byQemu = await listInGuest(guest, qemus)
    const byUs = await listInGuest(guest, ours)
    expect(differences({ name: 'QEMU shows', entries: byQemu }, { name: 'virtfs shows', entries: byUs })).toEqual([])
    return byUs
  }

  /** Reads all files through both mounts; fails with every difference. */
  async function compareContents({ qemus, ours }: Mounts): Promise<void> {
    const byQemu = await readInGuest(guest, qemus)
    const byUs = await readInGuest(guest, ours)
    expect(differences({ name: 'QEMU gives', entries: byQemu }, { name: 'virtfs gives', entries: byUs })).toEqual([])
    expect(byUs.length).toBeGreaterThan(0)
  }

  describe.each(models)('%s', (model) => {
    it('is shown what it wrote through QEMU as QEMU shows it, and as QEMU did when it was recorded', async () => {
      await mountedTwice(model, 'recorded', async (mounts) => {
        const entries = await compareViews(mounts)
        await compareContents(mounts)
        const recorded = readGuestView(join(treesDirectory, model, 'guest-view.jsonl')).entries
        expect(
          differences({ name: 'QEMU showed', entries: recorded }, { name: 'virtfs shows', entries }, sinceTheRecording),
        ).toEqual([])
      })
    })

    it('prints with its own ls what virtfs ls prints', async () => {
      await mountedTwice(model, 'recorded', async ({ qemus }) => {
        // Not what has names that are no text, which the two write differently.
        const args = ['-lnRt', 'acls', 'attributes', 'directories', 'hard-links', 'many', 'owners', 'special', 'times']
        const environment = { LC_ALL: 'C', TZ: 'UTC' }
        const { stdout, stderr } = virtfs(['ls', ...args], { cwd: pathOf(model, 'recorded'), env: environment })
        expect(stderr).toBe('')
        expect(await guest.check(`cd ${qemus}; LC_ALL=C TZ=UTC /usr/bin/ls "$@"`, { args })).toBe(stdout)
        expect(stdout.split('\n').length).toBeGreaterThan(300)
      })
    })

    it('is shown by QEMU what it wrote through us, which lies on the host as if QEMU had written it', async () => {
      await mountedTwice(model, 'ours', async (mounts) => {
        await guest.check(programNamed('fixtures', 'populate.pl'), { args: [mounts.ours], timeoutMs: 180_000 })
        expect((await compareViews(mounts)).length).toBeGreaterThan(400)
      })
      const { entries } = readManifest(join(treesDirectory, model, 'manifest.jsonl'))
      const made = recordTree(pathOf(model, 'ours'))
      expect(
        differences({ name: 'QEMU made', entries }, { name: 'virtfs made', entries: made }, betweenMakers),
      ).toEqual([])
    })

    it('can go on through one where it stopped through the other, in turns, and after random calls', async () => {
      await mountedTwice(model, 'shared', async (mounts) => {
        const program = programNamed('test', 'kernel', 'turns.pl')
        for (let turn = 0; turn < 4; turn += 1) {
          const through = turn % 2 === 0 ? mounts.qemus : mounts.ours
          await guest.check(program, { args: [through, String(turn)] })
          await compareViews(mounts)
        }
        await compareContents(mounts)
        await makeRandomCalls(guest, `${mounts.ours}/random`, 600)
        await compareViews(mounts)
      })
    })
  })
})
