// Numbers of other operating systems, by tables made from their headers.

import { describe, expect, it } from 'vitest'
import { type BigIntStats, lstatSync } from 'node:fs'
import { Errno, type ErrnoName, ErrnoError } from '../../src/errors.js'
import { deviceOf } from '../../src/host/device-number.js'
import { attempt, linuxErrnoOf } from '../../src/host/failure-by-node.js'
import { hostStatOf } from '../../src/host/stat-by-node.js'

describe('device numbers', () => {
  it.each([
    // glibc: bits/sysmacros.h
    ['linux', 0x103n, 1, 3],
    ['linux', 0xfffffffffffn, 0xfff, 0xffffffff],
    ['android', 0x801n, 8, 1],
    // XNU: 8 bits and 24 bits; a dev_t is signed
    ['darwin', 0x0300_0002n, 3, 2],
    ['darwin', 0x0100_0004n, 1, 4],
    ['darwin', 0x00ff_ffffn, 0, 0xff_ffff],
    ['darwin', -1n, 0xff, 0xff_ffff],
    ['darwin', 0xffff_ffff_ff00_0001n, 0xff, 1],
    // FreeBSD: 8 bits of the major number in the middle of the minor one; the rest of both above 32 bits
    ['freebsd', 0x0d03n, 13, 3],
    ['freebsd', 0x1234_0d56n, 13, 0x1234_0056],
    ['freebsd', 0x0000_ab12_0000_0000n, 0xab00, 0x1200],
    ['freebsd', 0xffff_ffff_ffff_ffffn, 0xffff_ffff, 0xffff_ffff],
    ['freebsd', -1n, 0xffff_ffff, 0xffff_ffff],
  ] as const)('%s %#x', (platform, dev, major, minor) => {
    expect(deviceOf(dev, platform)).toEqual({ major, minor })
  })
})

describe('failures', () => {
  /** sys/errno.h of XNU: those that differ from Linux's numbers. */
  const darwin = {
    ...{ EPERM: 1, ENOENT: 2, EDEADLK: 11, EAGAIN: 35, EWOULDBLOCK: 35, ENOTSOCK: 38, ENOTSUP: 45, ELOOP: 62 },
    ...{ ENAMETOOLONG: 63, ENOTEMPTY: 66, EDQUOT: 69, ESTALE: 70, ENOSYS: 78, EOVERFLOW: 84, EILSEQ: 92 },
    ...{ ENODATA: 96, EOPNOTSUPP: 102 },
  }

  it.each([
    // As node:fs has them: a name, and a negated number.
    [{ code: 'ENOENT', errno: -2 }, 'ENOENT'],
    [{ code: 'ELOOP', errno: -62 }, 'ELOOP'],
    [{ code: 'ENAMETOOLONG', errno: -63 }, 'ENAMETOOLONG'],
    [{ code: 'EILSEQ', errno: -92 }, 'EILSEQ'],
    [{ code: 'ENOTSUP', errno: -45 }, 'EOPNOTSUPP'],
    // libuv does not know them all.
    [{ code: 'Unknown system error -70', errno: -70 }, 'ESTALE'],
    // As fs-xattr has them: a name or nothing, and the number.
    [{ code: 'ENOATTR', errno: 93 }, 'ENODATA'],
    [{ code: 'ENOTSUP', errno: 45 }, 'EOPNOTSUPP'],
    [{ code: '', errno: 70 }, 'ESTALE'],
    [{ code: '', errno: 69 }, 'EDQUOT'],
    [{ code: '', errno: 84 }, 'EOVERFLOW'],
    [{ code: '', errno: 102 }, 'EOPNOTSUPP'],
    // What Linux has no word for: EBADEXEC
    [{ code: '', errno: 85 }, 'EIO'],
    [{}, 'EIO'],
  ] as const)('%j on Darwin is %s', (failure, name: ErrnoName) => {
    expect(linuxErrnoOf(failure, darwin)).toBe(Errno[name])
  })

  it('an answer of the host is one of ours, a defect and an answer of ours stay what they are', () => {
    const thrownBy = (action: () => unknown): unknown => {
      try {
        return attempt({ op: 'try' }, action)
      } catch (cause) {
        return cause
      }
    }
    const answer = thrownBy(() => lstatSync('/dev/null/x'))
    expect(answer).toBeInstanceOf(ErrnoError)
    expect(answer).toMatchObject({ errno: Errno.ENOTDIR, code: 'ENOTDIR', context: { op: 'try' } })
    const ours = new ErrnoError('EIO', { op: 'ours' })
    const defect = new TypeError('defect')
    for (const thrown of [ours, defect]) {
      const again = thrownBy(() => {
        throw thrown
      })
      expect(again).toBe(thrown)
    }
    expect(thrownBy(() => lstatSync('/tmp\0/x'))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
  })
})

/** What node:fs says of `path`, with other numbers. */
const statWith = (numbers: Partial<BigIntStats>, path = '/'): BigIntStats =>
  Object.assign(lstatSync(path, { bigint: true }), numbers)

it('only devices have device numbers: FreeBSD gives all others −1', () => {
  expect(hostStatOf(statWith({ rdev: -1n }), 'freebsd').rdev).toEqual({ major: 0, minor: 0 })
  expect(hostStatOf(statWith({ rdev: 0xd03n }, '/dev/null'), 'freebsd').rdev).toEqual({ major: 13, minor: 3 })
  expect(hostStatOf(statWith({ dev: 0x0100_0004n }), 'darwin').dev).toBe(2 ** 32 + 4)
})

describe('times', () => {
  it.each([
    [0n, 0, 0],
    [1n, 0, 1],
    [-1n, -1, 999_999_999],
    [-1_000_000_000n, -1, 0],
    [-1_250_000_000n, -2, 750_000_000],
    [1_700_000_000_123_456_789n, 1_700_000_000, 123_456_789],
  ])('%i nanoseconds', (time, seconds, nanoseconds) => {
    const { atimeSec, atimeNsec, mtimeSec, mtimeNsec } = hostStatOf(statWith({ atimeNs: time, mtimeNs: -time }))
    expect([atimeSec, atimeNsec]).toEqual([seconds, nanoseconds])
    expect(BigInt(mtimeSec) * 1_000_000_000n + BigInt(mtimeNsec)).toBe(-time)
  })

  it('a time of birth that FreeBSD does not know is none', () => {
    const unknown = statWith({ birthtimeNs: -1_000_000_000n })
    expect(hostStatOf(unknown, 'freebsd')).toMatchObject({ btimeSec: 0, btimeNsec: 0 })
    expect(hostStatOf(unknown, 'darwin')).toMatchObject({ btimeSec: -1, btimeNsec: 0 })
  })
})
