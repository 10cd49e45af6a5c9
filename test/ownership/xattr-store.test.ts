// mapped-xattr: the bytes on disk as others read them, and what is stored where the host allows no attributes.

import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, lstatSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { guestGid, guestUid } from '../../src/ids.js'
import { openTree } from '../../src/sys/open.js'
import { setxattr } from '../../src/sys/xattr.js'
import { withFault } from '../support/host/faults.js'
import { Guest } from '../support/host/guest.js'
import { asNobody, nobody } from '../support/host/nobody.js'
import { attributesAt } from '../support/host/oracle.js'

const IDS = { uid: 1000, gid: 1001 }
const VIRTFS = { 'user.virtfs.uid': 'e8030000', 'user.virtfs.gid': 'e9030000' }

let guest: Guest
beforeEach(() => {
  guest = new Guest('mapped-xattr')
})
afterEach(() => guest[Symbol.dispose]())

const stored = (path: string) => attributesAt(guest.tree.at(path))

/** Puts raw bytes where the store will look. */
function plant(path: string, attributes: Record<string, string>): void {
  using object = guest.tree.object(path)
  for (const [name, hex] of Object.entries(attributes)) setxattr(object.handle(), name, Buffer.from(hex, 'hex'))
}

describe('the bytes on disk', () => {
  it.each([
    ['a file', { mode: 0o100644 }, { ...VIRTFS, 'user.virtfs.mode': 'a4810000' }],
    ['a directory', { mode: 0o040755 }, { ...VIRTFS, 'user.virtfs.mode': 'ed410000' }],
    ['a symlink', { mode: 0o120777, target: 'x' }, { ...VIRTFS, 'user.virtfs.mode': 'ffa10000' }],
    [
      'a device',
      { mode: 0o020644, rdev: { major: 1, minor: 3 } },
      { ...VIRTFS, 'user.virtfs.mode': 'a4210000', 'user.virtfs.rdev': '0301000000000000' },
    ],
    [
      'a fifo, whose device number QEMU stores too',
      { mode: 0o010644, rdev: { major: 0, minor: 0 } },
      { ...VIRTFS, 'user.virtfs.mode': 'a4110000', 'user.virtfs.rdev': '0000000000000000' },
    ],
  ])('are those of QEMU for %s', (_kind, wanted, expected) => {
    guest.make('made', { ...IDS, ...wanted })
    expect(stored('made')).toEqual(expected)
  })

  it('give the mode alone of an object that was made for nobody in particular', () => {
    guest.make('made', { mode: 0o100644 })
    expect(stored('made')).toEqual({ 'user.virtfs.mode': 'a4810000' })
  })

  it('give what a change gives, and nothing else', () => {
    writeFileSync(guest.tree.at('plain'), '')
    guest.save('plain', { uid: guestUid(1000) })
    expect(stored('plain')).toEqual({ 'user.virtfs.uid': 'e8030000' })
    guest.save('plain', { uid: guestUid(0xffff_ffff), gid: guestGid(0xffff_ffff) })
    expect(stored('plain')).toEqual({ 'user.virtfs.uid': 'e8030000' })
  })

  it('lie on the exported directory itself for the root', () => {
    guest.save('', { ...{ uid: guestUid(1000), gid: guestGid(1001) }, mode: 0o040755 })
    expect(stored('')).toEqual({ ...VIRTFS, 'user.virtfs.mode': 'ed410000' })
  })

  it('put no set-id bit and no owner into the host inode', () => {
    guest.make('made', { mode: 0o104755, uid: 0, gid: 0 })
    const { mode, uid } = lstatSync(guest.tree.at('made'))
    expect([mode, uid]).toEqual([0o100600, process.getuid!()])
  })
})

describe('loading', () => {
  beforeEach(() => guest.make('made', { mode: 0o100644, ...IDS }))

  it.each([
    ['a short uid', { 'user.virtfs.uid': 'e803' }, 'uid'],
    ['a long uid', { 'user.virtfs.uid': 'e803000000' }, 'uid'],
    ['an empty mode', { 'user.virtfs.mode': '' }, 'mode'],
    ['a mode of 3,000 bytes', { 'user.virtfs.mode': 'a4'.repeat(3000) }, 'mode'],
  ] as const)('shows the host through for %s', (_kind, attributes, key) => {
    plant('made', attributes)
    const shown = guest.stat('made')
    expect(shown[key]).toBe(shown.host[key])
    expect(shown.gid).toBe(1001)
  })

  it('reads what a macOS host wrote', () => {
    plant('made', { 'user.virtfs.mode': 'a421', 'user.virtfs.rdev': '03000001' })
    expect(guest.stat('made')).toMatchObject({ mode: 0o020644, rdev: { major: 1, minor: 3 } })
  })

  it('shows the host through where the attributes may not be read', () => {
    chownSync(guest.tree.path, nobody.uid, nobody.gid)
    chmodSync(guest.tree.at('made'), 0)
    const shown = asNobody(() => guest.show('made'))
    expect(shown).toBe(`${process.getuid!()}:${process.getgid!()} 0100000`)
  })

  it('takes four reads of attributes and no other system call', () => {
    using object = guest.tree.object('made')
    object.readable()
    const calls = [1, 2, 3, 4, 5].map((n) => withFault(n, 'ENODATA', () => guest.model.store.load(object)))
    expect(calls).toEqual(['fgetxattr', 'fgetxattr', 'fgetxattr', 'fgetxattr', undefined])
  })

  it.each(['EIO', 'ENOMEM'] as const)('throws %s rather than show the owner of the host', (code) => {
    using object = guest.tree.object('made')
    object.readable()
    for (const n of [1, 2, 3, 4]) expect(() => withFault(n, code, () => guest.model.store.load(object))).toThrow(code)
  })
})

describe('an object that can hold no attributes', () => {
  it('shows the host and refuses changes, when it is a symlink or fifo that a host process made', () => {
    symlinkSync('target', guest.tree.at('link'))
    execFileSync('mkfifo', ['-m', '604', guest.tree.at('fifo')])
    expect(guest.stat('link').mode).toBe(0o120777)
    expect(guest.stat('fifo').mode).toBe(0o010604)
    for (const path of ['link', 'fifo']) {
      expect(() => guest.save(path, { mode: 0o100644 })).toThrow('EOPNOTSUPP')
      expect(() => guest.save(path, { uid: guestUid(5) })).toThrow('EOPNOTSUPP')
    }
  })

  it('refuses to take a new owner where the file system has no attributes', () => {
    using proc = openTree('/proc/self/fd', true)
    const object = {
      dev: 0,
      ino: 0n,
      isRoot: true,
      remembered: undefined,
      handle: () => proc,
      readable: () => undefined,
      place: () => undefined,
    }
    expect(() => guest.model.store.adopt(object, { mode: 0o040755 })).toThrow('EOPNOTSUPP')
    expect(guest.model.store.load(object)).toEqual({})
  })
})

it('a file that may be written and not read is stored to through its O_PATH handle', () => {
  chownSync(guest.tree.path, nobody.uid, nobody.gid)
  asNobody(() => {
    writeFileSync(guest.tree.at('made'), '')
    chmodSync(guest.tree.at('made'), 0o200)
    using object = guest.tree.object('made')
    expect(object.readable()).toBeUndefined()
    guest.model.store.adopt(object, { uid: guestUid(1000), gid: guestGid(1001), mode: 0o100200 })
    guest.model.store.save(object, { mode: 0o100644 })
    chmodSync(guest.tree.at('made'), 0o600)
  })
  expect(stored('made')).toEqual({ ...VIRTFS, 'user.virtfs.mode': 'a4810000' })
})

it('a change of which a part cannot be stored is undone, members that were absent included', () => {
  guest.make('made', { mode: 0o100644 })
  const was = stored('made')
  for (let n = 1; ; n++) {
    using object = guest.tree.object('made')
    object.readable()
    let failed
    try {
      const change = { uid: guestUid(7), gid: guestGid(8), mode: 0o100600 }
      if (withFault(n, 'ENOSPC', () => guest.model.store.save(object, change)) === undefined) break
    } catch (cause) {
      failed = cause
    }
    expect(failed).toMatchObject({ code: 'ENOSPC' })
    expect(stored('made')).toEqual(was)
  }
  expect(guest.show('made')).toBe('7:8 0100600')
})
