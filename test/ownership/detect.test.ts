// What a tree is taken for, and the sentence that says why.

import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { thisHost } from '../../src/host/this-host.js'
import { type Bounds, detectModel, type Detection } from '../../src/ownership/detect.js'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { Guest } from '../support/host/guest.js'
import { asNobody, nobody } from '../support/host/nobody.js'

/** What the tree of a guest is taken for. */
function detectModelOf({ tree }: Guest, bounds?: Bounds): Detection {
  using root = thisHost.openDirectory(tree.path)
  return detectModel(thisHost, root, bounds)
}

let before: Record<string, string>
beforeEach(() => {
  before = openDescriptors()
})
afterEach(() => expect(openDescriptors()).toEqual(before))

/** A tree of a directory, two files and a host file, which is made for `nobody`. */
function filled(model: SecurityModel): Guest {
  const guest = new Guest(model)
  guest.make('d', { mode: 0o040755 })
  guest.make('d/one', { mode: 0o100644 })
  guest.make('two', { mode: 0o100644 })
  writeFileSync(guest.tree.at('plain'), '')
  return guest
}

describe('a tree looks like', () => {
  it.each([
    ['mapped-xattr', 'mapped-xattr', 'looks like mapped-xattr (user.virtfs attributes on 3 of 5 objects looked at)'],
    ['mapped-file', 'mapped-file', 'looks like mapped-file (.virtfs_metadata records for 3 of 5 objects looked at)'],
    [
      'passthrough',
      'passthrough',
      'looks like passthrough (no user.virtfs attributes and no .virtfs_metadata on 5 objects looked at)',
    ],
    [
      'none',
      'passthrough',
      'looks like passthrough (no user.virtfs attributes and no .virtfs_metadata on 5 objects looked at)',
    ],
  ] as const)('what %s made: %s', (made, model, sentence) => {
    using guest = filled(made)
    expect(detectModelOf(guest)).toMatchObject({ model, sentence, objects: 5 })
  })

  it('both mapped models, of which neither is chosen', () => {
    using guest = filled('mapped-xattr')
    mkdirSync(guest.tree.at('.virtfs_metadata'))
    writeFileSync(guest.tree.at('.virtfs_metadata/two'), 'virtfs.uid=1\n')
    const { model, sentence } = detectModelOf(guest)
    expect(model).toBeUndefined()
    expect(sentence).toBe(
      'looks like both mapped-xattr and mapped-file ' +
        '(user.virtfs attributes on 3 and .virtfs_metadata records for 1 of 5 objects looked at)',
    )
  })

  it('nothing yet, when it is empty', () => {
    using guest = new Guest('mapped-xattr')
    expect(detectModelOf(guest)).toMatchObject({ model: undefined, sentence: 'is empty and fits any model' })
  })

  it('mapped-file by the record of its root alone, or by an empty .virtfs_metadata', () => {
    using guest = new Guest('mapped-file')
    guest.save('', { mode: 0o040755 })
    expect(detectModelOf(guest).model).toBe('mapped-file')
    using other = new Guest('mapped-file')
    mkdirSync(other.tree.at('.virtfs_metadata'))
    expect(detectModelOf(other).model).toBe('mapped-file')
  })

  it('mapped-xattr by an attribute of a wrong width', () => {
    using guest = new Guest('mapped-xattr')
    guest.save('', { mode: 0o040755 })
    expect(detectModelOf(guest).sentence).toContain('on 1 of 1 object looked at')
  })
})

describe('the look', () => {
  it('goes as far as its bounds', () => {
    using guest = filled('mapped-xattr')
    expect(detectModelOf(guest, { objects: 3, perDirectory: 100, levels: 4 }).objects).toBe(3)
    expect(detectModelOf(guest, { objects: 100, perDirectory: 2, levels: 1 }).objects).toBe(3)
    expect(detectModelOf(guest, { objects: 100, perDirectory: 100, levels: 1 }).objects).toBe(4)
    expect(detectModelOf(guest, { objects: 100, perDirectory: 100, levels: 2 }).objects).toBe(5)
  })

  it('follows no symlink', () => {
    using guest = filled('passthrough')
    using elsewhere = filled('mapped-xattr')
    symlinkSync(elsewhere.tree.path, guest.tree.at('link'))
    expect(detectModelOf(guest)).toMatchObject({ model: 'passthrough', objects: 6 })
  })

  it('passes over what may not be read', () => {
    using guest = filled('mapped-file')
    chownSync(guest.tree.path, nobody.uid, nobody.gid)
    for (const path of ['d', '.virtfs_metadata']) chownSync(guest.tree.at(path), nobody.uid, nobody.gid)
    for (const path of ['d', '.virtfs_metadata']) chmodSync(guest.tree.at(path), 0)
    expect(asNobody(() => detectModelOf(guest))).toMatchObject({ model: 'passthrough', objects: 4 })
    for (const path of ['d', '.virtfs_metadata']) chmodSync(guest.tree.at(path), 0o700)
  })
})
