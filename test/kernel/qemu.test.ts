// Both ways with QEMU itself: what a guest wrote through QEMU looks the same when we serve it, and what a guest wrote
// through us looks the same when QEMU exports it, attribute by attribute, and lies on the host in the same form.

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type GuestEntry, readGuestView } from '../../fixtures/guest-view.js'
import { recordTree } from '../../fixtures/record-tree.js'
import { treesDirectory } from '../../fixtures/trees-directory.js'
import { restoreAsUnprivileged } from '../support/guest/fixture-tree.js'
import { Guest } from '../support/guest/guest.js'
import { listInGuest } from '../support/guest/listing.js'
import { projectRoot } from '../support/guest/project.js'
import { describeGuest } from '../support/guest/suite.js'
import { asUnprivileged, directoryOfUnprivileged, unprivileged } from '../support/guest/unprivileged.js'
import { serveTree, type ServerProcess } from '../support/server-process.js'

const models = ['mapped-xattr', 'mapped-file'] as const
const options = 'version=9p2000.L,msize=262144,access=client,cache=none,posixacl'

const mountOurs = ({ port }: ServerProcess, at: string): string =>
  `mkdir -p ${at} && mount -t 9p -o trans=tcp,port=${port},${options} 10.0.2.2 ${at}`
const mountQemus = (tag: string, at: string): string =>
  `mkdir -p ${at} && mount -t 9p -o trans=virtio,${options} ${tag} ${at}`

/** Checksums of all readable contents below a directory of the guest, in byte order of the names. */
const contents = (guest: Guest, at: string): Promise<string> =>
  guest.check(`cd ${at} && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum`, { timeoutMs: 120_000 })

/** The recording's directories lay on another file system, which may count their links differently. */
const withoutDirectoryLinks = (entries: readonly GuestEntry[]): unknown[] =>
  entries.map((entry) => (entry.type === 'directory' ? { ...entry, nlink: null } : entry))

describeGuest('a tree that a guest wrote through QEMU', () => {
  it.each(models)('%s: we show it as QEMU does, and as QEMU did when it was recorded', async (model) => {
    using directory = directoryOfUnprivileged()
    const tree = join(directory.path, 'tree')
    restoreAsUnprivileged(model, tree)
    await using server = await serveTree(tree, model)
    await using guest = await Guest.boot({
      virtfs: [{ path: tree, securityModel: model, tag: 'qemu' }],
      user: unprivileged,
    })
    await guest.check(`${mountOurs(server, '/ours')} && ${mountQemus('qemu', '/qemus')}`)
    const ours = await listInGuest(guest, '/ours')
    expect(ours).toEqual(await listInGuest(guest, '/qemus'))
    const { entries } = readGuestView(join(treesDirectory, model, 'guest-view.jsonl'))
    expect(withoutDirectoryLinks(ours)).toEqual(withoutDirectoryLinks(entries))
    expect(await contents(guest, '/ours')).toBe(await contents(guest, '/qemus'))
  })
})

describeGuest('a tree that a guest wrote through us', () => {
  it.each(models)('%s: QEMU shows it as we do, and it lies on the host as if QEMU had written it', async (model) => {
    using directory = directoryOfUnprivileged()
    const [byUs, byQemu] = [join(directory.path, 'by-us'), join(directory.path, 'by-qemu')]
    asUnprivileged(() => [byUs, byQemu].forEach((path) => mkdirSync(path, 0o755)))
    await using server = await serveTree(byUs, model)
    await using guest = await Guest.boot({
      virtfs: [byUs, byQemu].map((path, index) => ({ path, securityModel: model, tag: ['us', 'qemu'][index] ?? '' })),
      user: unprivileged,
    })
    const populate = readFileSync(join(projectRoot, 'fixtures/populate.pl'), 'latin1')
    await guest.check(
      `${mountOurs(server, '/ours')} && ${mountQemus('us', '/seen')} && ${mountQemus('qemu', '/qemus')}`,
    )
    await guest.check(populate, { args: ['/ours'], timeoutMs: 120_000 })
    await guest.check(populate, { args: ['/qemus'], timeoutMs: 120_000 })

    const ours = await listInGuest(guest, '/ours')
    expect(await listInGuest(guest, '/seen')).toEqual(ours)
    expect(await contents(guest, '/seen')).toBe(await contents(guest, '/ours'))
    expect(ours.length).toBeGreaterThan(400)

    await guest.check('umount /ours /seen /qemus')
    expect(onHost(byUs)).toEqual(onHost(byQemu))
  })
})

/** A tree as it lies on the host, less the times that the clock set while it was made. */
function onHost(tree: string): unknown[] {
  return recordTree(tree).map((entry) => (isByClock(entry.mtime[0]) ? { ...entry, mtime: null } : entry))
}

/** The script sets times in the past and the far future; what is within a day of now came from the clock. */
const isByClock = (seconds: number): boolean => Math.abs(seconds - Date.now() / 1000) < 86_400
