// The whole comparison under one model: hand-written sequences, generated ones, and that nothing of it has rotted.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { securityModels, type SecurityModel } from '../../src/ownership/security-models.js'
import { messages } from '../../src/wire/messages.js'
import { isRoot } from '../support/host/nobody.js'
import { seed } from '../support/seed.js'
import type { Case } from './case.js'
import { cases } from './cases.js'
import { differences } from './differences.js'
import { compareGenerated, messagesWanted } from './generated.js'
import { type Dialect, dialects } from './messages.js'
import { findQemu, newTally, Oracle } from './oracle.js'

/** Models that keep on the host what only root may put there. */
const NEED_ROOT: readonly SecurityModel[] = ['passthrough', 'none']

/**
 * Declares the comparison under `models`, by servers without privilege if `isUnprivileged`. Where it cannot run it is
 * skipped with one line that says why; with VIRTFS_GUEST=required in the environment it fails instead.
 */
export function describeOracle(title: string, models: readonly SecurityModel[], isUnprivileged = false): void {
  describeOracleTests(
    title,
    () => {
      describe.each(models.flatMap((model) => dialects.map((dialect) => [model, dialect] as const)))(
        '%s by %s',
        (model, dialect) => declare(model, dialect, isUnprivileged),
      )
    },
    isUnprivileged || models.some((model) => NEED_ROOT.includes(model)),
  )
}

/** Declares tests that need QEMU, and perhaps root; see `describeOracle`. */
export function describeOracleTests(title: string, tests: () => void, needsRoot = false): void {
  const missing = whatIsMissing(needsRoot)
  if (missing === undefined || process.env['VIRTFS_GUEST'] === 'required') {
    describe(title, tests)
    return
  }
  process.stderr.write(`oracle suite: skipping "${title}": missing ${missing}\n`)
  describe.skip(title, tests)
}

function whatIsMissing(needsRoot: boolean): string | undefined {
  if (process.platform !== 'linux') return `Linux (this is ${process.platform})`
  if (findQemu() === undefined) return 'qemu-system-x86_64 (Debian package qemu-system-x86)'
  return needsRoot && !isRoot ? 'root' : undefined
}

function declare(model: SecurityModel, dialect: Dialect, isUnprivileged: boolean): void {
  const byHand = newTally()
  const generated = newTally()
  const own = cases.filter((one) => isFor(one, model, dialect, isUnprivileged))
  let writable: Oracle
  let readOnly: Oracle

  beforeAll(async () => {
    writable = await Oracle.start({ model, dialect, isUnprivileged }, byHand)
    readOnly = await Oracle.start({ model, dialect, isUnprivileged, isReadOnly: true }, byHand)
  })
  afterAll(async () => {
    await writable[Symbol.asyncDispose]()
    await readOnly[Symbol.asyncDispose]()
  })

  for (const one of own) {
    it(one.title, async () => {
      const isApart = one.startsBare === true || one.endsQemu === true
      if (!isApart) return playCase(one, one.as === 'read-only' ? readOnly : writable)
      await using itsOwn = await Oracle.start({ model, dialect, isUnprivileged }, byHand)
      await playCase(one, itsOwn)
    })
  }

  it('every difference that is allowed here was met by a case', () => {
    const expected = differences.filter(
      (one) =>
        (one.models?.includes(model) ?? true) &&
        (one.dialect ?? '9P2000.L') === dialect &&
        (one.isUnprivileged ?? false) === isUnprivileged,
    )
    const unmet = expected.filter((one) => !isUnprivileged || one.isUnprivileged).filter((one) => !byHand.met.has(one))
    expect(unmet.map(({ title }) => title)).toEqual([])
  })

  it(
    `at least ${messagesWanted} generated messages are answered alike (SEED=${seed})`,
    { timeout: 600_000 },
    async () => {
      await using oracle = await Oracle.start({ model, dialect, isUnprivileged }, generated)
      await compareGenerated(oracle)
      expect(oracle.messageCount).toBeGreaterThanOrEqual(messagesWanted)
    },
  )

  if (isUnprivileged) return
  it('every request was sent, those of the other dialect included', () => {
    const sent: ReadonlySet<string> = new Set([...byHand.messages.keys(), ...generated.messages.keys()])
    const requests = Object.keys(messages).filter((message) => message.startsWith('T'))
    expect(requests.filter((message) => !sent.has(message))).toEqual([])
  })
}

const isFor = (
  { models, dialects: spoken = ['9P2000.L'], as }: Case,
  model: SecurityModel,
  dialect: Dialect,
  isUnprivileged: boolean,
): boolean =>
  (models?.includes(model) ?? true) && spoken.includes(dialect) && (as === 'unprivileged') === isUnprivileged

async function playCase({ run, plant, startsBare }: Case, oracle: Oracle): Promise<void> {
  await oracle.play(async (pair) => {
    if (startsBare !== true) await pair.begin()
    await run(pair)
  }, plant)
}

/** Cases that no model runs, and titles that two have. */
export function misfits(): string[] {
  const orphans = cases.filter(
    ({ models }) => models !== undefined && !models.some((one) => securityModels.includes(one)),
  )
  const titles = cases.map(({ title }) => title)
  return [...orphans.map(({ title }) => title), ...titles.filter((title, index) => titles.indexOf(title) !== index)]
}
