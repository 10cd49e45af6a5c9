// What a run prints: a table for people, one JSON document for scripts.

import type { Comparison } from './compare.js'
import type { Memory } from './memory.js'
import { MEMORY_TARGET, type Row } from './rows.js'
import { bound, NONE, renderTable, spreadText, times, verdict } from './table.js'
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

/** A row in one line. */
export const describe = ({ workload, inFlight, model }: Row): string =>
  `${workload.title}, ${inFlight} in flight, ${model}`

const describeMemory = (isKeepingFids: boolean): string => (isKeepingFids ? 'every fid kept' : 'every fid clunked')

function figure(value: number | undefined, unit: Unit | 'MB'): string {
  if (value === undefined) return NONE
  return `${unit === '/s' ? Math.round(value).toLocaleString('en') : value.toFixed(1)}${unit === '/s' ? '' : ' '}${unit}`
}

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
    spreadText(spread),
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

/** The report as members of a document. Rates are in `unit`, memory in megabytes of 10^6 bytes. */
export function toJson(report: Report): object {
  const { rows, memory, ...about } = report
  return {
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
