// What a run prints: a table for people, one JSON document for scripts.

import type { Comparison } from './compare.js'
import type { Memory } from './memory.js'
import { MEMORY_TARGET, type Row, type Target } from './rows.js'
import type { Unit } from './workload.js'

export interface MeasuredRow extends Comparison {
  readonly row: Row
}

export interface MeasuredMemory {
  readonly isKeepingFids: boolean
  readonly ours: Memory
  readonly peer?: Memory
}

/** What the generator carries when answering costs next to nothing. */
export interface GeneratorLimits {
  /** Requests, 32 in flight. */
  readonly perSecond: number
  /** A request, 1 in flight on one processor. */
  readonly microseconds: number
}

export interface Report {
  /** The peer's name and version; absent where it is not installed. */
  readonly peer?: string
  /** The servers that were measured under the names "virtfs" and the peer's; one name twice in a run that compares a peer with itself. */
  readonly contestant: string
  readonly rounds: number
  readonly processors: number
  readonly generator: GeneratorLimits
  /** How many processors other programs kept busy, on average, while the rows were measured. */
  readonly othersBusy: number
  readonly rows: readonly MeasuredRow[]
  readonly files: number
  readonly memory: readonly MeasuredMemory[]
}

/** What stands for a target that a row lacks, or a figure that was not measured. */
const NONE = '–'

/** A row in one line. */
export const describe = ({ workload, inFlight, model }: Row): string =>
  `${workload.title}, ${inFlight} in flight, ${model}`

const describeMemory = (isKeepingFids: boolean): string => (isKeepingFids ? 'every fid kept' : 'every fid clunked')

function figure(value: number | undefined, unit: Unit | 'MB'): string {
  if (value === undefined) return NONE
  return `${unit === '/s' ? Math.round(value).toLocaleString('en') : value.toFixed(1)}${unit === '/s' ? '' : ' '}${unit}`
}

const times = (value: number): string => `${value.toFixed(2)}x`
const bound = (target: Target | undefined): string =>
  target === undefined ? NONE : 'atLeast' in target ? `>= ${times(target.atLeast)}` : `<= ${times(target.atMost)}`
const verdict = (isMet: boolean | undefined): string => (isMet === undefined ? NONE : isMet ? 'met' : 'MISSED')

/** The names of the rows that miss their target. */
export function missed({ rows, memory }: Report): string[] {
  return [
    ...rows.filter(({ isMet }) => isMet === false).map(({ row }) => describe(row)),
    ...memory.filter(({ ours }) => ours.peak >= MEMORY_TARGET).map((m) => `memory, ${describeMemory(m.isKeepingFids)}`),
  ]
}

/** Renders the report as text. */
export function renderReport(report: Report): string {
  const { contestant, peer = 'no peer', generator, files, othersBusy } = report
  const rates = report.rows.map(({ row, ours, peer, ratio, spread, isMet }) => [
    row.workload.title,
    String(row.inFlight),
    row.model,
    figure(ours, row.workload.unit),
    figure(peer, row.workload.unit),
    ratio === undefined ? NONE : times(ratio),
    spread === undefined ? NONE : spread.map((edge) => edge.toFixed(2)).join('–'),
    bound(row.target),
    verdict(isMet),
  ])
  const memory = report.memory.flatMap(({ isKeepingFids, ours, peer }) =>
    (['peak', 'resident'] as const).map((key) => [
      `${key === 'peak' ? 'VmHWM' : 'VmRSS'}, ${describeMemory(isKeepingFids)}`,
      figure(ours[key], 'MB'),
      figure(peer?.[key], 'MB'),
      peer === undefined ? NONE : times(ours[key] / peer[key]),
      key === 'peak' ? `< ${MEMORY_TARGET} MB` : NONE,
      key === 'peak' ? verdict(ours.peak < MEMORY_TARGET) : NONE,
    ]),
  )
  return [
    `One connection over a unix socket, medians of ${report.rounds} rounds, ${report.processors} processors;`,
    'with 1 in flight, server and generator share one processor',
    '',
    ...renderTable([['', 'in flight', 'model', contestant, peer, 'ratio', 'middle half', 'target', ''], ...rates]),
    '',
    `Memory after ${files.toLocaleString('en')} files were created`,
    '',
    ...renderTable([['', contestant, peer, 'ratio', 'target', ''], ...memory]),
    '',
    `The generator, answered by a process that does nothing else: ${figure(generator.perSecond, '/s')} with 32 in flight, ` +
      `${figure(generator.microseconds, 'µs')} with 1 on one processor`,
    `Other programs kept ${othersBusy.toFixed(2)} of ${report.processors} processors busy: the more, the less the figures mean`,
  ].join('\n')
}

/** Columns as wide as their widest cell; all but the first are aligned to the right. */
function renderTable(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** The report as the members of `{"schema": 1, ...}`. Rates are in `unit`, memory in megabytes of 10^6 bytes. */
export function toJson(report: Report): object {
  const { rows, memory, ...about } = report
  return {
    schema: 1,
    ...about,
    peer: report.peer ?? null,
    rows: rows.map(({ row: { workload, ...row }, ...measured }) => ({
      title: workload.title,
      unit: workload.unit,
      ...row,
      ...measured,
    })),
    memory: memory.map((measured) => ({
      ...measured,
      target: { below: MEMORY_TARGET },
      isMet: measured.ours.peak < MEMORY_TARGET,
    })),
    missed: missed(report),
  }
}
