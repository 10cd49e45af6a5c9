// A tree's usage as JSON: the shape that docs/cli.md promises. Pure. Text is bytes (Latin-1).

import type { Sums, UsageRow } from '../../src/index.js'
import type { DfTree } from './df-file-systems.js'
import type { ArrangedUsage } from './df-rows.js'
import { bytesMember, fileSystemMembers, nameOrNull, unfinishedMember } from './entry-json.js'

/** TREE on one line; without `usage`, its file system alone. */
export function dfJson(tree: DfTree, usage: ArrangedUsage | undefined): string {
  const unfinished = JSON.stringify(unfinishedMember(tree.unfinished))
  const members = `${fileSystemMembers(tree)},"unfinished":${unfinished}`
  if (usage === undefined) return `{${members}}`
  const { rows, sideFiles, total } = usage
  const sums = `"sideFiles":{${sumsMembers(sideFiles)}},"total":{${sumsMembers(total)}}`
  return `{${members},"usage":[${rows.map(rowJson).join(',')}],${sums}}`
}

function rowJson(row: UsageRow): string {
  const key = typeof row.key === 'string' ? bytesMember('key', row.key) : `"key":${row.key}`
  return `{${key},"name":${nameOrNull(row.name)},${sumsMembers(row)}}`
}

const sumsMembers = ({ entries, apparentBytes, diskBytes }: Sums): string =>
  `"entries":${entries},"apparentBytes":${apparentBytes},"diskBytes":${diskBytes}`
