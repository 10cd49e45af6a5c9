// What was measured of programs: a table for people, rows of a document for scripts.

import { bound, renderTable, spreadText, times, verdict } from '../table.js'
import { type MeasuredProgramRow, PROGRAM_MEMORY_TARGET } from './rows.js'

const describe = ({ row }: MeasuredProgramRow): string => `${row.title} beside ${row.peerTitle}`
const isSmall = ({ peak }: MeasuredProgramRow): boolean => peak < PROGRAM_MEMORY_TARGET

/** The names of the rows that miss a target. */
export const missedPrograms = (rows: readonly MeasuredProgramRow[]): string[] => [
  ...rows.filter(({ isMet }) => !isMet).map(describe),
  ...rows.filter((measured) => !isSmall(measured)).map((measured) => `memory, ${describe(measured)}`),
]

const milliseconds = (value: number): string => `${value.toFixed(0)} ms`

/** Renders rows as lines of a table. */
export const renderPrograms = (rows: readonly MeasuredProgramRow[]): string[] =>
  renderTable([
    ['', 'beside', 'virtfs', 'it', 'ratio', 'middle half', 'target', '', 'memory', `< ${PROGRAM_MEMORY_TARGET} MB`],
    ...rows.map((measured) => [
      measured.row.title,
      measured.row.peerTitle,
      milliseconds(measured.ours),
      milliseconds(measured.peer),
      `${times(measured.ratio)} ${measured.row.isSpeed ? 'as fast' : 'the time'}`,
      spreadText(measured.spread),
      bound(measured.row.target),
      verdict(measured.isMet),
      `${measured.peak.toFixed(0)} MB`,
      verdict(isSmall(measured)),
    ]),
  ])

/** The same for scripts: times in milliseconds, memory in megabytes of 10^6 bytes. */
export const programsJson = (rows: readonly MeasuredProgramRow[]): object => ({
  rows: rows.map(({ row: { title, peerTitle, isSpeed, target }, ...figures }) => ({
    title,
    beside: peerTitle,
    ratioOf: isSpeed ? 'speed' : 'time',
    target,
    ...figures,
  })),
  memoryTarget: { below: PROGRAM_MEMORY_TARGET },
})
