// mapped-file: the files beside the objects, as bytes.

import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { guestGid, guestUid } from '../../src/ids.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { Guest } from '../support/host/guest.js'
import { asNobody, nobody } from '../support/host/nobody.js'

const IDS = { uid: 1000, gid: 1001 }
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

describe('the files', () => {
  it('are those of QEMU: 0700 and 0600, whatever the umask', () => {
    const umask = process.umask(0)
    try {
      guest.make('made', { mode: FILE, ...IDS })
    } finally {
      process.umask(umask)
    }
    expect(textOf('made')).toBe('virtfs.uid=1000\nvirtfs.gid=1001\nvirtfs.mode=33184\n')
    expect(statSync(recordOf('made')).mode & 0o7777).toBe(0o600)
    expect(statSync(at('.virtfs_metadata')).mode & 0o7777).toBe(0o700)
  })

  it('get their mode back with a change', () => {
    guest.make('made', { mode: FILE, ...IDS })
    chmodSync(recordOf('made'), 0o644)
    guest.save('made', { mode: 0o100600 })
    expect(statSync(recordOf('made')).mode & 0o7777).toBe(0o600)
  })

  it('have a line for the device number of a device only', () => {
    guest.make('null', { mode: 0o020666, ...IDS, rdev: { major: 1, minor: 3 } })
    expect(textOf('null')).toBe('virtfs.uid=1000\nvirtfs.gid=1001\nvirtfs.mode=8630\nvirtfs.rdev=259\n')
  })

  it('lie in the parent for a directory, and in the root itself for the root', () => {
    guest.make('d', { mode: 0o040755, ...IDS })
    expect(records()).toEqual(['d'])
    expect(hasMetadata('d')).toBe(false)
    guest.save('', { uid: guestUid(5), mode: 0o040700 })
    expect(readFileSync(at('.virtfs_metadata_root'), 'latin1')).toBe('virtfs.uid=5\nvirtfs.mode=16832\n')
    expect(statSync(at('.virtfs_metadata_root')).mode & 0o7777).toBe(0o600)
    expect(records()).toEqual(['d'])
  })

  it('have only the keys of a change when there was none before', () => {
    writeFileSync(at('plain'), '')
    guest.save('plain', { gid: guestGid(7) })
    expect(textOf('plain')).toBe('virtfs.gid=7\n')
  })

  it('lose unknown and repeated lines and a stored -1 with a change', () => {
    guest.make('made', { mode: FILE })
    writeFileSync(recordOf('made'), '# by hand\nvirtfs.uid=1\nvirtfs.uid=2\nvirtfs.gid=-1\r\n')
    expect(guest.show('made')).toBe('2:4294967295 0100600')
    guest.save('made', { mode: FILE })
    expect(textOf('made')).toBe('virtfs.uid=2\nvirtfs.mode=33184\n')
  })

  it('are changed in place: what else links to them sees it', () => {
    guest.make('made', { mode: FILE, ...IDS })
    const { ino } = statSync(recordOf('made'))
    linkSync(recordOf('made'), at('outside'))
    guest.save('made', { uid: guestUid(4), gid: guestGid(5), mode: 0o100600 })
    expect(statSync(recordOf('made')).ino).toBe(ino)
    expect(readFileSync(at('outside'), 'latin1')).toBe('virtfs.uid=4\nvirtfs.gid=5\nvirtfs.mode=33152\n')
  })

  it('are not made by a change that changes nothing', () => {
    writeFileSync(at('plain'), '')
    guest.save('plain', {})
    guest.save('plain', { uid: guestUid(0xffff_ffff) })
    expect(readdirSync(guest.tree.path)).toEqual(['plain'])
  })
})

describe('reading', () => {
  const own = `${process.getuid!()}:${process.getgid!()} 0100600`
  beforeEach(() => guest.make('made', { mode: FILE, ...IDS }))

  it('shows the host through without a record, and with one that says nothing', () => {
    writeFileSync(recordOf('made'), '')
    expect(guest.show('made')).toBe(own)
    rmSync(recordOf('made'))
    expect(guest.show('made')).toBe(own)
    rmSync(at('.virtfs_metadata'), { recursive: true })
    expect(guest.show('made')).toBe(own)
  })

  it('takes a record over 64 KiB as malformed, and reads no more of it', () => {
    writeFileSync(recordOf('made'), 'virtfs.uid=5\n'.padEnd(65_536, '\n'))
    expect(guest.stat('made').uid).toBe(5)
    writeFileSync(recordOf('made'), 'virtfs.uid=5\n'.padEnd(65_537, '\n'))
    expect(guest.show('made')).toBe(own)
    truncateSync(recordOf('made'), 2 ** 30)
    expect(guest.show('made')).toBe(own)
    guest.save('made', { uid: guestUid(3) })
    expect(textOf('made')).toBe('virtfs.uid=3\n')
  })

  it.each([
    ['a symlink', () => symlinkSync(at('outside'), recordOf('made'))],
    ['a directory', () => mkdirSync(recordOf('made'))],
  ])('shows the host through for a record that is %s', (_kind, plant) => {
    writeFileSync(at('outside'), 'virtfs.uid=5\n')
    rmSync(recordOf('made'))
    plant()
    expect(guest.show('made')).toBe(own)
  })

  it('shows the host through for records that may not be read', () => {
    chownSync(guest.tree.path, nobody.uid, nobody.gid)
    chownSync(at('.virtfs_metadata'), nobody.uid, nobody.gid)
    chmodSync(recordOf('made'), 0)
    expect(asNobody(() => guest.show('made'))).toBe(own)
    chmodSync(recordOf('made'), 0o644)
    expect(asNobody(() => guest.show('made'))).toBe('1000:1001 0100640')
    chmodSync(at('.virtfs_metadata'), 0)
    expect(asNobody(() => guest.show('made'))).toBe(own)
    chmodSync(at('.virtfs_metadata'), 0o700)
  })

  it('applies a record to whatever has the name, a symlink of the host included', () => {
    symlinkSync('target', at('link'))
    orphan('link', 'virtfs.uid=5\nvirtfs.mode=41471\n')
    expect(guest.show('link')).toBe(`5:${process.getgid!()} 0120777`)
    guest.save('link', { gid: guestGid(6) })
    expect(guest.show('link')).toBe('5:6 0120777')
    expect(guest.readlink('link')).toBe('target')
  })
})

describe.each([
  ['a symlink', () => symlinkSync('elsewhere', at('d/.virtfs_metadata'))],
  ['a file', () => writeFileSync(at('d/.virtfs_metadata'), '')],
])('a .virtfs_metadata that is %s', (_kind, plant) => {
  beforeEach(() => {
    mkdirSync(at('elsewhere'))
    writeFileSync(at('elsewhere/plain'), 'virtfs.uid=5\n')
    mkdirSync(at('d'))
    writeFileSync(at('d/plain'), '', { mode: 0o600 })
    plant()
  })

  it('holds no ownership, and nothing can be stored: ENOTDIR, with nothing left behind', () => {
    expect(guest.stat('d/plain').uid).toBe(process.getuid!())
    const was = readdirSync(at('d'))
    expect(() => guest.save('d/plain', { mode: FILE })).toThrow('ENOTDIR')
    expect(() => guest.make('d/made', { mode: FILE, ...IDS })).toThrow('ENOTDIR')
    guest.make('made', { mode: FILE, ...IDS })
    expect(() => guest.link('made', 'd/link')).toThrow('ENOTDIR')
    expect(() => guest.rename('made', 'd/moved')).toThrow('ENOTDIR')
    expect(guest.show('made')).toBe('1000:1001 0100640')
    expect(readdirSync(at('d'))).toEqual(was)
    expect(readdirSync(at('elsewhere'))).toEqual(['plain'])
  })

  it('does not keep what is beside it from being renamed and removed', () => {
    guest.rename('d/plain', 'd/moved')
    guest.rename('d/moved', 'away')
    expect(readdirSync(at('d'))).toEqual(['.virtfs_metadata'])
    guest.rename('away', 'd/back')
    guest.unlink('d/back')
    expect(readdirSync(at('d'))).toEqual(['.virtfs_metadata'])
  })

  it('keeps its directory from being removed', () => {
    rmSync(at('d/plain'))
    expect(() => guest.rmdir('d')).toThrow('ENOTEMPTY')
    expect(lstatSync(at('d/.virtfs_metadata'))).toBeDefined()
  })
})
