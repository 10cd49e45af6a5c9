import { describe, expect, it } from 'vitest'
import { fsync } from '../../src/sys/io.js'
import { duplicate } from '../../src/sys/process.js'
import { openTree } from '../../src/sys/open.js'
import { statx } from '../../src/sys/stat.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { refusalOf } from '../support/refusal.js'

describe('an owned descriptor', () => {
  it('is closed by `using`, on a throw too', () => {
    const before = openDescriptors()
    const fail = (): void => {
      using fd = openTree('/proc')
      throw new Error(`held ${fd.number}`)
    }
    expect(fail).toThrow('held')
    expect(openDescriptors()).toEqual(before)
  })

  it('once closed answers EBADF, even when its number is in use again', () => {
    const first = openTree('/proc')
    const number = first.number
    first.close()
    using second = openTree('/')
    expect(second.number).toBe(number)
    expect(first.isOpen).toBe(false)
    expect(refusalOf(() => first.number)).toBe('EBADF')
    expect(refusalOf(() => statx(first))).toBe('EBADF')
    expect(refusalOf(() => fsync(first))).toBe('EBADF')
  })

  it('may be closed twice, and closes nobody else’s the second time', () => {
    const first = openTree('/proc')
    first.close()
    using second = openTree('/')
    first.close()
    expect(statx(second).mode & 0o170000).toBe(0o040000)
  })

  it('can be had of a number that somebody else owns', () => {
    const original = openTree('/proc')
    using copy = duplicate(original.number)
    original.close()
    expect(statx(copy).mode & 0o170000).toBe(0o040000)
  })
})
