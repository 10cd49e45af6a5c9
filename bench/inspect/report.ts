// What was measured of the commands that look at trees: a table for people, members of a document for scripts.

import { missedPrograms, programsJson, renderPrograms } from '../programs/report.js'
import type { MeasuredInspection } from './measure.js'

/** The names of the rows that miss a target. */
export const missedInspection = ({ rows }: MeasuredInspection): string[] => missedPrograms(rows)

/** Renders the rows as text. */
export const renderInspection = ({ entries, rounds, rows }: MeasuredInspection): string =>
  [
    `A mapped-xattr tree of ${entries.toLocaleString('en')} entries, medians of ${rounds} rounds and more`,
    '',
    ...renderPrograms(rows),
  ].join('\n')

/** The same for scripts. */
export const inspectionJson = (measured: MeasuredInspection): object => ({
  ...measured,
  ...programsJson(measured.rows),
  missed: missedInspection(measured),
})
