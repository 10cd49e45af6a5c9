// Looking in passing says what looking thoroughly says, and what the stores say who hold the object; and what it costs.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linuxHost } from '../../src/host/linux-host.js'
import { examineThoroughly } from '../../src/ownership/examined.js'
import { OWNERSHIP_KEYS, type OwnershipKey } from '../../src/ownership/ownership.js'
import { readerOf } from '../../src/ownership/passing-reader.js'
import { countCalls } from '../support/host/faults.js'
import { Guest } from '../support/host/guest.js'
import { passingBy } from '../support/host/passing.js'
import { setAttribute } from '../support/host/planting.js'
import { inThread } from '../support/in-thread.js'
import { seed } from '../support/seed.js'

type Form = 'xattr' | 'sidecar'
const runs = { seed, numRuns: 300 }

let directories = 0

/** Does something in a new directory of the tree, which is gone afterwards. */
function inDirectory(guest: Guest, action: (directory: string) => void): void {
  const directory = `run${directories++}`
  mkdirSync(guest.tree.at(directory))
  try {
    action(directory)
  } finally {
    rmSync(guest.tree.at(directory), { recursive: true })
  }
}

/** Holds that all ways to look at an object agree; answers with the codes of its problems. */
function agreeOn(guest: Guest, path: string, form: Form): string[] {
  const reader = readerOf(form, linuxHost)
  using held = guest.tree.object(path)
  return passingBy(held, (passed) => {
    const { ownership, problems } = examineThoroughly(passed, form)
    const { content, attributeNames, ...examined } = reader.examine(passed)
    expect(examined).toEqual({ ownership, problems })
    if (content !== undefined) expect(content).toEqual(readFileSync(guest.tree.at(path)))
    if (attributeNames !== undefined) expect(attributeNames).toBe(passed.directory.attributeNames(passed.name))
    expect(reader.ownershipOf(passed, OWNERSHIP_KEYS)).toEqual(ownership)
    for (const key of OWNERSHIP_KEYS) expect(reader.ownershipOf(passed, [key])[key]).toEqual(ownership[key])
    expect(guest.model.store.load(held)).toEqual(ownership)
    return problems.map(({ code }) => code)
  })
}

const types = [0o140000, 0o120000, 0o060000, 0o040000, 0o020000, 0o010000, 0, 0o030000]
const modes = fc.oneof(
  { weight: 16, arbitrary: fc.nat(0o7777).map((bits) => 0o100000 | bits) },
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom(...types), fc.nat(0o7777)).map(([type, bits]) => type | bits) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff_ffff }) },
)
const ids = fc.oneof({ weight: 9, arbitrary: fc.nat(70_000) }, fc.constantFrom(0xffff_ffff, 0xffff_fffe, 0x8000_0000))
const devices = fc.oneof(fc.nat(0xffff), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

/** A value as it should be or, one time out of ten, of any width up to 9 bytes. */
const bytesOf = (usual: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 9, arbitrary: usual },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)) },
  )

const often = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 6 })

const values: fc.Arbitrary<Record<OwnershipKey, Buffer | undefined>> = fc.record({
  uid: often(bytesOf(ids.map(u32))),
  gid: often(bytesOf(ids.map(u32))),
  mode: often(bytesOf(modes.map(u32))),
  rdev: fc.option(bytesOf(devices.map(u64)), { nil: undefined }),
})

/** u::rw-, g::r--, o::---, which the host takes for an ACL of its own. */
const REAL_ACL = '0200000001000600ffffffff04000400ffffffff20000000ffffffff'
const others = fc.subarray([
  'user.virtfs.system.posix_acl_access',
  'user.virtfs.system.posix_acl_default',
  'user.virtfs.system.posix_acl_other',
  'user.virtfs.flags',
  'user.other',
  'system.posix_acl_access',
])

/** Mostly nothing beside the usual. */
const seldom = <T>(value: fc.Arbitrary<T>, nothing: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(nothing) }, { weight: 1, arbitrary: value })

function makeBody(path: string, kind: 'file' | 'directory' | 'symlink' | 'fifo', content: string): void {
  if (kind === 'file') writeFileSync(path, content)
  else if (kind === 'directory') mkdirSync(path)
  else if (kind === 'symlink') symlinkSync('anywhere', path)
  else execFileSync('mkfifo', [path])
}

const kinds = fc.oneof(
  { weight: 12, arbitrary: fc.constant('file' as const) },
  { weight: 4, arbitrary: fc.constant('directory' as const) },
  fc.constantFrom('symlink' as const, 'fifo' as const),
)
const contents = fc.constantFrom('', '', 'x', 'a/b', 'a\nb', 'a\0b', 'x'.repeat(4096))
const besides = fc.constantFrom('nothing', 'record', 'directory', 'file')

function makeBeside(directory: string, beside: string): void {
  const metadata = `${directory}/.virtfs_metadata`
  if (beside === 'file') writeFileSync(metadata, '')
  if (beside === 'directory' || beside === 'record') mkdirSync(metadata)
  if (beside === 'record') writeFileSync(`${metadata}/made`, 'virtfs.uid=1\n')
}

describe('of attributes', () => {
  let guest: Guest
  beforeAll(() => {
    guest = new Guest('mapped-xattr')
  })
  afterAll(() => guest[Symbol.dispose]())

  it('all ways to look say the same, of generated objects', () => {
    const met = { usual: 0, odd: 0 }
    const property = fc.property(
      ...([kinds, contents, values, seldom(others, []), seldom(besides, 'nothing')] as const),
      (kind, content, stored, more, beside) =>
        inDirectory(guest, (directory) => {
          const path = `${directory}/made`
          makeBody(guest.tree.at(path), kind, content)
          makeBeside(guest.tree.at(directory), beside)
          if (kind === 'file' || kind === 'directory') {
            for (const key of OWNERSHIP_KEYS) {
              const bytes = stored[key]
              if (bytes !== undefined) setAttribute(guest, path, `user.virtfs.${key}`, bytes.toString('hex'))
            }
            for (const name of more) setAttribute(guest, path, name, name.startsWith('system.') ? REAL_ACL : '00')
          }
          met[agreeOn(guest, path, 'xattr').length === 0 ? 'usual' : 'odd']++
        }),
    )
    fc.assert(property, runs)
    expect(met.usual).toBeGreaterThan(30)
    expect(met.odd).toBeGreaterThan(30)
  })

  it('and of the root', () => {
    setAttribute(guest, '', 'user.virtfs.uid', 'e8030000')
    setAttribute(guest, '', 'user.virtfs.mode', 'ed410000')
    expect(agreeOn(guest, '', 'xattr')).toEqual([])
  })
})

const pieces = fc.oneof(
  fc.constantFrom('virtfs.uid', 'virtfs.gid=', 'virtfs.mode=', 'virtfs.rdev=', 'virtfs.uid=1000\n', '\n', '\r\n', ' '),
  fc.constantFrom('-1', '-2', '33188\n', '4294967297', '0x10', '\0', '=', '\n'.repeat(65_536), 'x'.repeat(98)),
  fc.string({ maxLength: 20 }),
)
const records = fc.oneof(
  { weight: 4, arbitrary: fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.constantFrom('none', 'directory', 'symlink', 'fifo').map((kind) => ({ kind })) },
)
const metadataKinds = seldom(fc.constantFrom('none', 'file', 'symlink'), 'directory')

function makeRecord(path: string, record: string | { readonly kind: string }): void {
  if (typeof record === 'string') writeFileSync(path, record, 'latin1')
  else if (record.kind === 'directory') mkdirSync(path)
  else if (record.kind === 'symlink') symlinkSync('elsewhere', path)
  else if (record.kind === 'fifo') execFileSync('mkfifo', [path])
}

describe('of records', () => {
  let guest: Guest
  beforeAll(() => {
    guest = new Guest('mapped-file')
  })
  afterAll(() => guest[Symbol.dispose]())

  it('all ways to look say the same, of generated records', () => {
    const property = fc.property(kinds, contents, metadataKinds, records, (kind, content, metadata, record) =>
      inDirectory(guest, (directory) => {
        makeBody(guest.tree.at(`${directory}/made`), kind, content)
        const beside = guest.tree.at(`${directory}/.virtfs_metadata`)
        if (metadata === 'file') writeFileSync(beside, '')
        else if (metadata === 'symlink') symlinkSync('elsewhere', beside)
        else if (metadata === 'directory') {
          mkdirSync(beside)
          makeRecord(`${beside}/made`, record)
        }
        agreeOn(guest, `${directory}/made`, 'sidecar')
      }),
    )
    fc.assert(property, runs)
  })

  it('and of those of the root', () => {
    const property = fc.property(records, (record) => {
      const path = guest.tree.at('.virtfs_metadata_root')
      makeRecord(path, record)
      agreeOn(guest, '', 'sidecar')
      rmSync(path, { recursive: true, force: true })
    })
    fc.assert(property, { ...runs, numRuns: 100 })
  })
})

describe('what it costs to examine an object in mapped-xattr', () => {
  const guest = new Guest('mapped-xattr')
  const owner = { uid: 1000, gid: 1001 }
  const usual = { llistxattr: 1, lgetxattr: 3 }
  const objects = [
    ['file', 0o100644, usual],
    ['directory', 0o040755, usual],
    ['fifo', 0o010644, { llistxattr: 1, lgetxattr: 4 }],
    ['device', 0o020644, { llistxattr: 1, lgetxattr: 4 }],
  ] as const
  beforeAll(() => {
    for (const [name, mode, { lgetxattr }] of objects) {
      guest.make(name, { ...owner, mode, ...(lgetxattr === 4 && { rdev: { major: 1, minor: 3 } }) })
    }
    writeFileSync(guest.tree.at('plain'), '')
  })
  afterAll(() => guest[Symbol.dispose]())

  it.each([...objects, ['plain', 0, { llistxattr: 1 }] as const])('%s', (name, _mode, calls) => {
    const reader = readerOf('xattr', linuxHost)
    using held = guest.tree.object(name)
    const counted = passingBy(held, (passed) => countCalls(() => reader.examine(passed)))
    expect(counted).toEqual(calls)
  })

  it.each([
    ['with a working directory of its own, which it enters once', true, { ...usual, fchdir: 1 }],
    ['without one', false, usual],
  ])('no more in a thread %s', async (_title, isOwn, first) => {
    const counted = await inThread(
      `const { linuxHost } = await load('host/linux-host')
       const { readerOf } = await load('ownership/passing-reader')
       const { surroundingsIn } = await load('ownership/surroundings')
       const { injectFaults } = await load('sys/call')
       const { takeWorkingDirectory } = await load('sys/working-directory')
       if (data.isOwn) takeWorkingDirectory()
       const reader = readerOf('xattr', linuxHost)
       const directory = linuxHost.openDirectory(data.path)
       const surroundings = surroundingsIn(directory)
       answer(['file', 'directory'].map((name) => {
         const host = directory.stat(name)
         const counts = {}
         injectFaults((call) => { counts[call] = (counts[call] ?? 0) + 1; return 0 })
         reader.examine({ directory, name, host, surroundings })
         injectFaults(undefined)
         return counts
       }))`,
      { path: guest.tree.path, isOwn },
    )
    expect(counted).toEqual([first, usual])
  })
})
