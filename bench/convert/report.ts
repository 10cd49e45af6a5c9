// What was measured of conversions: a table for people, members of a document for scripts.

import { missedPrograms, programsJson, renderPrograms } from '../programs/report.js'
import { PROGRAM_MEMORY_TARGET } from '../programs/rows.js'
import { renderTable, verdict } from '../table.js'
import type { LargeConversion, MeasuredConversions } from './measure.js'
import { ways } from './rows.js'

export interface ConversionReport extends MeasuredConversions {
  /** Absent unless it was asked for. */
  readonly large?: LargeConversion
}

const isSmall = (peak: number): boolean => peak < PROGRAM_MEMORY_TARGET

/** The names of the rows that miss a target. */
export const missedConversions = ({ rows, large }: ConversionReport): string[] => [
  ...missedPrograms(rows),
  ...ways
    .filter((to) => large !== undefined && !isSmall(large.peak[to]))
    .map((to) => `memory, convert --to ${to}, ${large?.entries} entries`),
]

/** Renders the rows as text. */
export const renderConversions = ({ entries, rounds, rows, large }: ConversionReport): string =>
  [
    `A mapped-xattr tree of ${entries.toLocaleString('en')} entries converted in place and back, medians of ${rounds} rounds`,
    '',
    ...renderPrograms(rows),
    ...(large === undefined ? [] : ['', ...renderLarge(large)]),
  ].join('\n')

const renderLarge = ({ entries, peak }: LargeConversion): string[] =>
  renderTable([
    [`Memory at ${entries.toLocaleString('en')} entries`, 'virtfs', 'target', ''],
    ...ways.map((to) => [
      `convert --to ${to}`,
      `${peak[to].toFixed(0)} MB`,
      `< ${PROGRAM_MEMORY_TARGET} MB`,
      verdict(isSmall(peak[to])),
    ]),
  ])

/** The same for scripts. */
export const conversionsJson = (report: ConversionReport): object => ({
  ...report,
  ...programsJson(report.rows),
  missed: missedConversions(report),
})
