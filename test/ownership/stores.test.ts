// One suite for every store: what a view relies on, whatever the model.

import { linkSync, lstatSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { guestGid, guestUid } from '../../src/ids.js'
import { nameFromText } from '../../src/name.js'
import { securityModels } from '../../src/ownership/security-models.js'
import { openModel } from '../../src/ownership/models.js'
import { RENAME_NOREPLACE } from '../../src/sys/constants.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { Guest } from '../support/host/guest.js'
import { isRoot, nobody } from '../support/host/nobody.js'
import { tick } from '../support/tick.js'

const FILE = 0o100640
const DIRECTORY = 0o040751

describe.each(securityModels)('%s', (name) => {
  const { keepsAnyOwner, keepsDevices, keepsBesideName } = openModel(name).capabilities
  // Without privilege the host's own owner is all that a model of real ownership can keep.
  const ids = keepsAnyOwner || isRoot ? { uid: 1000, gid: 1001 } : { uid: nobody.uid, gid: nobody.gid }
  const others = keepsAnyOwner || isRoot ? { uid: 2000, gid: 2001 } : ids
  const owner = `${ids.uid}:${ids.gid}`
  const otherOwner = `${others.uid}:${others.gid}`
  const own = { uid: process.getuid!(), gid: process.getgid!() }

  let guest: Guest
  let before: Record<string, string>

  beforeEach(() => {
    before = openDescriptors()
    guest = new Guest(name)
  })
  afterEach(() => {
    guest[Symbol.dispose]()
    expect(openDescriptors()).toEqual(before)
  })

  it.each([
    ['a file', FILE],
    ['a directory', DIRECTORY],
    ['a set-user-id file', 0o104755],
    ['a set-group-id directory', 0o042775],
    ['a sticky directory', 0o041777],
    ['a fifo', 0o010644],
    ['a socket', 0o140755],
  ])('keeps the owner and the mode of %s', (_kind, mode) => {
    guest.make('made', { mode, ...ids })
    expect(guest.show('made')).toBe(`${owner} 0${mode.toString(8)}`)
  })

  it('keeps the owner and the target of a symlink', () => {
    guest.make('made', { mode: 0o120777, ...ids, target: 'some/where\xff' })
    expect(guest.show('made')).toBe(`${owner} 0120777`)
    expect(guest.readlink('made')).toBe('some/where\xff')
    expect(lstatSync(guest.tree.at('made')).size).toBe(11)
  })

  it('keeps the number of a device, or refuses it for want of privilege', () => {
    const char = { mode: 0o020644, ...ids, rdev: { major: 1, minor: 3 } }
    if (!keepsDevices && !isRoot) {
      expect(() => guest.make('char', char)).toThrow('EPERM')
      return
    }
    guest.make('char', char)
    guest.make('block', { mode: 0o060660, ...ids, rdev: { major: 253, minor: 300 } })
    expect(guest.stat('char')).toMatchObject({ mode: 0o020644, rdev: { major: 1, minor: 3 } })
    expect(guest.stat('block')).toMatchObject({ mode: 0o060660, rdev: { major: 253, minor: 300 } })
  })

  it('stores no owner where the guest gave none', () => {
    guest.make('made', { mode: FILE })
    expect(guest.show('made')).toBe(`${own.uid}:${own.gid} 0100640`)
  })

  it('shows the host of what the host made', () => {
    writeFileSync(guest.tree.at('plain'), '', { mode: 0o604 })
    expect(guest.show('plain')).toBe(`${own.uid}:${own.gid} 0100604`)
  })

  it('changes the mode and leaves the owner', () => {
    guest.make('made', { mode: FILE, ...ids })
    guest.save('made', { mode: 0o100604 })
    expect(guest.show('made')).toBe(`${owner} 0100604`)
  })

  it('changes the owner and leaves the mode', () => {
    guest.make('made', { mode: FILE, ...ids })
    guest.save('made', { uid: guestUid(others.uid) })
    expect(guest.show('made')).toBe(`${others.uid}:${ids.gid} 0100640`)
    guest.save('made', { gid: guestGid(others.gid) })
    expect(guest.show('made')).toBe(`${otherOwner} 0100640`)
  })

  it('changes owner and mode at once, set-user-id bit included', () => {
    guest.make('made', { mode: FILE, ...ids })
    guest.save('made', { uid: guestUid(others.uid), gid: guestGid(others.gid), mode: 0o104711 })
    expect(guest.show('made')).toBe(`${otherOwner} 0104711`)
  })

  it('leaves an id that a change gives as -1', () => {
    guest.make('made', { mode: FILE, ...ids })
    guest.save('made', { uid: guestUid(0xffff_ffff), gid: guestGid(others.gid) })
    expect(guest.show('made')).toBe(`${ids.uid}:${others.gid} 0100640`)
  })

  it('gives ownership to an object that the host made', () => {
    writeFileSync(guest.tree.at('plain'), '')
    guest.save('plain', { uid: guestUid(others.uid), gid: guestGid(others.gid), mode: 0o100600 })
    expect(guest.show('plain')).toBe(`${otherOwner} 0100600`)
  })

  it('moves ctime with every change, also with one that changes nothing', () => {
    guest.make('made', { mode: FILE, ...ids })
    const changes = [
      { mode: 0o100600 },
      { mode: 0o100600 },
      { uid: guestUid(ids.uid) },
      {},
      { uid: guestUid(0xffff_ffff) },
    ]
    for (const change of changes) {
      const { ctimeMs } = lstatSync(guest.tree.at('made'))
      tick()
      guest.save('made', change)
      expect(lstatSync(guest.tree.at('made')).ctimeMs, JSON.stringify(change)).toBeGreaterThan(ctimeMs)
    }
  })

  it('keeps what belongs to the root', () => {
    expect(guest.stat('').mode & 0o170000).toBe(0o040000)
    guest.save('', { uid: guestUid(ids.uid), gid: guestGid(ids.gid), mode: 0o040711 })
    expect(guest.show('')).toBe(`${owner} 040711`)
  })

  it('shares the ownership of hard links, across directories too', () => {
    guest.make('one', { mode: FILE, ...ids })
    guest.make('d', { mode: DIRECTORY, ...ids })
    guest.link('one', 'two')
    guest.link('two', 'd/three')
    guest.save('d/three', { mode: 0o100444 })
    for (const path of ['one', 'two', 'd/three']) expect(guest.show(path)).toBe(`${owner} 0100444`)
    guest.unlink('one')
    guest.save('two', { uid: guestUid(others.uid), mode: 0o100400 })
    expect(guest.show('d/three')).toBe(`${others.uid}:${ids.gid} 0100400`)
  })

  it('gives a link of an object without ownership none, whatever the name had before', () => {
    guest.make('old', { mode: 0o104755, ...ids })
    rmSync(guest.tree.at('old'))
    writeFileSync(guest.tree.at('plain'), '', { mode: 0o600 })
    guest.link('plain', 'old')
    expect(guest.show('old')).toBe(guest.show('plain'))
    expect(guest.show('old')).toBe(`${own.uid}:${own.gid} 0100600`)
  })

  it('links over what a host process left behind of the new name', () => {
    guest.make('old', { mode: 0o104755, ...others })
    rmSync(guest.tree.at('old'))
    guest.make('made', { mode: FILE, ...ids })
    guest.link('made', 'old')
    expect(guest.show('old')).toBe(`${owner} 0100640`)
  })

  it('carries the ownership along with a rename, in one directory and between two', () => {
    guest.make('d', { mode: DIRECTORY, ...ids })
    guest.make('made', { mode: FILE, ...ids })
    guest.rename('made', 'moved')
    expect(guest.show('moved')).toBe(`${owner} 0100640`)
    guest.rename('moved', 'd/moved')
    expect(guest.show('d/moved')).toBe(`${owner} 0100640`)
    guest.rename('d/moved', 'back')
    expect(guest.show('back')).toBe(`${owner} 0100640`)
  })

  it('renames over an object whose ownership then is gone', () => {
    guest.make('old', { mode: 0o104755, ...others })
    guest.make('made', { mode: FILE, ...ids })
    guest.rename('made', 'old')
    expect(guest.show('old')).toBe(`${owner} 0100640`)
  })

  it('renames an object without ownership over one with, and it has none', () => {
    guest.make('old', { mode: 0o104755, ...ids })
    writeFileSync(guest.tree.at('plain'), '', { mode: 0o600 })
    guest.rename('plain', 'old')
    expect(guest.show('old')).toBe(`${own.uid}:${own.gid} 0100600`)
  })

  it('renames a directory with all that is in it', () => {
    guest.make('d', { mode: DIRECTORY, ...ids })
    guest.make('d/made', { mode: FILE, ...others })
    guest.rename('d', 'e')
    expect(guest.show('e')).toBe(`${owner} 040751`)
    expect(guest.show('e/made')).toBe(`${otherOwner} 0100640`)
  })

  it('renames a directory over one that the guest has emptied', () => {
    guest.make('old', { mode: 0o040700, ...others })
    guest.make('old/made', { mode: FILE, ...ids })
    guest.unlink('old/made')
    guest.make('new', { mode: DIRECTORY, ...ids })
    guest.make('new/made', { mode: FILE, ...ids })
    guest.rename('new', 'old')
    expect(guest.show('old')).toBe(`${owner} 040751`)
    expect(guest.show('old/made')).toBe(`${owner} 0100640`)
  })

  it('changes nothing by renaming a name to another name of the same file', () => {
    guest.make('one', { mode: FILE, ...ids })
    guest.link('one', 'two')
    guest.rename('one', 'two')
    expect(guest.show('one')).toBe(`${owner} 0100640`)
    expect(guest.show('two')).toBe(`${owner} 0100640`)
    guest.rename('one', 'one')
    expect(guest.show('one')).toBe(`${owner} 0100640`)
  })

  it.each([
    ['a directory that holds something', 'ENOTEMPTY', 'full', 'd'],
    ['a file over a directory', 'EISDIR', 'made', 'd'],
    ['a directory over a file', 'ENOTDIR', 'd', 'made'],
    ['a directory into itself', 'EINVAL', 'd', 'd/inner'],
    ['an object over the directory it is in', 'ENOTEMPTY', 'd/inner-directory', 'd'],
    ['what is not there', 'ENOENT', 'nothing', 'made'],
  ])('refuses to rename %s with %s and leaves everything', (_case, code, from, to) => {
    guest.make('made', { mode: FILE, ...ids })
    guest.make('d', { mode: DIRECTORY, ...others })
    guest.make('d/inner-directory', { mode: 0o040700, ...ids })
    guest.make('full', { mode: DIRECTORY, ...ids })
    const shown = () => ['made', 'd', 'd/inner-directory', 'full'].map((path) => guest.show(path))
    const was = shown()
    expect(() => guest.rename(from, to)).toThrow(code)
    expect(shown()).toEqual(was)
  })

  it('refuses to replace where that is forbidden', () => {
    guest.make('one', { mode: FILE, ...ids })
    guest.make('two', { mode: 0o100400, ...others })
    expect(() => guest.rename('one', 'two', RENAME_NOREPLACE)).toThrow('EEXIST')
    expect([guest.show('one'), guest.show('two')]).toEqual([`${owner} 0100640`, `${otherOwner} 0100400`])
    guest.rename('one', 'three', RENAME_NOREPLACE)
    expect(guest.show('three')).toBe(`${owner} 0100640`)
  })

  it('lets nothing of a removed object show through in a new one of its name', () => {
    guest.make('made', { mode: 0o104755, ...ids, ...(keepsDevices && { rdev: { major: 7, minor: 7 } }) })
    guest.unlink('made')
    guest.make('made', { mode: FILE })
    expect(guest.stat('made')).toMatchObject({ ...own, mode: FILE, rdev: { major: 0, minor: 0 } })
  })

  it('lets nothing show through of an object that a host process removed', () => {
    guest.make('made', { mode: 0o104755, ...ids, ...(keepsDevices && { rdev: { major: 7, minor: 7 } }) })
    rmSync(guest.tree.at('made'))
    guest.make('made', { mode: FILE })
    expect(guest.stat('made')).toMatchObject({ ...own, mode: FILE, rdev: { major: 0, minor: 0 } })
  })

  it('removes a directory that the guest has emptied', () => {
    guest.make('d', { mode: DIRECTORY, ...ids })
    guest.make('d/made', { mode: FILE, ...ids })
    expect(() => guest.rmdir('d')).toThrow('ENOTEMPTY')
    expect(guest.show('d/made')).toBe(`${owner} 0100640`)
    expect(guest.show('d')).toBe(`${owner} 040751`)
    guest.unlink('d/made')
    guest.rmdir('d')
    expect(() => lstatSync(guest.tree.at('d'))).toThrow('ENOENT')
  })

  it.each([
    ['a directory as a file', 'EISDIR', (path: string) => guest.unlink(path), 'd'],
    ['a file as a directory', 'ENOTDIR', (path: string) => guest.rmdir(path), 'made'],
    ['what is not there', 'ENOENT', (path: string) => guest.unlink(path), 'nothing'],
    ['a directory that is not there', 'ENOENT', (path: string) => guest.rmdir(path), 'nothing'],
  ])('refuses to remove %s with %s and leaves everything', (_case, code, remove, path) => {
    guest.make('made', { mode: FILE, ...ids })
    guest.make('d', { mode: DIRECTORY, ...others })
    expect(() => remove(path)).toThrow(code)
    expect([guest.show('made'), guest.show('d')]).toEqual([`${owner} 0100640`, `${otherOwner} 040751`])
  })

  it('keeps the ownership of an object that is held and removed, and lets it be changed', () => {
    guest.make('made', { mode: FILE, ...ids })
    using held = guest.tree.object('made')
    expect(guest.showOf(held)).toBe(`${owner} 0100640`)
    guest.unlink('made')
    expect(guest.showOf(held)).toBe(`${owner} 0100640`)
    guest.model.store.save(held, { uid: guestUid(others.uid), mode: 0o100400 })
    expect(guest.showOf(held)).toBe(`${others.uid}:${ids.gid} 0100400`)
  })

  it('takes a held object for itself when another one has its name', () => {
    guest.make('made', { mode: FILE, ...ids })
    using held = guest.tree.object('made')
    expect(guest.showOf(held)).toBe(`${owner} 0100640`)
    guest.make('other', { mode: 0o100400, ...others })
    guest.rename('other', 'made')
    expect(guest.showOf(held)).toBe(`${owner} 0100640`)
    guest.model.store.save(held, { mode: 0o100444 })
    expect(guest.showOf(held)).toBe(`${owner} 0100444`)
    expect(guest.show('made')).toBe(`${otherOwner} 0100400`)
  })

  it('gives a new name to a held object that lost its own', () => {
    guest.make('made', { mode: FILE, ...ids })
    linkSync(guest.tree.at('made'), guest.tree.at('anchor'))
    using held = guest.tree.object('made')
    expect(guest.showOf(held)).toBe(`${owner} 0100640`)
    rmSync(guest.tree.at('made'))
    guest.linkObject(held, 'again')
    expect(guest.show('again')).toBe(`${owner} 0100640`)
  })

  it('follows what a host process renames, as far as the model allows', () => {
    guest.make('made', { mode: FILE, ...ids })
    renameSync(guest.tree.at('made'), guest.tree.at('elsewhere'))
    // Beside the name stays beside the name: a host process that moves the object leaves its record behind.
    expect(guest.show('elsewhere')).toBe(keepsBesideName ? `${own.uid}:${own.gid} 0100600` : `${owner} 0100640`)
  })

  it('reserves the names under which it keeps data, and no other', () => {
    const isReserved = (text: string) => guest.model.store.isReserved(nameFromText(text))
    expect(['.virtfs_metadata', '.virtfs_metadata_root'].map(isReserved)).toEqual([keepsBesideName, keepsBesideName])
    expect(['.virtfs_metadatax', 'virtfs_metadata', '.VIRTFS_METADATA', 'x'].some(isReserved)).toBe(false)
  })

  it('leaves nothing in the tree but what was asked for', () => {
    guest.make('made', { mode: FILE, ...ids })
    const hidden = keepsBesideName ? ['.virtfs_metadata'] : []
    expect(readdirSync(guest.tree.path).sort()).toEqual([...hidden, 'made'])
  })
})
