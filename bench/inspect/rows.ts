// What is measured of the commands that look at trees, beside which program, against which target.

import type { ProgramRow } from '../programs/rows.js'
import { type Argv, virtfs } from '../programs/run-program.js'

export interface InspectRow extends ProgramRow {
  /** Given the tree, and one file in it. */
  readonly ours: (tree: string, file: string) => Argv
  readonly peer: (tree: string, file: string) => Argv
  /** Rounds for each of those of a row that goes through the whole tree. */
  readonly repeat?: number
}

const getfattr = (tree: string): Argv => ['getfattr', '-R', '-h', '-d', '-m', 'user.virtfs', tree]
const find = (tree: string): Argv => ['find', tree, '-printf', '%U %G %m\\n']

export const inspectRows: readonly InspectRow[] = [
  {
    title: 'stat -R --jsonl',
    peerTitle: 'getfattr -R',
    ours: (tree) => virtfs('stat', '-R', '--jsonl', tree),
    peer: getfattr,
    isSpeed: true,
    target: { atLeast: 2 },
  },
  {
    title: 'df',
    peerTitle: 'getfattr -R',
    ours: (tree) => virtfs('df', tree),
    peer: getfattr,
    isSpeed: true,
    target: { atLeast: 3 },
  },
  {
    title: 'df',
    peerTitle: 'find -printf',
    ours: (tree) => virtfs('df', tree),
    peer: find,
    isSpeed: false,
    target: { atMost: 4 },
  },
  {
    title: 'stat FILE',
    peerTitle: 'node -e 0',
    ours: (_tree, file) => virtfs('stat', file),
    peer: () => [process.execPath, '-e', '0'],
    isSpeed: false,
    target: { atMost: 3 },
    repeat: 8,
  },
]
