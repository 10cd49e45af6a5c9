import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guestGid, guestUid, NO_ID } from '../../src/ids.js'
import type { Ownership } from '../../src/ownership/ownership.js'
import { decodeXattrs, encodeXattrs } from '../../src/ownership/xattr-codec.js'
import vectors from '../../fixtures/ownership/vectors.json' with { type: 'json' }

const hexOf = (ownership: Ownership): Record<string, string> =>
  Object.fromEntries(encodeXattrs(ownership).map(({ name, bytes }) => [name, bytes.toString('hex')]))
const from = (hex: Record<string, string>): Ownership =>
  decodeXattrs(new Map(Object.entries(hex).map(([key, value]) => [`user.virtfs.${key}`, Buffer.from(value, 'hex')])))

describe('values that QEMU wrote', () => {
  it.each(vectors.ids)('id $value is $hex', ({ value, hex }) => {
    expect(hexOf({ uid: guestUid(value), gid: guestGid(value) })).toEqual({
      'user.virtfs.uid': hex,
      'user.virtfs.gid': hex,
    })
    expect(from({ uid: hex, gid: hex })).toEqual({ uid: value, gid: value })
  })

  it.each(vectors.modes)('mode $octal is $hex', ({ octal, hex }) => {
    const mode = Number.parseInt(octal, 8)
    expect(hexOf({ mode })).toEqual({ 'user.virtfs.mode': hex })
    expect(from({ mode: hex })).toEqual({ mode })
  })

  it.each(vectors.devices)('device $major:$minor is $hex', ({ major, minor, hex }) => {
    expect(hexOf({ rdev: { major, minor } })).toEqual({ 'user.virtfs.rdev': hex })
    expect(from({ rdev: hex })).toEqual({ rdev: { major, minor } })
  })
})

describe('what is written', () => {
  it('keeps the order uid, gid, mode, rdev', () => {
    const written = encodeXattrs({ rdev: { major: 1, minor: 3 }, mode: 0o20644, gid: guestGid(2), uid: guestUid(1) })
    expect(written.map(({ name }) => name.slice('user.virtfs.'.length))).toEqual(['uid', 'gid', 'mode', 'rdev'])
  })

  it('leaves out what is absent and what is -1', () => {
    expect(encodeXattrs({})).toEqual([])
    expect(encodeXattrs({ uid: guestUid(NO_ID), gid: guestGid(NO_ID), mode: 0xffff_ffff })).toEqual([])
    expect(encodeXattrs({ rdev: { major: 0xffff_ffff, minor: 0xffff_ffff } })).toEqual([])
  })

  it('has the eight zero bytes of device 0:0', () => {
    expect(hexOf({ rdev: { major: 0, minor: 0 } })).toEqual({ 'user.virtfs.rdev': '0000000000000000' })
  })

  it('reads back as it was, whatever it was', () => {
    const u32 = fc.integer({ min: 0, max: 0xffff_fffe })
    const ownership = fc.record(
      { uid: u32.map(guestUid), gid: u32.map(guestGid), mode: u32, rdev: fc.record({ major: u32, minor: u32 }) },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(ownership, (value) => {
        const stored = new Map(encodeXattrs(value).map(({ name, bytes }) => [name, bytes]))
        expect(decodeXattrs(stored)).toEqual(value)
      }),
    )
  })
})

describe('what is read', () => {
  it('takes each attribute by itself', () => {
    expect(from({ gid: '05000000' })).toEqual({ gid: 5 })
    expect(from({})).toEqual({})
  })

  it('takes a stored -1 as it is', () => {
    expect(from({ uid: 'ffffffff' })).toEqual({ uid: 0xffff_ffff })
  })

  it.each([0, 1, 2, 3, 5, 8])('takes an id of %i bytes as absent', (length) => {
    expect(from({ uid: '01'.repeat(length), gid: '01'.repeat(length) })).toEqual({})
  })

  it.each([0, 1, 3, 5, 8])('takes a mode of %i bytes as absent', (length) => {
    expect(from({ mode: 'a4'.repeat(length) })).toEqual({})
  })

  it.each([0, 1, 2, 3, 5, 7, 9, 16])('takes a device number of %i bytes as absent', (length) => {
    expect(from({ rdev: '01'.repeat(length) })).toEqual({})
  })

  it('takes the two bytes of a macOS mode', () => {
    expect(from({ mode: 'a481' })).toEqual({ mode: 0o100644 })
  })

  it('takes the four bytes of a macOS device number as 8 bits of major and 24 of minor', () => {
    expect(from({ rdev: '2a000010' })).toEqual({ rdev: { major: 16, minor: 42 } })
    expect(from({ rdev: 'ffffffff' })).toEqual({ rdev: { major: 255, minor: 0xff_ffff } })
  })

  it('looks at no bytes but those of the value', () => {
    const padded = Buffer.from('ffffe8030000ffff', 'hex')
    expect(decodeXattrs(new Map([['user.virtfs.uid', padded.subarray(2, 6)]]))).toEqual({ uid: 1000 })
  })
})
