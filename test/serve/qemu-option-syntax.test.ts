// QemuOpts strings, taken apart as QEMU 7.2 takes them apart. qemu-agrees.test.ts asks QEMU itself.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBoolean, parseNumber, splitOptions } from '../../src/serve/options/qemu-option-syntax.js'

const pairs = (text: string): string[] => splitOptions(text, 'driver').map(({ key, value }) => `${key}=${value}`)

describe('elements', () => {
  it.each([
    ['local,path=/srv', ['driver=local', 'path=/srv']],
    ['path=/srv,local', ['path=/srv', 'local=on']],
    ['driver=local', ['driver=local']],
    ['local=', ['local=']],
    ['nolocal', ['driver=nolocal']],
    [',path=/srv', ['driver=', 'path=/srv']],
    [',', ['driver=']],
    ['', []],
    ['local,', ['driver=local']],
    ['a,path=/srv,,1', ['driver=a', 'path=/srv,1']],
    ['a,path=,,,,', ['driver=a', 'path=,,']],
    ['a,path=/srv,,,b=1', ['driver=a', 'path=/srv,', 'b=1']],
    ['a,,b,c=1', ['driver=a,b', 'c=1']],
    ['a,path==x=y', ['driver=a', 'path==x=y']],
    ['a,b,noc,no', ['driver=a', 'b=on', 'c=off', '=off']],
    ['a,nonob', ['driver=a', 'nob=off']],
    ['a,nob=1', ['driver=a', 'nob=1']],
    ['a,b,,c', ['driver=a', 'b=on', '=on', 'c=on']],
    ['a, b = 1 ', ['driver=a', ' b = 1 ']],
  ])('of %j', (text, expected) => {
    expect(pairs(text)).toEqual(expected)
  })

  it('know how they were written', () => {
    expect(splitOptions('local,path=/a,,b,noc', 'driver').map(({ text }) => text)).toEqual([
      'local',
      'path=/a,,b',
      'noc',
    ])
  })

  it('give back any value whose commas were doubled', () => {
    const value = fc.string({ unit: fc.constantFrom(',', '=', 'a', 'no', ' ', 'ü') })
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), (values) => {
        const text = ['local', ...values.map((one, at) => `k${at}=${one.replaceAll(',', ',,')}`)].join(',')
        expect(pairs(text).slice(1)).toEqual(values.map((one, at) => `k${at}=${one}`))
      }),
    )
  })

  it('of any text can be found', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(',', '=', 'a', 'no') }), (text) => {
        expect(splitOptions(text, 'driver').length).toBeLessThanOrEqual(text.length)
      }),
    )
  })
})

it('booleans are eight words', () => {
  const words = ['on', 'yes', 'true', 'y', 'off', 'no', 'false', 'n', '', 'ON', '1', '0', ' on']
  expect(words.map(parseBoolean)).toEqual([
    ...[true, true, true, true, false, false, false, false],
    ...[undefined, undefined, undefined, undefined, undefined],
  ])
})

describe('numbers', () => {
  it.each([
    ['0', 0n],
    ['640', 640n],
    ['0640', 0o640n],
    ['00', 0n],
    ['0x1aF', 0x1afn],
    ['0X1f', 0x1fn],
    [' \t7', 7n],
    ['+5', 5n],
    ['-0', 0n],
    ['-1', 2n ** 64n - 1n],
    ['-0x10', 2n ** 64n - 16n],
    ['18446744073709551615', 2n ** 64n - 1n],
    ['-18446744073709551615', 1n],
  ])('%j', (text, expected) => {
    expect(parseNumber(text)).toBe(expected)
  })

  it.each([
    ...['', ' ', '-', '--1', '- 1', '0x', '0xg', '0x 1', '08', '0o17', '0b11', '9z', '1k', '5 ', '1.0', '1e3', 'on'],
    ...['18446744073709551616', '-18446744073709551616'],
  ])('%j is none', (text) => {
    expect(parseNumber(text)).toBeUndefined()
  })
})
