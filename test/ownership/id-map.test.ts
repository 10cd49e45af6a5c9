// Ranges of ids as they are used, and the ids inside ACLs.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { translateAcl, translateNewAcl } from '../../src/ownership/acl-ids.js'
import { IdMap, OVERFLOW_ID } from '../../src/ownership/id-map.js'
import { attributesAt } from '../support/host/oracle.js'

describe('a map', () => {
  const map = new IdMap([
    { guest: 0, host: 100_000, count: 1000 },
    { guest: 1000, host: 1000, count: 1 },
    { guest: 70_000, host: 5, count: 2 },
  ])

  it.each([
    [0, 100_000],
    [999, 100_999],
    [1000, 1000],
    [70_001, 6],
  ])('stores %i as %i, and shows it again', (guest, host) => {
    expect([map.toHost(guest), map.toGuest(host)]).toEqual([host, guest])
  })

  it.each([1001, 69_999, 70_002, 4_294_967_294])(
    'refuses to store %i (EOVERFLOW), and shows what no range has as 65534',
    (id) => {
      expect(() => map.toHost(id)).toThrow('EOVERFLOW')
      expect(map.toGuest(id)).toBe(OVERFLOW_ID)
    },
  )

  it('gives back every id that it takes', () => {
    fc.assert(
      fc.property(fc.nat(72_000), (id) => {
        let stored: number
        try {
          stored = map.toHost(id)
        } catch {
          return
        }
        expect(map.toGuest(stored)).toBe(id)
      }),
    )
  })

  it('without ranges leaves every id alone', () => {
    const none = new IdMap([])
    for (const id of [0, 65_534, 4_294_967_294]) expect([none.toHost(id), none.toGuest(id)]).toEqual([id, id])
  })
})

describe('the ids of an ACL', () => {
  const ids = { uid: (id: number) => id + 1, gid: (id: number) => id + 2 }

  it('that setfacl made are put through the map, users and groups each, and nothing else is touched', () => {
    const directory = mkdtempSync(join(tmpdir(), 'virtfs-acl-'))
    try {
      const path = join(directory, 'file')
      writeFileSync(path, '')
      execFileSync('setfacl', ['-m', 'u:1000:rw,u:2000:r,g:3000:x', path])
      const acl = Buffer.from(attributesAt(path)['system.posix_acl_access'] ?? '', 'hex')
      execFileSync('cp', ['-a', path, `${path}.copy`])
      const translated = translateNewAcl(acl, ids)
      execFileSync('setfattr', ['-n', 'system.posix_acl_access', '-v', `0x${translated.toString('hex')}`, path])
      expect(execFileSync('getfacl', ['-cn', path], { encoding: 'utf8' }).trim().split('\n')).toEqual([
        'user::rw-',
        'user:1001:rw-',
        'user:2001:r--',
        'group::r--',
        'group:3002:--x',
        'mask::rwx',
        'other::r--',
      ])
      expect(acl.toString('hex')).toBe(attributesAt(`${path}.copy`)['system.posix_acl_access'])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it.each(['', '02', '0200000001', '01000000', '0200000001000700ffffffff00'])('%j is no ACL', (hex) => {
    const value = Buffer.from(hex, 'hex')
    expect(translateAcl(value, ids)).toBeUndefined()
    expect(() => translateNewAcl(value, ids)).toThrow('EINVAL')
  })
})
