// What is measured of the commands that look at trees, beside which program, against which target.

import { join } from 'node:path'
import type { Target } from '../rows.js'

/** The program that users start; this file is built into dist/bench/inspect. */
const virtfs = join(import.meta.dirname, '../../../bin/run.js')

/** A program and its arguments. */
export type Argv = readonly [program: string, ...args: string[]]

export interface InspectRow {
  readonly title: string
  readonly peerTitle: string
  /** Given the tree, and one file in it. */
  readonly ours: (tree: string, file: string) => Argv
  readonly peer: (tree: string, file: string) => Argv
  /** On the ratio of times, theirs ÷ ours ("as fast") or ours ÷ theirs ("takes"). */
  readonly isSpeed: boolean
  readonly target: Target
  /** Rounds for each of those of a row that goes through the whole tree. */
  readonly repeat?: number
}

const ours = (...args: string[]): Argv => [process.execPath, virtfs, ...args]
const getfattr = (tree: string): Argv => ['getfattr', '-R', '-h', '-d', '-m', 'user.virtfs', tree]
const find = (tree: string): Argv => ['find', tree, '-printf', '%U %G %m\\n']

export const inspectRows: readonly InspectRow[] = [
  {
    title: 'stat -R --jsonl',
    peerTitle: 'getfattr -R',
    ours: (tree) => ours('stat', '-R', '--jsonl', tree),
    peer: getfattr,
    isSpeed: true,
    target: { atLeast: 2 },
  },
  {
    title: 'df',
    peerTitle: 'getfattr -R',
    ours: (tree) => ours('df', tree),
    peer: getfattr,
    isSpeed: true,
    target: { atLeast: 3 },
  },
  {
    title: 'df',
    peerTitle: 'find -printf',
    ours: (tree) => ours('df', tree),
    peer: find,
    isSpeed: false,
    target: { atMost: 4 },
  },
  {
    title: 'stat FILE',
    peerTitle: 'node -e 0',
    ours: (_tree, file) => ours('stat', file),
    peer: () => [process.execPath, '-e', '0'],
    isSpeed: false,
    target: { atMost: 3 },
    repeat: 8,
  },
]

/** The most megabytes (10^6 bytes) that a command may ever hold, however large the tree. */
export const INSPECT_MEMORY_TARGET = 200
