// `virtfs stat` of trees with everything in them that can be wrong with a tree.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import Stat from '../../commands/stat.js'
import { PROBLEM_CODES } from '../../src/ownership/problems.js'
import { type Anomaly, FILE, inAttributes, inRecords } from '../ownership/anomalies.js'
import { Guest } from '../support/host/guest.js'
import { whileNobody } from '../support/host/nobody.js'
import { plant } from '../support/host/planting.js'
import { type Outcome, run } from './run.js'

interface Told {
  readonly path: string
  readonly target: string | null
  readonly problems: readonly { readonly code: string; readonly message: string }[]
}

const seen = new Set<string>()

describe.each([
  ['mapped-xattr', inAttributes],
  ['mapped-file', inRecords],
] as const)('a tree in %s', (model, anomalies) => {
  let guest: Guest

  /** Each anomaly has a directory of its own, called as it is. */
  const directoryOf = ({ title, isOfRoot }: Anomaly): string => (isOfRoot ? '' : title)
  const pathOf = (anomaly: Anomaly): string =>
    [guest.tree.path, directoryOf(anomaly), anomaly.path ?? 'made'].filter((part) => part !== '').join('/')

  beforeAll(() => {
    guest = new Guest(model)
    for (const anomaly of anomalies) {
      const directory = directoryOf(anomaly)
      if (directory !== '') {
        guest.make(directory, { mode: 0o040755 })
        guest.make(`${directory}/made`, anomaly.made ?? FILE)
      }
      plant(guest, directory, anomaly.changes)
    }
    plant(guest, '', [['chmod', '', 0o755]])
  })
  afterAll(() => {
    for (const { title } of anomalies.filter((anomaly) => anomaly.isForNobody))
      plant(guest, title, [['chmod', '', 0o700]])
    guest[Symbol.dispose]()
  })

  const stat = (...argv: string[]): Promise<Outcome> => run(Stat, ['--root', guest.tree.path, ...argv])
  const toldOf = ({ stdout }: Outcome): Told[] =>
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Told)
  const codesOf = ({ path, problems }: Told): [string, string[]] => [path, problems.map(({ code }) => code)]
  const expected = (cases: readonly Anomaly[]): [string, readonly string[]][] =>
    cases.map((anomaly) => [pathOf(anomaly), anomaly.codes])

  it('has every anomaly named: in JSON, on stderr and by exit code 1', async () => {
    const cases = anomalies.filter(({ isForNobody }) => !isForNobody)
    const outcome = await stat('--jsonl', '--security-model', model, ...cases.map(pathOf))
    const told = toldOf(outcome)
    expect(told.map(codesOf)).toEqual(expected(cases))
    const lines = told.flatMap(({ path, problems }) =>
      problems.map(({ code, message }) => `virtfs: "${path}": ${code} (${message})\n`),
    )
    expect(outcome).toMatchObject({ stderr: lines.join(''), exitCode: 1 })
    for (const { problems } of told) for (const { code } of problems) seen.add(code)
  })

  it('has what may not be read named to those who may not read it', async () => {
    const cases = anomalies.filter(({ isForNobody }) => isForNobody)
    const outcome = await whileNobody(() => stat('--jsonl', '--security-model', model, ...cases.map(pathOf)))
    expect(toldOf(outcome).map(codesOf)).toEqual(expected(cases))
    expect(outcome.exitCode).toBe(1)
    for (const code of cases.flatMap(({ codes }) => codes)) seen.add(code)
  })

  it('shows no target where the content is longer than a message can be', async () => {
    const directory = `${guest.tree.path}/a symlink of`
    const argv = [`${directory} 4096 bytes/made`, `${directory} 70000 bytes/made`]
    const told = toldOf(await stat('--jsonl', '--security-model', model, ...argv))
    expect(told.map(({ target }) => target?.length)).toEqual([4096, undefined])
  })

  it('is called mixed where no model is named, for it has records of both kinds', async () => {
    const { stdout, stderr } = await stat('--jsonl', `${guest.tree.path}/an object as it should be/made`)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/it is mixed, both mapped-xattr and mapped-file \(user\.virtfs attributes on \d+ and /)
  })
})

it('every code was met', () => expect([...seen].sort()).toEqual([...PROBLEM_CODES]))
