// Tables without lines around their cells. Text is JavaScript's, not bytes: what is wide on a terminal counts as wide.

import Table from 'cli-table3'

export interface Column {
  readonly heading: string
  /** Numbers stand to the right. */
  readonly align: 'left' | 'right'
}

const NO_LINES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
}
const GAP = '  '

export interface TableText {
  /** Lines, each with a newline. */
  readonly text: string
  /** Columns of a terminal that it takes. */
  readonly width: number
}

/** Each row has a cell a column. */
export function tableText(columns: readonly Column[], rows: readonly (readonly string[])[]): TableText {
  const table = new Table({
    chars: { ...NO_LINES, middle: GAP },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    head: columns.map(({ heading }) => heading),
    colAligns: columns.map(({ align }) => align),
  })
  table.push(...rows.map((row) => [...row]))
  const lines = table.toString().split('\n')
  return { text: lines.map((line) => `${line.trimEnd()}\n`).join(''), width: table.width }
}
