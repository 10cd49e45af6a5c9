// What is wrong with `.virtfs_metadata` and with one record in it (mapped-file).

import { S_IFDIR, S_IFMT } from '../sys/constants.js'
import { atoi, chunksOf, keyOf, RECORD_MAX, valueOf } from './metadata-file-codec.js'
import type { OwnershipKey } from './ownership.js'
import type { Evidence, Problem, RecordEvidence } from './problems.js'

export function recordProblems(evidence: Evidence): Problem[] {
  const { record } = evidence
  return [
    ...directoryProblems(evidence),
    ...insideProblems(evidence),
    ...(typeof record === 'object' ? [...textProblems(record.bytes), ...linkProblems(record, evidence)] : []),
  ]
}

function directoryProblems({ metadata, record }: Evidence): Problem[] {
  if (metadata === 'not-a-directory') {
    const sentence = '.virtfs_metadata beside it is not a directory: nothing is stored, and nothing can be'
    return [{ code: 'metadata-not-a-directory', sentence }]
  }
  if (metadata === 'unreadable') {
    return [
      { code: 'metadata-unreadable', sentence: '.virtfs_metadata beside it cannot be entered; the host shows through' },
    ]
  }
  if (record === 'unreadable') {
    return [{ code: 'record-unreadable', sentence: 'its metadata record cannot be read; the host shows through' }]
  }
  if (record === 'not-a-file') {
    return [{ code: 'record-not-a-file', sentence: 'its metadata record is no regular file; the host shows through' }]
  }
  return []
}

/** How many names a sentence gives before it stops. */
const NAMED = 3

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).map((name) => `"${name.replace(/[^ -~]|["\\]/g, escaped)}"`)
  return names.length > NAMED ? `${shown.join(', ')} and ${names.length - NAMED} more` : shown.join(', ')
}

const escaped = (byte: string): string => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`

function insideProblems({ inside: { orphans, nested } }: Evidence): Problem[] {
  const problems: Problem[] = []
  if (orphans.length > 0) {
    const sentence = `its .virtfs_metadata has records of objects that are not there: ${listed(orphans)}`
    problems.push({ code: 'orphan-records', sentence })
  }
  if (nested.length > 0) {
    const sentence = `its .virtfs_metadata holds what no model writes there: ${listed(nested)}; it keeps rmdir from working`
    problems.push({ code: 'nested-metadata', sentence })
  }
  return problems
}

function textProblems(bytes: Buffer): Problem[] {
  if (bytes.length === 0) {
    return [{ code: 'record-empty', sentence: 'its metadata record is empty, as a crash during a rewrite leaves it' }]
  }
  if (bytes.length > RECORD_MAX) {
    return [
      { code: 'record-too-long', sentence: `its metadata record exceeds ${RECORD_MAX} bytes; it is taken as absent` },
    ]
  }
  const problems: Problem[] = []
  const seen = new Set<OwnershipKey>()
  const chunks = chunksOf(bytes.toString('latin1'))
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0 && !chunks[index - 1]?.endsWith('\n')) {
      problems.push({
        code: 'record-long-line',
        sentence: 'a line of its metadata record exceeds 99 bytes: QEMU reads the rest as another line',
      })
    }
    problems.push(...chunkProblems(chunk, seen))
  }
  return firstOfEach(problems)
}

const NUMBER = /^(0|-?[1-9][0-9]*)\r?\n?$/

function chunkProblems(chunk: string, seen: Set<OwnershipKey>): Problem[] {
  const problems: Problem[] = []
  const key = keyOf(chunk)
  if (chunk.endsWith('\r\n')) {
    problems.push({ code: 'record-crlf', sentence: 'its metadata record has CRLF line ends' })
  }
  if (key === undefined) {
    // Empty lines are what an interrupted rewrite of ours leaves behind the text.
    if (chunk.trim() === '') return problems
    const sentence = 'its metadata record has a line that gives nothing known; the next change drops it'
    return [...problems, { code: 'record-unknown-line', sentence }]
  }
  const { separator, digits } = valueOf(chunk, key)
  if (seen.has(key)) {
    problems.push({
      code: 'record-duplicate-key',
      sentence: `virtfs.${key} stands in its metadata record twice; the last counts`,
    })
  }
  seen.add(key)
  if (separator !== '=') {
    problems.push({
      code: 'record-odd-separator',
      sentence: `virtfs.${key} is not followed by "=" in its metadata record`,
    })
  }
  const value = atoi(digits)
  if (!NUMBER.test(digits) || BigInt(digits.trim()) !== BigInt(value)) {
    const sentence = `virtfs.${key} is no 32-bit decimal number in its metadata record; it is read as ${value}`
    problems.push({ code: 'record-odd-number', sentence })
  }
  return problems
}

function firstOfEach(problems: readonly Problem[]): Problem[] {
  return problems.filter(({ sentence }, index) => problems.findIndex((other) => other.sentence === sentence) === index)
}

/** Names of one file share one record. Directories have one name; what their nlink counts is their subdirectories. */
function linkProblems({ nlink }: RecordEvidence, { host }: Evidence): Problem[] {
  const names = (host.mode & S_IFMT) === S_IFDIR ? 1 : host.nlink
  if (nlink === names) return []
  const sentence =
    nlink > names
      ? `its metadata record has ${nlink} names and it has ${names}: a change here also changes something else`
      : `it has ${names} names and its metadata record ${nlink}: a change here is not seen under every name`
  return [{ code: 'hard-link-mismatch', sentence }]
}
