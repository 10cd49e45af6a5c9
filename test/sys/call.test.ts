// The door to the kernel: results, errno, interruption, strings and addresses.

import { afterEach, describe, expect, it } from 'vitest'
import { Errno, ErrnoError } from '../../src/errors.js'
import { addressOf, call, checked, cString, injectFaults, scratch } from '../../src/sys/call.js'
import { AT_FDCWD } from '../../src/sys/constants.js'
import { refusalOf } from '../support/refusal.js'

afterEach(() => injectFaults(undefined))

describe('a call', () => {
  it('answers the negated errno of a failure', () => {
    expect(call('close', 1_000_000)).toBe(-Errno.EBADF)
    expect(call('mkdirat', AT_FDCWD, cString('/proc/nothing/here'), 0o700)).toBe(-Errno.ENOENT)
  })

  it('is made again for as long as it is interrupted', () => {
    let asked = 0
    injectFaults(() => (++asked <= 5 ? Errno.EINTR : 0))
    expect(call('close', 1_000_000)).toBe(-Errno.EBADF)
    expect(asked).toBe(6)
  })

  it('is not made when it is to fail', () => {
    const made: string[] = []
    injectFaults((name) => (made.push(name), name === 'mkdirat' ? Errno.EDQUOT : 0))
    expect(call('mkdirat', AT_FDCWD, cString('/proc'), 0o700)).toBe(-Errno.EDQUOT)
    injectFaults(undefined)
    expect(call('mkdirat', AT_FDCWD, cString('/proc'), 0o700)).toBe(-Errno.EEXIST)
    expect(made).toEqual(['mkdirat'])
  })
})

describe('a failure', () => {
  const failure = (() => {
    try {
      return checked(-Errno.ENOENT, { op: 'open', name: 'a"b' })
    } catch (cause) {
      return cause
    }
  })()

  it('carries the errno, its name and what was attempted, and no stack', () => {
    expect(failure).toBeInstanceOf(ErrnoError)
    expect(failure).toMatchObject({ errno: 2, code: 'ENOENT', message: 'Cannot open: ENOENT name="a\\"b"' })
    expect((failure as ErrnoError).stack).not.toContain('at ')
  })

  it('of an errno without a name here is named by its number', () => {
    expect(refusalOf(() => checked(-4095, { op: 'try' }))).toBe('E4095')
  })

  it('is only what is negative', () => {
    expect(checked(0, { op: 'try' })).toBe(0)
    expect(checked(2 ** 40, { op: 'try' })).toBe(2 ** 40)
  })
})

describe('a string', () => {
  it('with NUL inside is refused: the kernel would act on another name than was checked', () => {
    expect(refusalOf(() => cString('made\0.txt'))).toBe('EINVAL')
    expect(refusalOf(() => cString('\0'))).toBe('EINVAL')
  })

  it('longer than any that the kernel or a protocol has is refused', () => {
    expect(refusalOf(() => cString('x'.repeat(65_536)))).toBe('ENAMETOOLONG')
    expect(cString('x'.repeat(65_535))).toBeGreaterThan(0)
  })

  it('is ended by NUL however long the one before was', () => {
    cString('long enough to be left behind')
    expect(call('mkdirat', AT_FDCWD, cString('/proc'), 0)).toBe(-Errno.EEXIST)
  })

  it('in the other slot stays', () => {
    expect(cString('one', 0)).not.toBe(cString('two', 1))
    expect(cString('one', 0)).toBe(cString('another', 0))
  })
})

describe('an address', () => {
  it('is that of the first byte of a view, wherever the view begins', () => {
    const bytes = Buffer.alloc(64)
    expect(addressOf(bytes.subarray(10)) - addressOf(bytes)).toBe(10)
    const { view, address, bytes: own } = scratch(16)
    view.setUint8(3, 0x2a)
    expect(own[3]).toBe(0x2a)
    expect(addressOf(own)).toBe(address)
  })

  it('of a small array stays that of its bytes', () => {
    const small = new Uint8Array(8)
    const address = addressOf(small)
    for (let n = 0; n < 100; n++) new Uint8Array(1024).fill(n)
    expect(addressOf(small)).toBe(address)
  })
})
