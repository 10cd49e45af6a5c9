// What `npm run bench` is asked to do.

import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

const parts = ['serve', 'inspect', 'convert'] as const
export type Part = (typeof parts)[number]

export const USAGE = `Usage: npm run bench -- [--only PART] [--json] [--rounds N] [--files N] [--entries N] [--large]
                     [--dir DIR] [--check] [--null]

  --only PART serve, inspect or convert; all if not given
  --json      print one JSON document instead of the tables
  --rounds N  slices of each row on each server (default 101)
  --files N   files created before memory is read (default 100000)
  --entries N entries of the tree that is looked at or converted (default VIRTFS_BENCH_ENTRIES, or 200000)
  --large     also the memory of converting a million entries, which takes minutes
  --dir DIR   where the trees are made (default ${tmpdir()}); its file system must keep user xattrs
  --check     exit 1 where a target is missed
  --null      measure diod against itself: every ratio should be 1, and what differs is the harness's own error
`

/** What keeps a run from starting; nothing was changed. */
export class Refusal extends Error {}

/** Throws a Refusal, or parseArgs's own TypeError, for wrong usage. */
export function parse() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      entries: { type: 'string', default: process.env['VIRTFS_BENCH_ENTRIES'] ?? '200000' },
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '101' },
      files: { type: 'string', default: '100000' },
      large: { type: 'boolean', default: false },
      dir: { type: 'string', default: tmpdir() },
      check: { type: 'boolean', default: false },
      null: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    ...values,
    parts: parts.filter((part) => partOf(values.only) === undefined || part === values.only),
    rounds: count('--rounds', values.rounds),
    files: count('--files', values.files),
    entries: count('--entries', values.entries),
  }
}

export type Flags = ReturnType<typeof parse>

function partOf(text: string | undefined): Part | undefined {
  const part = parts.find((one) => one === text)
  if (part !== undefined || text === undefined) return part
  throw new Refusal(`Cannot use "${text}" for --only: it takes ${parts.join(', ')}`)
}

/** Files are named with seven digits. */
function count(flag: string, text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new Refusal(`Cannot use "${text}" for ${flag}: it takes a number from 1 to 9999999`)
}
