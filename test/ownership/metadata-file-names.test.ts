// mapped-file: what becomes of the files beside the objects when names change hands.

import { spawnSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SyscallName } from '../../src/sys/abi.js'
import { injectFaults } from '../../src/sys/call.js'
import { tryFlock } from '../../src/sys/lock.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { Guest } from '../support/host/guest.js'

const IDS = { uid: 1000, gid: 1001 }
const OTHERS = { uid: 2000, gid: 2001 }
const FILE = 0o100640

let guest: Guest
let before: Record<string, string>
beforeEach(() => {
  before = openDescriptors()
  guest = new Guest('mapped-file')
})
afterEach(() => {
  guest[Symbol.dispose]()
  expect(openDescriptors()).toEqual(before)
})

const at = (path: string): string => guest.tree.at(path)
const recordOf = (name: string, dir = '.'): string => at(`${dir}/.virtfs_metadata/${name}`)
const textOf = (name: string, dir = '.'): string => readFileSync(recordOf(name, dir), 'latin1')
const records = (dir = '.'): string[] => readdirSync(at(`${dir}/.virtfs_metadata`)).sort()
const hasMetadata = (dir: string): boolean => existsSync(at(`${dir}/.virtfs_metadata`))

/** Leaves a record without an object behind. */
function orphan(name: string, text = 'virtfs.uid=66\nvirtfs.mode=35309\nvirtfs.rdev=99\n', dir = '.'): void {
  mkdirSync(at(`${dir}/.virtfs_metadata`), { recursive: true })
  writeFileSync(recordOf(name, dir), text)
}

/** True where flock(1) could not hold the directory. */
const isHeld = (path: string): boolean => spawnSync('flock', ['--nonblock', path, 'true']).status === 1

describe('a record without an object', () => {
  it('is replaced by a new object, not merged into it', () => {
    orphan('made')
    guest.make('made', { mode: FILE, gid: 7 })
    expect(textOf('made')).toBe('virtfs.gid=7\nvirtfs.mode=33184\n')
  })

  it('is unlinked, not written to: it may be the record of another name', () => {
    guest.make('one', { mode: FILE, ...IDS })
    guest.link('one', 'two')
    rmSync(at('two'))
    guest.make('two', { mode: 0o100400, ...OTHERS })
    expect(guest.show('one')).toBe('1000:1001 0100640')
    expect(guest.show('two')).toBe('2000:2001 0100400')
  })

  it('blocks no link, no rename and no removal of its directory', () => {
    guest.make('made', { mode: FILE, ...IDS })
    orphan('link')
    guest.link('made', 'link')
    expect(statSync(recordOf('link')).ino).toBe(statSync(recordOf('made')).ino)
    orphan('moved')
    guest.rename('made', 'moved')
    expect(guest.show('moved')).toBe('1000:1001 0100640')
    guest.make('d', { mode: 0o040755, ...IDS })
    orphan('ghost', 'virtfs.uid=1\n', 'd')
    guest.rmdir('d')
    expect(existsSync(at('d'))).toBe(false)
    expect(records()).toEqual(['link', 'moved'])
  })

  it('does not come into force for an object without a record that is renamed to its name', () => {
    writeFileSync(at('plain'), '', { mode: 0o600 })
    orphan('moved')
    guest.rename('plain', 'moved')
    expect(guest.stat('moved').uid).toBe(process.getuid!())
    expect(records()).toEqual([])
  })
})

describe('a record goes', () => {
  it('with its object', () => {
    guest.make('made', { mode: FILE, ...IDS })
    guest.make('d', { mode: 0o040755, ...IDS })
    guest.unlink('made')
    guest.rmdir('d')
    expect(records()).toEqual([])
  })

  it('not with an attempt to remove its object', () => {
    guest.make('d', { mode: 0o040755, ...IDS })
    writeFileSync(at('d/made by the host'), '')
    mkdirSync(at('d/.virtfs_metadata'))
    orphan('ghost', 'virtfs.uid=1\n', 'd')
    expect(() => guest.unlink('d')).toThrow('EISDIR')
    expect(() => guest.rmdir('d')).toThrow('ENOTEMPTY')
    expect(guest.show('d')).toBe('1000:1001 040755')
    expect(records('d')).toEqual(['ghost'])
  })

  it('of a removed link alone', () => {
    guest.make('one', { mode: FILE, ...IDS })
    guest.link('one', 'two')
    guest.unlink('one')
    expect(records()).toEqual(['two'])
    expect(guest.show('two')).toBe('1000:1001 0100640')
  })
})

describe('removing a directory', () => {
  it('takes along the record that it has as an export of its own', () => {
    guest.make('d', { mode: 0o040755, ...IDS })
    writeFileSync(at('d/.virtfs_metadata_root'), 'virtfs.uid=1\n')
    guest.rmdir('d')
    expect(existsSync(at('d'))).toBe(false)
  })

  it('is refused, with nothing changed, while its metadata holds a directory', () => {
    guest.make('d', { mode: 0o040755, ...IDS })
    orphan('ghost', 'virtfs.uid=1\n', 'd')
    mkdirSync(at('d/.virtfs_metadata/.virtfs_metadata'))
    expect(() => guest.rmdir('d')).toThrow('ENOTEMPTY')
    expect(records('d')).toEqual(['.virtfs_metadata', 'ghost'])
  })
})

it('a directory whose record of its own is a directory is not removed, with nothing changed', () => {
  guest.make('d', { mode: 0o040755, ...IDS })
  orphan('ghost', 'virtfs.uid=1\n', 'd')
  mkdirSync(at('d/.virtfs_metadata_root'))
  expect(() => guest.rmdir('d')).toThrow('ENOTEMPTY')
  expect(records('d')).toEqual(['ghost'])
})

it('a rename that was cut off when the record had its new name is finished by another', () => {
  guest.make('made', { mode: FILE, ...IDS })
  guest.make('old', { mode: FILE, ...OTHERS })
  rmSync(recordOf('old'))
  linkSync(recordOf('made'), recordOf('old'))
  guest.rename('made', 'old')
  expect(guest.show('old')).toBe('1000:1001 0100640')
  expect(records()).toEqual(['old'])
})

describe('renaming and linking between directories', () => {
  beforeEach(() => {
    mkdirSync(at('bare'))
    mkdirSync(at('d'))
    writeFileSync(at('bare/plain'), '', { mode: 0o600 })
  })

  it('needs no .virtfs_metadata in the source, and makes none in the target then', () => {
    guest.link('bare/plain', 'd/link')
    guest.rename('bare/plain', 'd/moved')
    expect(readdirSync(at('d')).sort()).toEqual(['link', 'moved'])
    expect(hasMetadata('bare')).toBe(false)
  })

  it('makes it in the target when there is a record', () => {
    guest.make('bare/made', { mode: FILE, ...IDS })
    guest.rename('bare/made', 'd/made')
    expect(textOf('made', 'd')).toBe('virtfs.uid=1000\nvirtfs.gid=1001\nvirtfs.mode=33184\n')
    expect(records('bare')).toEqual([])
  })

  it('leaves no .virtfs_metadata that it made for nothing', () => {
    guest.make('bare/made', { mode: FILE, ...IDS })
    mkdirSync(at('d/made'))
    expect(() => guest.rename('bare/made', 'd/made')).toThrow('EISDIR')
    expect(hasMetadata('d')).toBe(false)
    expect(records('bare')).toEqual(['made'])
  })

  it('keeps hard links in step afterwards', () => {
    guest.make('bare/one', { mode: FILE, ...IDS })
    guest.link('bare/one', 'bare/two')
    guest.rename('bare/one', 'd/one')
    guest.save('d/one', { mode: 0o100400 })
    expect(guest.show('bare/two')).toBe('1000:1001 0100400')
  })

  it('leaves no temporary record', () => {
    guest.make('d/old', { mode: FILE, ...OTHERS })
    guest.make('bare/made', { mode: FILE, ...IDS })
    guest.rename('bare/made', 'd/old')
    guest.make('d/other', { mode: FILE, ...OTHERS })
    guest.rename('bare/plain', 'd/other')
    expect(records('d')).toEqual(['old'])
    expect(records('bare')).toEqual([])
  })
})

describe('another writer', () => {
  it.each([
    ['an object is made', 'd', (g: Guest) => g.make('d/new', { mode: FILE, ...IDS })],
    ['a record is changed', 'd', (g: Guest) => g.save('d/made', { mode: 0o100600 })],
    ['an object is linked', '.', (g: Guest) => g.link('d/made', 'link')],
    ['an object is renamed away', 'd', (g: Guest) => g.rename('d/made', 'moved')],
    ['an object is renamed to here', '.', (g: Guest) => g.rename('d/made', 'moved')],
    ['an object is removed', 'd', (g: Guest) => g.unlink('d/made')],
    ['a directory is removed', '.', (g: Guest) => g.rmdir('empty')],
  ])('is kept out while %s', (what, dir, act) => {
    guest.make('empty', { mode: 0o040755, ...IDS })
    guest.make('d', { mode: 0o040755, ...IDS })
    guest.make('d/made', { mode: FILE, ...IDS })
    const changes: SyscallName[] = ['pwrite64', 'linkat', 'renameat2', 'unlinkat']
    const seen: boolean[] = []
    injectFaults((call) => {
      if (changes.includes(call)) seen.push(isHeld(at(`${dir}/.virtfs_metadata`)))
      return 0
    })
    try {
      act(guest)
    } finally {
      injectFaults(undefined)
    }
    // A link is made by the view before it tells the store.
    expect(seen.filter((held) => !held)).toHaveLength(what === 'an object is linked' ? 1 : 0)
    expect(seen.filter((held) => held).length).toBeGreaterThan(0)
  })

  it('that holds the metadata is waited for, but not for ever: EBUSY, with nothing changed', () => {
    guest.make('made', { mode: FILE, ...IDS })
    guest.make('d', { mode: 0o040755, ...IDS })
    using metadata = guest.tree.object('.virtfs_metadata')
    tryFlock(metadata.readable()!, 'exclusive')
    expect(() => guest.save('made', { mode: 0o100600 })).toThrow('EBUSY')
    expect(() => guest.rename('made', 'd/made')).toThrow('EBUSY')
    expect(() => guest.unlink('made')).toThrow('EBUSY')
    expect(() => guest.make('new', { mode: FILE })).toThrow('EBUSY')
    expect(guest.show('made')).toBe('1000:1001 0100640')
    expect(readdirSync(guest.tree.path).sort()).toEqual(['.virtfs_metadata', 'd', 'made'])
  })
})
