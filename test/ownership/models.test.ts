import { describe, expect, it } from 'vitest'
import { modelKeptAs, securityModelOf, securityModels } from '../../src/ownership/security-models.js'
import { openModel } from '../../src/ownership/models.js'

describe('the table of models', () => {
  it('has the four that QEMU has, mapped-xattr first', () => {
    expect(securityModels).toEqual(['mapped-xattr', 'mapped-file', 'passthrough', 'none'])
  })

  it('takes "mapped" for mapped-xattr, as QEMU does, and nothing else for anything', () => {
    expect(securityModelOf('mapped')).toBe('mapped-xattr')
    for (const model of securityModels) expect(securityModelOf(model)).toBe(model)
    for (const text of ['', 'MAPPED', 'mapped-xattr ', 'constructor', 'toString', '__proto__']) {
      expect(securityModelOf(text)).toBeUndefined()
    }
  })

  it('names for each form of storage the first model that keeps it', () => {
    expect([modelKeptAs('xattr'), modelKeptAs('sidecar'), modelKeptAs('inode')]).toEqual([
      'mapped-xattr',
      'mapped-file',
      'passthrough',
    ])
  })

  it('gives every opening stores of its own', () => {
    for (const model of securityModels) expect(openModel(model).store).not.toBe(openModel(model).store)
  })
})
