// The second table of `df`: who uses a tree. Pure. The text is bytes (Latin-1).

import { type Sums, type UsageKey, utf8Of } from '../../src/index.js'
import { amountIn, type DfForm, left, right } from './df-form.js'
import { type ArrangedUsage, labelOf } from './df-rows.js'
import { countIn } from './size-unit.js'
import { tableText } from './table-text.js'

const KEY_HEADINGS: Readonly<Record<UsageKey, string>> = {
  user: 'User',
  group: 'Group',
  type: 'Type',
  top: 'Directory',
}

/** A line for each row, for the rows left out, for side files and, if wanted, for all of it. On a terminal, with bars. */
export function usageTable(usage: ArrangedUsage, form: DfForm): string {
  const lines = linesOf(usage, form)
  const shares = lines.map(({ sums }) => share(sums, usage.total, form))
  const columns = [left(KEY_HEADINGS[form.by]), ...headings(form).map(right)]
  const rows = lines.map(({ label, sums }, index) => [label, ...cells(sums, form), percentage(shares[index])])

  const plain = tableText(columns, rows)
  const room = Math.min(BAR_MOST, (form.width ?? 0) - plain.width - BAR_GAP)
  if (room < BAR_LEAST) return utf8Of(plain.text)
  const barred = rows.map((row, index) => [...row, bar(shares[index], room)])
  return utf8Of(tableText([...columns, left('')], barred).text)
}

interface Line {
  readonly label: string
  readonly sums: Sums
}

function linesOf({ rows, others, sideFiles, total }: ArrangedUsage, { hasTotal }: DfForm): Line[] {
  const lines = rows.map((row): Line => ({ label: labelOf(row), sums: row }))
  if (others !== undefined) {
    lines.push({ label: `(${others.count} ${others.count === 1 ? 'other' : 'others'})`, sums: others.sums })
  }
  if (sideFiles.entries > 0) lines.push({ label: '(side files)', sums: sideFiles })
  if (hasTotal) lines.push({ label: 'total', sums: total })
  return lines
}

const headings = ({ isOfInodes }: DfForm): string[] =>
  isOfInodes ? ['Entries', 'Share'] : ['Entries', 'Apparent', 'Disk', 'Share']

function cells({ entries, apparentBytes, diskBytes }: Sums, form: DfForm): string[] {
  const count = countIn(form.unit, entries)
  return form.isOfInodes ? [count] : [count, amountIn(form, apparentBytes), amountIn(form, diskBytes)]
}

/** From 0 to 1; undefined of nothing. */
function share(sums: Sums, total: Sums, { isOfInodes }: DfForm): number | undefined {
  const [part, whole] = isOfInodes ? [sums.entries, total.entries] : [sums.diskBytes, total.diskBytes]
  return whole === 0 ? undefined : part / whole
}

const percentage = (ofWhole: number | undefined): string =>
  ofWhole === undefined ? '-' : `${(ofWhole * 100).toFixed(1)}%`

/** Columns of a bar. */
const BAR_MOST = 20
const BAR_LEAST = 8
const BAR_GAP = 2
/** A column is filled from the left, by eighths. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

function bar(ofWhole = 0, columns: number): string {
  const eighths = Math.round(ofWhole * columns * 8)
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!
}
