// Names are bytes: how they are shown to people, and quoted for shells.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printable, textOf } from '../../src/printable.js'
import { quote } from '../../src/inspect/quote.js'
import { bytesOf } from '../../src/name.js'
import { HostTree } from '../support/host/tree.js'
import { seed } from '../support/seed.js'
import { environment } from './run.js'

console.log(`names: SEED=${seed}`)

const isUnprintable = (code: number): boolean => code < 0x20 || code >= 0x7f

describe('a name shown to people', () => {
  const cases: readonly (readonly [what: string, bytes: string, shown: string])[] = [
    ['plain ASCII', 'a b\\c"\'', 'a b\\c"\''],
    ['UTF-8 letters', '\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7', 'é€🐧'],
    ['a byte that is no UTF-8', 'b\xff', 'b\\xff'],
    ['a cut sequence', '\xe2\x82', '\\xe2\\x82'],
    ['an overlong sequence', '\xc0\xaf', '\\xc0\\xaf'],
    ['a surrogate', '\xed\xa0\x80', '\\xed\\xa0\\x80'],
    ['control characters', 'a\n\x1b[2J\x7f', 'a\\x0a\\x1b[2J\\x7f'],
    ['a C1 control character', '\xc2\x9b', '\\xc2\\x9b'],
    ['a change of writing direction', '\xe2\x80\xaetxt.exe', '\\xe2\\x80\\xaetxt.exe'],
    ['a line separator', '\xe2\x80\xa8', '\\xe2\\x80\\xa8'],
  ]
  it.each(cases)('has no unprintable character: %s', (_what, bytes, shown) => {
    expect(printable(bytes)).toBe(shown)
  })

  it('is text for JSON only where it is valid UTF-8', () => {
    expect(textOf('\xc3\xa9\n')).toBe('é\n')
    expect(textOf('\xff')).toBeUndefined()
  })
})

it('%N quotes as GNU stat does, whatever the name', () => {
  using tree = new HostTree()
  const byte = fc.oneof(
    fc.integer({ min: 0x20, max: 0x7e }),
    fc.constantFrom(0x27, 0x27, 0x22, 0x24, 0x5c, 0x20, 0x0a, 0x01, 0x1b, 0x7f, 0x80, 0xff, 0x23, 0x7e),
  )
  const character = fc.oneof(
    byte.map((code) => String.fromCharCode(code)),
    fc.constantFrom('\xc3\xa9', '\xe2\x82\xac'),
  )
  const name = fc
    .array(character, { minLength: 1, maxLength: 8 })
    .map((characters) => characters.join(''))
    .filter((latin1) => !latin1.includes('/') && latin1 !== '.' && latin1 !== '..')
    // Where it has to write a quote and ends in an escape, GNU begins with a needless pair of quotes.
    .filter((latin1) => !(latin1.includes("'") && isUnprintable(latin1.charCodeAt(latin1.length - 1))))
  const names = [...new Set(fc.sample(name, { seed, numRuns: 1500 }))]
  const prefix = Buffer.from(`${tree.path}/`)
  for (const latin1 of names) writeFileSync(Buffer.concat([prefix, bytesOf(latin1)]), '')
  const list = tree.at('..list')
  writeFileSync(list, names.map((latin1) => `./${latin1}\0`).join(''), 'latin1')
  const theirs = execFileSync('bash', ['-c', `xargs -0 stat --printf '%N\\0' -- < '${list}'`], {
    cwd: tree.path,
    env: environment(),
    encoding: 'latin1',
  })
  expect(names.map((latin1) => quote(`./${latin1}`))).toEqual(theirs.split('\0').slice(0, -1))
})
