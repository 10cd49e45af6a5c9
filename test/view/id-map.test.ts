// Ranges of ids, as written and as used, and the ids inside ACLs.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { translateAcl, translateNewAcl } from '../../src/view/acl-ids.js'
import { IdMap, OVERFLOW_ID, parseId, parseIdRanges } from '../../src/view/id-map.js'
import { attributesAt } from '../support/host/oracle.js'

const parse = (...texts: string[]) => parseIdRanges('--map-uid', texts)

describe('ranges', () => {
  it('are read as they are written', () => {
    expect(parse('0:100000:65536', '65536:1000:1')).toEqual([
      { guest: 0, host: 100_000, count: 65_536 },
      { guest: 65_536, host: 1000, count: 1 },
    ])
    expect(parse('0:0:4294967295')).toEqual([{ guest: 0, host: 0, count: 4_294_967_295 }])
    expect(parse()).toEqual([])
  })

  it.each([
    '',
    '0',
    '0:1',
    '0:1:',
    '0:1:0',
    'a:b:c',
    '-1:0:1',
    '0:0:1:1',
    '0x0:0:1',
    '0:0:4294967296',
    '1:0:4294967295',
    '0:1:4294967295',
    ' 0:1:1',
  ])('refuse %j in words, before anything is done', (text) => {
    expect(() => parse(text)).toThrow(`Cannot use --map-uid ${text}: `)
  })

  it.each([
    [['0:100000:10', '9:200000:1'], 'guest id 9'],
    [['5:100000:10', '0:100009:1'], 'host id 100009'],
    [['0:0:1', '0:0:1'], 'guest id 0'],
  ])('%j are refused, since they say two things of %s', (texts, what) => {
    expect(() => parse(...texts)).toThrow(what)
  })

  it('single ids are read, and refused alike', () => {
    expect([parseId('--anon-uid', '0'), parseId('--anon-uid', '4294967294')]).toEqual([0, 4_294_967_294])
    for (const text of ['', '-1', '4294967295', '1e3', 'nobody'])
      expect(() => parseId('--anon-uid', text)).toThrow('Cannot use --anon-uid')
  })
})

describe('a map', () => {
  const map = new IdMap(parse('0:100000:1000', '1000:1000:1', '70000:5:2'))

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
