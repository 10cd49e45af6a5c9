import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guestGid, guestUid, NO_ID } from '../../src/ids.js'
import { decodeRecord, encodeRecord, RECORD_MAX } from '../../src/ownership/metadata-file-codec.js'
import records from '../../fixtures/ownership/records.json' with { type: 'json' }

const read = (text: string) => decodeRecord(Buffer.from(text, 'latin1'))

describe('what is read is what QEMU reads from', () => {
  it.each(records.cases)('$title', ({ text, read: expected }) => {
    expect(read(text)).toEqual(expected)
  })

  it('a record of 65,536 bytes, and none that is longer', () => {
    const record = 'virtfs.uid=5'.padEnd(RECORD_MAX, '\n')
    expect(read(record)).toEqual({ uid: 5 })
    expect(read(`${record}\n`)).toEqual({})
  })

  it('every text, as far as that it is some 32-bit number', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'virtfs.uid',
        'virtfs.gid=',
        'virtfs.mode=',
        'virtfs.rdev=',
        '\n',
        '\r\n',
        ' ',
        '-',
        '+',
        '\0',
        '9',
      ),
      fc.string({ maxLength: 120 }),
    )
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (text) => {
          const { uid = 0, gid = 0, mode = 0, rdev = { major: 0, minor: 0 } } = read(text)
          for (const value of [uid, gid, mode, rdev.major, rdev.minor]) expect(value).toBe(value >>> 0)
        },
      ),
    )
  })
})

describe('what is written', () => {
  it('is what QEMU writes, in its order', () => {
    const rdev = { major: 8, minor: 1 }
    const text = encodeRecord({ rdev, mode: 0o60660, gid: guestGid(1001), uid: guestUid(1000) }).toString()
    expect(text).toBe('virtfs.uid=1000\nvirtfs.gid=1001\nvirtfs.mode=25008\nvirtfs.rdev=2049\n')
  })

  it('prints ids from 2^31 on as negative numbers', () => {
    expect(encodeRecord({ uid: guestUid(4294967294), gid: guestGid(0x8000_0000) }).toString()).toBe(
      'virtfs.uid=-2\nvirtfs.gid=-2147483648\n',
    )
  })

  it('keeps the low 32 bits of a device number', () => {
    expect(encodeRecord({ rdev: { major: 0x12345, minor: 0x6789abcd } }).toString()).toBe('virtfs.rdev=-1699527219\n')
  })

  it('leaves out what is absent and what is -1', () => {
    expect(encodeRecord({})).toHaveLength(0)
    expect(encodeRecord({ uid: guestUid(NO_ID), gid: guestGid(NO_ID), mode: 0xffff_ffff })).toHaveLength(0)
    expect(encodeRecord({ rdev: { major: 0xfff, minor: 0xfffff } })).toHaveLength(0)
  })

  it('reads back as it was, with every device number that Linux has', () => {
    const u32 = fc.integer({ min: 0, max: 0xffff_fffe })
    const rdev = fc.record({ major: fc.integer({ min: 0, max: 0xffe }), minor: fc.integer({ min: 0, max: 0xf_ffff }) })
    const ownership = fc.record(
      { uid: u32.map(guestUid), gid: u32.map(guestGid), mode: u32, rdev },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(ownership, (value) => {
        expect(decodeRecord(encodeRecord(value))).toEqual(value)
      }),
    )
  })
})
