// Trees that a real QEMU wrote for a real guest: what we read of them is what the guest saw, and what we would write is,
// byte for byte, what lies there.

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readGuestView } from '../../fixtures/guest-view.js'
import { removeTree } from '../../fixtures/remove-tree.js'
import { restoreTree } from '../../fixtures/restore.js'
import { treesDirectory } from '../../fixtures/trees-directory.js'
import type { Name } from '../../src/name.js'
import { thisHost } from '../../src/host/this-host.js'
import { detectModel } from '../../src/ownership/detect.js'
import { passingBy } from '../support/host/passing.js'
import { gatherEvidence } from '../../src/ownership/evidence.js'
import { encodeRecord } from '../../src/ownership/metadata-file-codec.js'
import { openModel } from '../../src/ownership/models.js'
import { namesIn } from '../../src/ownership/names-in.js'
import { cover, type GuestStat, type Ownership } from '../../src/ownership/ownership.js'
import { type Evidence, examine, type Problem } from '../../src/ownership/problems.js'
import { encodeXattrs } from '../../src/ownership/xattr-codec.js'
import { O_RDONLY, S_IFDIR, S_IFLNK, S_IFMT } from '../../src/sys/constants.js'
import type { Fd } from '../../src/sys/fd.js'
import { openPath, openTree, reopen, reopenPath } from '../../src/sys/open.js'
import { statx } from '../../src/sys/stat.js'
import { HeldObject } from '../support/host/tree.js'

/** What is known of one object of the restored tree. */
interface Found {
  readonly stored: Ownership
  readonly guest: GuestStat
  readonly target: string | null
  readonly evidence: Evidence
  readonly problems: readonly Problem[]
}

describe.each(['mapped-xattr', 'mapped-file'] as const)('the %s tree', (name) => {
  const { store, embodiment, storedAs } = openModel(name)
  const { entries } = readGuestView(join(treesDirectory, name, 'guest-view.jsonl'))
  const found = new Map<string, Found>()
  let path: string
  let detected: ReturnType<typeof detectModel>

  beforeAll(() => {
    path = mkdtempSync(join(tmpdir(), 'virtfs-recorded-'))
    restoreTree(join(treesDirectory, name), path)
    using root = openTree(path)
    using directory = thisHost.openDirectory(path)
    detected = detectModel(thisHost, directory)
    using object = new HeldObject(reopenPath(root), undefined, '' as Name)
    look(object, '')
  })
  afterAll(() => removeTree(path))

  /** By handles throughout: paths in the tree are longer than the kernel takes. */
  function look(object: HeldObject, relative: string): void {
    const stored = store.load(object)
    const guest = cover(statx(object.handle()), stored)
    const evidence = passingBy(object, gatherEvidence)
    const target = (guest.mode & S_IFMT) === S_IFLNK ? embodiment.readSymlink(object) : null
    found.set(relative, { stored, guest, target, evidence, problems: examine(evidence, storedAs) })
    if ((guest.mode & S_IFMT) !== S_IFDIR) return
    using directory = reopen(object.handle(), O_RDONLY)
    for (const inside of [...namesIn(directory)].filter((one) => !store.isReserved(one))) {
      using child = childOf(directory, inside)
      look(child, relative === '' ? inside : `${relative}/${inside}`)
    }
  }

  const childOf = (directory: Fd, inside: Name): HeldObject =>
    new HeldObject(openPath(directory, inside)!, reopenPath(directory), inside)

  it('has the objects that the guest saw, and no others', () => {
    expect([...found.keys()].sort()).toEqual(entries.map((entry) => entry.path).sort())
  })

  it('shows owner, mode, device number, size and target of each as the guest saw them', () => {
    for (const entry of entries) {
      const { guest, target } = found.get(entry.path)!
      const isDevice = entry.type === 'char' || entry.type === 'block'
      expect(
        {
          uid: guest.uid,
          gid: guest.gid,
          mode: (guest.mode & 0o7777).toString(8).padStart(4, '0'),
          rdev: isDevice ? `${guest.rdev.major}:${guest.rdev.minor}` : null,
          size: entry.size === null ? null : guest.host.size,
          target,
        },
        entry.path,
      ).toEqual({
        uid: entry.uid,
        gid: entry.gid,
        mode: entry.mode,
        rdev: entry.rdev,
        size: entry.size,
        target: entry.target,
      })
    }
  })

  it('has stored the very bytes that we would store', () => {
    for (const [relative, { stored, evidence }] of found) {
      if (storedAs === 'sidecar') {
        const record = evidence.record
        expect(typeof record === 'object' ? record.bytes.toString('latin1') : '', relative).toBe(
          encodeRecord(stored).toString('latin1'),
        )
        continue
      }
      const attributes = evidence.attributes as ReadonlyMap<string, Uint8Array>
      for (const attribute of encodeXattrs(stored)) {
        expect(Buffer.from(attributes.get(attribute.name)!), `${relative} ${attribute.name}`).toEqual(attribute.bytes)
      }
      const ours = [...attributes.keys()].filter((one) => /^user\.virtfs\.(uid|gid|mode|rdev)$/.test(one))
      expect(ours.sort(), relative).toEqual(
        encodeXattrs(stored)
          .map((one) => one.name)
          .sort(),
      )
    }
  })

  it('is recognised for what it is', () => {
    expect(detected.model).toBe(name)
    expect(detected.sentence).toMatch(new RegExp(`^looks like ${name} \\(certain: `))
  })

  it('has no problems but the newline that the guest put into a symlink', () => {
    const odd = [...found].flatMap(([relative, { problems }]) => problems.map(({ code }) => `${code} ${relative}`))
    expect(odd).toEqual(['symlink-with-newline symlinks/newline'])
  })
})
