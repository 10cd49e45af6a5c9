// How a conversion ended, in a few sentences for people. Pure. The text is bytes (Latin-1).

import { type Outcome, printable, utf8Of } from '../../src/index.js'
import { type ConversionReport, countsOf, entriesText, failedChanges } from './convert-report.js'

/** Lines, each with a newline. */
export function summary(report: ConversionReport): string {
  const { outcome } = report
  const sentences = outcome === undefined ? ['A dry run: nothing was changed.'] : [ending(report, outcome)]
  if (outcome?.differences !== undefined) sentences.push(comparison(outcome.compared, outcome.differences.length))
  return utf8Of(sentences.map((sentence) => `${sentence}\n`).join(''))
}

function ending(report: ConversionReport, outcome: Outcome): string {
  const { plan, request, seconds } = report
  const { changed } = countsOf(report)
  const target = `"${printable(request.output ?? request.tree)}"`
  const left = plan.refused.length + plan.forbidden.length + plan.failed.length + failedChanges(plan, outcome).length
  const state = (since: string): string =>
    `${target} is ${plan.to} ${since}${left > 0 ? `, but for ${entriesText(left)}` : ''}`
  const time = `in ${seconds.toFixed(1)} s`
  if (outcome.interruption !== undefined) {
    return `Changed ${changed} of ${entriesText(plan.changed)} ${time}, then stopped.`
  }
  if (!outcome.isFinished) return `Changed ${changed} of ${entriesText(plan.changed)} ${time}.`
  if (plan.isAbort) return `Put back ${entriesText(changed)} ${time}: ${state('now')}.`
  if (changed === 0) return `Nothing to change: ${state('already')}.`
  return `${request.output === undefined ? 'Changed' : 'Built'} ${entriesText(changed)} ${time}: ${state('now')}.`
}

function comparison(compared: number, differences: number): string {
  const found = differences === 0 ? 'the guest sees the same as before' : `${entriesText(differences)} not as before`
  return `Compared ${entriesText(compared)}: ${found}.`
}
