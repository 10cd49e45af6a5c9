// Names side by side, and lines of what could not be looked at, are laid out as GNU ls does it.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plain } from '../../commands/render/ls-colours.js'
import { columns } from '../../commands/render/ls-columns.js'
import { longLines } from '../../commands/render/ls-long.js'
import { textWidth } from '../../commands/render/text-width.js'
import { HostTree } from '../support/host/tree.js'
import { seed } from '../support/seed.js'
import { environment } from './run.js'

const inColumns = (names: readonly string[], width: number): string =>
  [
    ...columns(
      names.map((text) => ({ text, painted: text })),
      width,
    ),
  ].join('')

describe('columns', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[a-z]{1,30}$/),
    fc.stringMatching(/^[a-z]{1,4}$/),
    fc.stringMatching(/^[é日本ü한가-]{1,9}[a-z]$/),
  )
  const cases = fc.sample(
    fc.tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 200 })),
    { seed, numRuns: 40 },
  )

  it(`are GNU's, for any names and width (SEED=${seed})`, () => {
    for (const [names, width] of cases) {
      using tree = new HostTree()
      for (const each of names) writeFileSync(tree.at(each), '')
      const theirs = execFileSync('/bin/ls', ['-C', '-N', '-T0', `-w${width}`], {
        cwd: tree.path,
        encoding: 'utf8',
        env: environment({ LC_ALL: 'C.UTF-8' }),
      })
      const sorted = names
        .map((each) => Buffer.from(each))
        .sort((a, b) => Buffer.compare(a, b))
        .map(String)
      expect([width, inColumns(sorted, width)]).toEqual([width, theirs])
    }
  })

  it('are none of nothing', () => {
    expect(inColumns([], 80)).toBe('')
  })
})

it.each([
  ['plain', 5],
  ['déjà', 4],
  ['de\u0301ja\u0300', 4],
  ['日本', 4],
  ['🐧', 2],
  ['ｶﾅ', 2],
])('"%s" takes %i columns', (text, width) => {
  expect(textWidth(text)).toBe(width)
})

it('what could not be looked at has question marks, in the columns of the others', () => {
  const style = { isHuman: false, isNumeric: false, paint: plain, now: 0 }
  expect([...longLines([{ name: 'x', object: undefined }], [], style)]).toEqual(['?????????? ? ? ? ?            ? x\n'])
  const object = {
    ...{ mode: 0o100644, hasAcl: true, nlink: 12, uid: 0, gid: 0, user: 'root', group: undefined },
    ...{ rdev: { major: 0, minor: 0 }, size: 1234, blocks: 8, mtimeSec: 0, target: undefined },
  }
  expect([
    ...longLines(
      [
        { name: 'known', object },
        { name: 'x', object: undefined },
      ],
      [],
      style,
    ),
  ]).toEqual(['-rw-r--r--+ 12 root 0 1234 Jan  1 00:00 known\n', '???????????  ? ?    ?    ?            ? x\n'])
})
