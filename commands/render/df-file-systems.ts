// The first table of `df`: the file system that each tree is on, in GNU df's columns. Pure. The text is bytes (Latin-1).

import { type FileSystemEntry, printable, utf8Of } from '../../src/index.js'
import { amountIn, type DfForm, left, right } from './df-form.js'
import { blocksHeading } from './size-unit.js'
import { tableText } from './table-text.js'

/** A tree and its file system. */
export interface DfTree extends FileSystemEntry {
  /** The file system's device number, to tell it from others. */
  readonly dev: number
}

/** How full a file system is, in bytes or inodes. */
interface Fill {
  readonly size: number
  readonly used: number
  readonly available: number
}

/** A line for each tree, and one for all their file systems if that is wanted. A file system of several counts once. */
export function fileSystemsTable(trees: readonly DfTree[], form: DfForm): string {
  const fillOf = form.isOfInodes ? fillOfInodes : fillOfBytes
  const cells = (fill: Fill): string[] => [
    ...[fill.size, fill.used, fill.available].map((amount) => amountIn(form, amount)),
    percentage(fill),
  ]
  const rows = trees.map((tree) => [modelText(tree), ...cells(fillOf(tree)), printable(tree.path)])
  if (form.hasTotal) {
    const byDevice = new Map(trees.map((tree) => [tree.dev, fillOf(tree)]))
    rows.push(['total', ...cells([...byDevice.values()].reduce(sumOf)), '-'])
  }
  return utf8Of(tableText([left('Model'), ...headings(form).map(right), left('Tree')], rows).text)
}

const modelText = ({ model, detection }: FileSystemEntry): string =>
  detection === undefined ? model : `${model} (detected)`

function headings({ unit, isOfInodes }: DfForm): string[] {
  if (isOfInodes) return ['Inodes', 'IUsed', 'IFree', 'IUse%']
  return unit.kind === 'human' ? ['Size', 'Used', 'Avail', 'Use%'] : [blocksHeading(unit), 'Used', 'Available', 'Use%']
}

const fillOfBytes = ({ statfs: { bsize, blocks, bfree, bavail } }: FileSystemEntry): Fill => ({
  size: blocks * bsize,
  used: (blocks - bfree) * bsize,
  available: bavail * bsize,
})

const fillOfInodes = ({ statfs: { files, ffree } }: FileSystemEntry): Fill => ({
  size: files,
  used: files - ffree,
  available: ffree,
})

const sumOf = (sum: Fill, fill: Fill): Fill => ({
  size: sum.size + fill.size,
  used: sum.used + fill.used,
  available: sum.available + fill.available,
})

/** Of what is not reserved for root, rounded up, as GNU df does; some file systems have no numbers to make it of. */
const percentage = ({ used, available }: Fill): string =>
  used + available === 0 ? '-' : `${Math.ceil((used * 100) / (used + available))}%`
