// Names side by side, sorted down the columns, by the rule of GNU ls. Pure.

import { textWidth } from './text-width.js'

/** A name as it is shown: `text` is what takes columns of the terminal, `painted` has the colours too. */
export interface Cell {
  readonly text: string
  readonly painted: string
}

const GAP = 2
/** A name of one letter and the gap. */
const WIDTH_LEAST = 1 + GAP

/** Lines, each with its newline, that are shorter than `lineWidth` unless a single name is not. */
export function* columns(cells: readonly Cell[], lineWidth: number): Generator<string> {
  const widths = cells.map(({ text }) => textWidth(text))
  const columnWidths = widestFit(widths, lineWidth)
  const rows = Math.ceil(cells.length / columnWidths.length)
  for (let row = 0; row < rows; row++) {
    let line = ''
    for (let at = row, column = 0; at < cells.length; at += rows, column++) {
      const isLast = at + rows >= cells.length
      line += cells[at]!.painted + (isLast ? '' : ' '.repeat(columnWidths[column]! - widths[at]!))
    }
    yield `${line}\n`
  }
}

/** The widths of as many columns as fit. */
function widestFit(widths: readonly number[], lineWidth: number): readonly number[] {
  const most = Math.max(1, Math.min(widths.length, Math.ceil(lineWidth / WIDTH_LEAST)))
  for (let count = most; count > 1; count--) {
    const columnWidths = widthsOf(widths, count)
    if (columnWidths.reduce((sum, width) => sum + width) < lineWidth) return columnWidths
  }
  return [0]
}

/** The widths of `count` columns, the gap behind each but the last included. */
function widthsOf(widths: readonly number[], count: number): number[] {
  const rows = Math.ceil(widths.length / count)
  const columnWidths = new Array<number>(count).fill(WIDTH_LEAST)
  widths.forEach((width, at) => {
    const column = Math.floor(at / rows)
    columnWidths[column] = Math.max(columnWidths[column]!, width + (column === count - 1 ? 0 : GAP))
  })
  return columnWidths
}
