// What is measured of conversions, beside which program, against which target.

import type { ProgramRow } from '../programs/rows.js'
import { type Argv, virtfs } from '../programs/run-program.js'

/** What the benchmark's tree, which is mapped-xattr, is converted to: there, and back again. */
export const ways = ['passthrough', 'mapped-xattr'] as const
export type Way = (typeof ways)[number]

/** A program that converts a tree in place. */
export type Converter = (tree: string, to: Way) => Argv

export const ourConverter: Converter = (tree, to) => virtfs('convert', tree, '--to', to, '--yes')

const besideFloor = (to: Way): ProgramRow => ({
  title: `convert --to ${to}`,
  peerTitle: 'the same calls in C',
  isSpeed: false,
  target: { atMost: 1.6 },
})

export const floorRows: Readonly<Record<Way, ProgramRow>> = {
  passthrough: besideFloor('passthrough'),
  'mapped-xattr': besideFloor('mapped-xattr'),
}

/** The shell needs several milliseconds for an entry: it is given as many as these, and its time is scaled. */
export const SHELL_ENTRIES = 2000

export const shellRow: ProgramRow = {
  title: 'convert --to passthrough',
  peerTitle: `getfattr | while read (scaled from ${SHELL_ENTRIES.toLocaleString('en')})`,
  isSpeed: true,
  target: { atLeast: 20 },
}

/** Entries of the tree that memory is measured on when that is asked for. */
export const LARGE_ENTRIES = 1_000_000
