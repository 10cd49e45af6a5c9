// What a tree is taken for, how sure that is, and the sentence that says why.

import { chmodSync, chownSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { thisHost } from '../../src/host/this-host.js'
import { detectModel, type Detection, judge, type Undecided } from '../../src/ownership/detect.js'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import type { Survey } from '../../src/ownership/survey.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { Guest } from '../support/host/guest.js'
import { asNobody, isRoot, nobody } from '../support/host/nobody.js'
import { setAttribute } from '../support/host/planting.js'

/** What the tree of a guest is taken for. */
function detectModelOf({ tree }: Guest): Detection | Undecided {
  using root = thisHost.openDirectory(tree.path)
  return detectModel(thisHost, root)
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

const NOTHING = 'no user.virtfs attributes and no .virtfs_metadata on 5 objects, which belong to one user of the host'

describe('a tree looks like', () => {
  it.each([
    ['mapped-xattr', 'mapped-xattr', 'certain', 'user.virtfs attributes on 3 of 5 objects'],
    ['mapped-file', 'mapped-file', 'certain', '.virtfs_metadata records for 3 of 5 objects'],
    ['passthrough', 'passthrough', 'guess', NOTHING],
    ['none', 'passthrough', 'guess', NOTHING],
  ] as const)('what %s made: %s, %s', (made, model, certainty, reason) => {
    using guest = filled(made)
    const sentence = `looks like ${model} (${certainty}: ${reason})`
    expect(detectModelOf(guest)).toEqual({ model, certainty, reason, sentence, writtenOn: undefined })
  })

  it('both mapped models, of which neither is chosen; it is called mixed', () => {
    using guest = filled('mapped-xattr')
    mkdirSync(guest.tree.at('.virtfs_metadata'))
    writeFileSync(guest.tree.at('.virtfs_metadata/two'), 'virtfs.uid=1\n')
    expect(detectModelOf(guest)).toEqual({
      model: undefined,
      sentence:
        'is mixed, both mapped-xattr and mapped-file (user.virtfs attributes on 3 and .virtfs_metadata records for 1 of ' +
        '5 objects, both for 1; what was made last has attributes)',
    })
  })

  it('both, though all that the one left is an empty .virtfs_metadata', () => {
    using guest = filled('mapped-xattr')
    mkdirSync(guest.tree.at('d/.virtfs_metadata'))
    expect(detectModelOf(guest).sentence).toContain('records for 0 of 5 objects, both for 0')
  })

  it('anything, when it is empty', () => {
    using guest = new Guest('mapped-xattr')
    expect(detectModelOf(guest)).toMatchObject({
      model: 'passthrough',
      certainty: 'guess',
      reason: 'it is empty and fits any model',
      sentence: 'is empty and fits any model',
    })
  })

  it('mapped-file by the record of its root alone, or by an empty .virtfs_metadata', () => {
    using guest = new Guest('mapped-file')
    guest.save('', { mode: 0o040755 })
    expect(detectModelOf(guest)).toMatchObject({ model: 'mapped-file', certainty: 'certain' })
    writeFileSync(guest.tree.at('plain'), '')
    expect(detectModelOf(guest)).toMatchObject({ model: 'mapped-file', certainty: 'guess' })
    using other = new Guest('mapped-file')
    mkdirSync(other.tree.at('.virtfs_metadata'))
    expect(detectModelOf(other)).toMatchObject({ model: 'mapped-file', certainty: 'guess' })
  })

  it('mapped-xattr by an attribute of any width', () => {
    using guest = new Guest('mapped-xattr')
    setAttribute(guest, '', 'user.virtfs.gid', '00')
    expect(detectModelOf(guest).sentence).toContain('on 1 of 1 object)')
  })

  it.runIf(isRoot)('passthrough likely, when several users own what is there', () => {
    using guest = filled('passthrough')
    chownSync(guest.tree.at('two'), nobody.uid, nobody.gid)
    expect(detectModelOf(guest)).toMatchObject({
      model: 'passthrough',
      certainty: 'likely',
      reason: expect.stringMatching(/ 5 objects, which belong to 2 users of the host$/) as string,
    })
  })

  it.runIf(isRoot)(
    'a mapped model likely only, when several users own what is stored so: no one server made it',
    () => {
      using guest = filled('mapped-xattr')
      chownSync(guest.tree.at('two'), nobody.uid, nobody.gid)
      expect(detectModelOf(guest)).toMatchObject({
        certainty: 'likely',
        reason: 'user.virtfs attributes on 3 of 5 objects; these belong to 2 users of the host',
      })
    },
  )

  it('passthrough, when what would tell may not be read', () => {
    using guest = filled('mapped-file')
    const closed = ['d', '.virtfs_metadata']
    for (const path of ['', ...closed]) chownSync(guest.tree.at(path), nobody.uid, nobody.gid)
    for (const path of closed) chmodSync(guest.tree.at(path), 0)
    const { model, sentence } = asNobody(() => detectModelOf(guest))
    expect(model).toBe('passthrough')
    expect(sentence).toContain('on 4 objects looked at,')
    for (const path of closed) chmodSync(guest.tree.at(path), 0o700)
  })

  it('what it is, and nothing that a symlink leads to', () => {
    using guest = filled('passthrough')
    using elsewhere = filled('mapped-xattr')
    symlinkSync(elsewhere.tree.path, guest.tree.at('link'))
    expect(detectModelOf(guest)).toMatchObject({ model: 'passthrough' })
  })
})

describe('a tree that another kind of host wrote', () => {
  /** Stores what QEMU on macOS would: a mode of 2 bytes, and Darwin's device numbers. */
  function storeAsMacos(guest: Guest, path: string, mode: string, rdev?: string): void {
    setAttribute(guest, path, 'user.virtfs.uid', 'e8030000')
    setAttribute(guest, path, 'user.virtfs.mode', mode)
    if (rdev !== undefined) setAttribute(guest, path, 'user.virtfs.rdev', rdev)
  }

  it('is said to be written on macOS, and read right', () => {
    using guest = new Guest('mapped-xattr')
    for (const name of ['file', 'tty']) writeFileSync(guest.tree.at(name), '')
    storeAsMacos(guest, 'file', 'a481')
    storeAsMacos(guest, 'tty', '9021', '03000004')
    expect(detectModelOf(guest)).toMatchObject({
      model: 'mapped-xattr',
      writtenOn: 'macos',
      reason: 'user.virtfs attributes on 2 of 3 objects; written on macOS',
    })
    expect(guest.show('file')).toBe(`1000:${process.getgid!()} 0100644`)
    expect(guest.stat('tty')).toMatchObject({ mode: 0o020620, rdev: { major: 4, minor: 3 } })
  })

  it('in part, is said to be so in part', () => {
    using guest = filled('mapped-xattr')
    storeAsMacos(guest, 'two', 'a481')
    expect(detectModelOf(guest)).toMatchObject({
      writtenOn: 'macos',
      reason: 'user.virtfs attributes on 3 of 5 objects; 1 of them written on macOS',
    })
  })

  it('is said to be written on a big-endian host, by the order of the bytes of its modes', () => {
    using guest = new Guest('mapped-xattr')
    writeFileSync(guest.tree.at('file'), '')
    setAttribute(guest, 'file', 'user.virtfs.mode', '000081a4')
    expect(detectModelOf(guest)).toMatchObject({
      writtenOn: 'big-endian',
      reason: 'user.virtfs attributes on 1 of 2 objects; written by QEMU before 2.1 on a big-endian host',
    })
  })
})

describe('how sure it is', () => {
  const survey: Survey = {
    objects: 10,
    isWhole: true,
    withAttributes: 0,
    withRecord: 0,
    withBoth: 0,
    isRootStored: false,
    metadataDirectories: 0,
    withMacosWidth: 0,
    withReversedMode: 0,
    hostUsers: 1,
    hostUsersOfStored: 1,
    newest: undefined,
  }

  it.each([
    ['mapped-xattr', 'certain', { withAttributes: 10, isRootStored: true }],
    ['mapped-xattr', 'certain', { withAttributes: 6 }],
    ['mapped-xattr', 'likely', { withAttributes: 5 }],
    ['mapped-xattr', 'likely', { withAttributes: 1 }],
    ['mapped-xattr', 'likely', { withAttributes: 10, hostUsersOfStored: 2 }],
    ['mapped-xattr', 'guess', { withAttributes: 1, isRootStored: true }],
    ['mapped-file', 'certain', { withRecord: 9, metadataDirectories: 1 }],
    ['mapped-file', 'likely', { withRecord: 2, metadataDirectories: 1 }],
    ['mapped-file', 'guess', { withRecord: 1, isRootStored: true }],
    ['mapped-file', 'guess', { metadataDirectories: 1 }],
    ['passthrough', 'likely', { hostUsers: 2 }],
    ['passthrough', 'guess', {}],
    ['passthrough', 'guess', { objects: 1 }],
  ] as const)('%s is %s of %j', (model, certainty, found) => {
    expect(judge({ ...survey, hostUsersOfStored: 1, ...found })).toMatchObject({ model, certainty })
  })

  it.each([
    ['attributes', '; what was made last has attributes)'],
    ['record', '; what was made last has a record)'],
    [undefined, 'both for 0)'],
  ] as const)('and, of a mixed one, what came last: %s', (newest, end) => {
    const { model, sentence } = judge({ ...survey, withAttributes: 4, withRecord: 5, newest })
    expect(model).toBeUndefined()
    expect(sentence.endsWith(end)).toBe(true)
  })

  it('does not depend on what was done to objects later', () => {
    using guest = new Guest('mapped-xattr')
    guest.make('first', { mode: 0o100644 })
    mkdirSync(guest.tree.at('.virtfs_metadata'))
    writeFileSync(guest.tree.at('last'), '')
    writeFileSync(guest.tree.at('.virtfs_metadata/last'), 'virtfs.uid=1\n')
    utimesSync(guest.tree.at('first'), new Date(), new Date())
    chmodSync(guest.tree.at('first'), 0o640)
    expect(detectModelOf(guest).sentence).toContain('; what was made last has a record)')
  })
})
