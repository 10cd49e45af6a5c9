// Lines about the entries that a conversion leaves, loses something of, or fails at: one each, and not more than anybody
// reads. Pure.

import { ErrnoError, type Outcome, pathBelow, type Plan, printable } from '../../src/index.js'
import { cannot } from '../support/advice.js'
import { failedChanges } from './convert-report.js'

/** How many lines there are of one kind. */
const MOST = 20

/** About what is wrong before anything is changed. `tree` is bytes. */
export function planComplaints(tree: string, plan: Plan): string[] {
  return [
    ...limited(plan.refused, ({ path, reason }) => `Cannot convert ${named(tree, path)}: ${reason}`),
    ...limited(plan.forbidden, ({ path, reason }) => `Cannot convert ${named(tree, path)}: ${reason}`),
    ...limited(plan.lost, ({ path, what }) => `Cannot keep ${named(tree, path)} whole: it loses ${what}`),
    ...limited(plan.failed, ({ path, error }) => cannot('look at', placeOf(tree, path), error)),
  ]
}

/** About what went wrong afterwards. */
export function outcomeComplaints(tree: string, plan: Plan, outcome: Outcome): string[] {
  const { differences = [], whyNotCompared } = outcome
  return [
    ...limited(failedChanges(plan, outcome), ({ path, error }) =>
      cannot('convert', placeOf(tree, path), error, CHANGING),
    ),
    ...(whyNotCompared === undefined
      ? []
      : [`Cannot compare "${printable(tree)}" with what it was: ${whyNotCompared}`]),
    ...limited(differences, ({ path, what }) => `Cannot find ${named(tree, path)} as it was: ${what}`),
  ]
}

/** Why a conversion stopped, and what to do about it. `waysOn` says how to go on. */
export function interruptionLine(tree: string, interruption: ErrnoError | 'stopped', waysOn: string): string {
  const name = `"${printable(tree)}"`
  if (interruption === 'stopped') return `Cannot finish ${name}: stopped by a signal (${waysOn})`
  const { code, context } = interruption
  return `Cannot finish ${name}: ${code} (${STOPPING[code] ?? context.op}; then ${waysOn})`
}

/** What to do about an errno that changing one entry ended with. */
const CHANGING: Readonly<Record<string, string>> = {
  EACCES: "run as the tree's owner, or as root",
  EPERM: 'run as root; where it is immutable, say chattr -i before',
  ENOENT: 'it was renamed or removed meanwhile',
  ESTALE: 'it was changed meanwhile',
  EBUSY: 'it is in use: a mount point, or a swap file',
  EOPNOTSUPP: 'its file system cannot keep that',
}

/** What to do about an errno that concerns all entries. */
const STOPPING: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on its file system',
  EDQUOT: 'make room, or have the quota raised',
  EROFS: 'make its file system writable again',
  EIO: 'see the kernel log: its disk fails',
}

const placeOf = (tree: string, path: string): string => pathBelow(tree, path === '.' ? '' : path)
const named = (tree: string, path: string): string => `"${printable(placeOf(tree, path))}"`

function limited<T>(all: readonly T[], lineOf: (each: T) => string): string[] {
  const lines = all.slice(0, MOST).map(lineOf)
  return all.length > MOST ? [...lines, `And ${all.length - MOST} more (all are in --json)`] : lines
}
