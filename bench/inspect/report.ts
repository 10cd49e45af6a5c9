// What was measured of the commands that look at trees: a table for people, members of a document for scripts.

import { bound, renderTable, spreadText, times, verdict } from '../table.js'
import type { MeasuredInspection, MeasuredInspectRow } from './measure.js'
import { INSPECT_MEMORY_TARGET } from './rows.js'

const describe = ({ row }: MeasuredInspectRow): string => `${row.title} beside ${row.peerTitle}`
const isSmall = ({ peak }: MeasuredInspectRow): boolean => peak < INSPECT_MEMORY_TARGET

/** The names of the rows that miss a target. */
export const missedInspection = ({ rows }: MeasuredInspection): string[] => [
  ...rows.filter(({ isMet }) => !isMet).map(describe),
  ...rows.filter((measured) => !isSmall(measured)).map((measured) => `memory, ${describe(measured)}`),
]

const milliseconds = (value: number): string => `${value.toFixed(0)} ms`

/** Renders the rows as text. */
export function renderInspection({ entries, rounds, rows }: MeasuredInspection): string {
  const lines = rows.map((measured) => [
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
  ])
  return [
    `A mapped-xattr tree of ${entries.toLocaleString('en')} entries, medians of ${rounds} rounds and more`,
    '',
    ...renderTable([
      ['', 'beside', 'virtfs', 'it', 'ratio', 'middle half', 'target', '', 'memory', `< ${INSPECT_MEMORY_TARGET} MB`],
      ...lines,
    ]),
  ].join('\n')
}

/** The same for scripts: times in milliseconds, memory in megabytes of 10^6 bytes. */
export const inspectionJson = (measured: MeasuredInspection): object => ({
  ...measured,
  rows: measured.rows.map(({ row: { title, peerTitle, isSpeed, target }, ...figures }) => ({
    title,
    beside: peerTitle,
    ratioOf: isSpeed ? 'speed' : 'time',
    target,
    ...figures,
  })),
  memoryTarget: { below: INSPECT_MEMORY_TARGET },
  missed: missedInspection(measured),
})
