// The recorded trees and the machinery around them, checked against QEMU: what was restored looks to a guest as what was
// recorded did. Every other comparison with the recordings rests on this.

import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type GuestEntry, readGuestView } from '../../fixtures/guest-view.js'
import { treesDirectory } from '../../fixtures/trees-directory.js'
import { restoreAsUnprivileged } from '../support/guest/fixture-tree.js'
import { Guest } from '../support/guest/guest.js'
import { listInGuest } from '../support/guest/listing.js'
import { describeGuest } from '../support/guest/suite.js'
import { directoryOfUnprivileged, unprivileged } from '../support/guest/unprivileged.js'

const models = ['mapped-xattr', 'mapped-file'] as const

/** File systems count a directory's links differently; this is about what QEMU adds to its host. */
const withoutDirectoryLinks = (entries: readonly GuestEntry[]): unknown[] =>
  entries.map((entry) => (entry.type === 'directory' ? { ...entry, nlink: null } : entry))

describeGuest('a restored tree, exported by QEMU', () => {
  it('looks to a guest as the recorded one did', async () => {
    using directory = directoryOfUnprivileged()
    for (const model of models) restoreAsUnprivileged(model, join(directory.path, model))
    await using guest = await Guest.boot({
      virtfs: models.map((model) => ({ path: join(directory.path, model), securityModel: model, tag: model })),
      network: false,
      user: unprivileged,
    })
    for (const model of models) {
      const { header, entries } = readGuestView(join(treesDirectory, model, 'guest-view.jsonl'))
      await guest.check(`mkdir /mnt/${model} && mount -t 9p -o ${header.mount} ${model} /mnt/${model}`)
      const seen = await listInGuest(guest, `/mnt/${model}`)
      expect(withoutDirectoryLinks(seen)).toEqual(withoutDirectoryLinks(entries))
    }
  })
})
