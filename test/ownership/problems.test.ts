// Every anomaly of a stored tree, made on disk, and the problem that it is reported as.

import { appendFileSync, chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { examineThoroughly } from '../../src/ownership/examined.js'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import { PROBLEM_CODES, type Problem, type ProblemCode } from '../../src/ownership/problems.js'
import { passingBy } from '../support/host/passing.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { type Anomaly, FILE, inAttributes, inInodes, inRecords } from './anomalies.js'
import { Guest } from '../support/host/guest.js'
import { asNobody, isRoot, nobody } from '../support/host/nobody.js'
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

const codesOf = (guest: Guest, path: string): ProblemCode[] => problemsOf(guest, path).map(({ code }) => code)

const seen = new Set<ProblemCode>()
const own = { uid: process.getuid!(), gid: process.getgid!() }
const suites: [SecurityModel, Anomaly[]][] = [
  ['mapped-xattr', inAttributes],
  ['mapped-file', inRecords],
  ['none', inInodes],
]

describe.each(suites)('%s', (model, cases) => {
  let guest: Guest
  afterEach(() => guest[Symbol.dispose]())

  it.each(cases.map((one) => [one.title, one] as const))(
    '%s',
    (_title, { codes, made = FILE, spoil, path = 'made' }) => {
      guest = new Guest(model)
      guest.make('made', model === 'none' ? { ...made, ...own } : made)
      spoil(guest)
      expect(codesOf(guest, path)).toEqual(codes)
      for (const code of codes) seen.add(code)
    },
  )
})

describe('what may not be read', () => {
  /** A tree with one file, whose owner takes away the permission to what `path` names. */
  function closed(model: SecurityModel, path: string): ProblemCode[] {
    using guest = new Guest(model)
    guest.make('made', FILE)
    for (const below of ['', '.virtfs_metadata'].filter(() => isRoot)) {
      if (below === '' || model === 'mapped-file') chownSync(guest.tree.at(below), nobody.uid, nobody.gid)
    }
    chmodSync(guest.tree.at(path), 0)
    const codes = asNobody(() => codesOf(guest, 'made'))
    chmodSync(guest.tree.at(path), 0o700)
    for (const code of codes) seen.add(code)
    return codes
  }

  it('is reported of attributes', () => expect(closed('mapped-xattr', 'made')).toEqual(['attributes-unreadable']))
  it('is reported of a record', () => {
    expect(closed('mapped-file', '.virtfs_metadata/made')).toEqual(['record-unreadable'])
  })
  it('is reported of .virtfs_metadata', () => {
    expect(closed('mapped-file', '.virtfs_metadata')).toEqual(['metadata-unreadable'])
  })
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

describe('the codes', () => {
  it('were all reported above', () => expect([...seen].sort()).toEqual([...PROBLEM_CODES]))

  it('are all explained to users', () => {
    const text = readFileSync(join(projectRoot, 'docs', 'formats.md'), 'utf8')
    expect(PROBLEM_CODES.filter((code) => !text.includes(`| \`${code}\` |`))).toEqual([])
  })
})
