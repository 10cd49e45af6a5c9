// What a conversion is going to do, as tables. Pure. The text is bytes (Latin-1).

import { type ChangeKind, changeKinds, type ConversionRequest, type Plan, printable, utf8Of } from '../../src/index.js'
import { left, right } from './df-form.js'
import { humanSize } from './size-text.js'
import { tableText } from './table-text.js'

const CHANGES: Readonly<Record<ChangeKind, string>> = {
  owner: 'owner and group',
  mode: 'permissions',
  symlink: 'symlink made',
  device: 'device made',
  fifo: 'fifo made',
  socket: 'socket made',
  acl: 'access control list',
  'hard-link': 'hard link',
  copy: 'copied',
}

/** A line that says what is to be converted, a table of the changes, and one of the entries. */
export function planTables(request: Pick<ConversionRequest, 'tree' | 'output'>, plan: Plan): string {
  const changes = changeKinds.map((kind) => [CHANGES[kind], plan.changes[kind]] as const).filter(isThere)
  const entries = [
    ['to be changed', plan.changed],
    ...[['losing something', plan.lost.length] as const].filter(isThere),
    ['in that form already', plan.unchanged],
    ...[
      ['refused', plan.refused.length] as const,
      ['needing privileges', plan.forbidden.length] as const,
      ['failed', plan.failed.length] as const,
    ].filter(isThere),
    ['all', plan.entries],
  ] as const
  const tables = changes.length === 0 ? [entryTable(entries)] : [changeTable(changes), entryTable(entries)]
  return utf8Of([`${heading(request, plan)}\n`, ...tables].join('\n'))
}

type Row = readonly [label: string, count: number]

const isThere = ([, count]: Row): boolean => count > 0
const table = (heading: string) => (rows: readonly Row[]) =>
  tableText(
    [left(heading), right('Entries')],
    rows.map(([label, count]) => [label, String(count)]),
  ).text
const changeTable = table('Change')
const entryTable = table('State')

function heading({ tree, output }: Pick<ConversionRequest, 'tree' | 'output'>, plan: Plan): string {
  const { from, to, isResumed, isAbort, bytesToCopy } = plan
  const name = printable(tree)
  if (isAbort) return `${name}: put back from ${from} to ${to}`
  const where = output === undefined ? 'in place' : `into ${printable(output)}, ${humanSize(bytesToCopy, 1024)} to copy`
  return `${name}: ${from} to ${to}, ${where}${isResumed ? ', resumed' : ''}`
}
