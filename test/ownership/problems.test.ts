// Every anomaly of a stored tree, made on disk, and the problem that it is reported as.

import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { examineThoroughly } from '../../src/ownership/examined.js'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import { PROBLEM_CODES, type Problem, type ProblemCode } from '../../src/ownership/problems.js'
import { passingBy } from '../support/host/passing.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { type Anomaly, FILE, inAttributes, inInodes, inRecords, rowsOfReference } from './anomalies.js'
import { Guest } from '../support/host/guest.js'
import { asNobody } from '../support/host/nobody.js'
import { plant } from '../support/host/planting.js'
import { projectRoot } from '../support/guest/project.js'

function problemsOf(guest: Guest, path: string): readonly Problem[] {
  const before = openDescriptors()
  const object = guest.tree.object(path)
  try {
    return passingBy(object, (passed) => examineThoroughly(passed, guest.model.storedAs).problems)
  } finally {
    object[Symbol.dispose]()
    expect(openDescriptors()).toEqual(before)
  }
}

const seen = new Set<ProblemCode>()
const own = { uid: process.getuid!(), gid: process.getgid!() }
const suites: [SecurityModel, readonly Anomaly[]][] = [
  ['mapped-xattr', inAttributes],
  ['mapped-file', inRecords],
  ['none', inInodes],
]

describe.each(suites)('%s', (model, cases) => {
  it.each(cases.map((one) => [one.title, one] as const))(
    '%s',
    (_title, { codes, made = FILE, changes, path = 'made', isForNobody = false }) => {
      using guest = new Guest(model)
      guest.make('made', model === 'none' ? { ...made, ...own } : made)
      plant(guest, '', changes)
      const codesOf = (): ProblemCode[] => problemsOf(guest, path).map(({ code }) => code)
      expect(isForNobody ? asNobody(codesOf) : codesOf()).toEqual(codes)
      for (const code of codes) seen.add(code)
    },
  )
})

it('the sentences are for people: about the object, without a full stop, names in ASCII', () => {
  using guest = new Guest('mapped-file')
  mkdirSync(guest.tree.at('.virtfs_metadata'))
  for (const name of ['a', 'b\n"', 'c']) writeFileSync(guest.tree.at(`.virtfs_metadata/${name}`), '')
  expect(problemsOf(guest, '')[0]?.sentence).toMatch(/^its .virtfs_metadata has records of objects .*: "[a-c]/)
  expect(problemsOf(guest, '')[0]?.sentence).toContain('"b\\x0a\\x22"')
  appendFileSync(Buffer.concat([Buffer.from(guest.tree.at('.virtfs_metadata/')), Buffer.from([0xe4])]), '')
  expect(problemsOf(guest, '')[0]?.sentence).toMatch(/ and 1 more$/)
})

it.each(rowsOfReference)('the reference’s "%s" is among them', (_row, ...titles) => {
  const known = [...inAttributes, ...inRecords].map(({ title }) => title)
  expect(titles.filter((title) => !known.includes(title))).toEqual([])
})

describe('the codes', () => {
  it('were all reported above', () => expect([...seen].sort()).toEqual([...PROBLEM_CODES]))

  it('are explained to users, each once, and no others', () => {
    const text = readFileSync(join(projectRoot, 'docs', 'formats.md'), 'utf8')
    const section = text.slice(text.indexOf('\n## Problems'))
    const rows = [...section.matchAll(/^\| `([a-z0-9-]+)` \|(.*)\|$/gm)]
    expect(rows.map(([, code]) => code).sort()).toEqual([...PROBLEM_CODES])
    const cells = rows.map(([, code, rest]) => [code, rest!.split(' | ').filter((cell) => cell.trim() !== '').length])
    expect(cells.filter(([, count]) => count !== 4)).toEqual([])
  })
})
