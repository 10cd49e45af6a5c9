// Tables and figures of a report, as text.

import type { Target } from './rows.js'

/** What stands for a target that a row lacks, or a figure that was not measured. */
export const NONE = '–'

export const times = (value: number): string => `${value.toFixed(2)}x`
export const bound = (target: Target | undefined): string =>
  target === undefined ? NONE : 'atLeast' in target ? `>= ${times(target.atLeast)}` : `<= ${times(target.atMost)}`
export const verdict = (isMet: boolean | undefined): string => (isMet === undefined ? NONE : isMet ? 'met' : 'MISSED')
export const spreadText = (spread: readonly [number, number] | undefined): string =>
  spread === undefined ? NONE : spread.map((edge) => edge.toFixed(2)).join('–')

/** Columns as wide as their widest cell; all but the first are aligned to the right. */
export function renderTable(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
