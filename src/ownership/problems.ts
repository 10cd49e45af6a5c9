// What can be wrong with the ownership stored for one object, told from the stored bytes and the host's stat
// (reference §1.6; docs/formats.md lists the codes). Pure: evidence.ts collects what is examined here.

import type { HostStat } from '../sys/stat.js'
import { decodeRecord } from './metadata-file-codec.js'
import type { Ownership } from './ownership.js'
import { attributeProblems } from './problems-of-attributes.js'
import { objectProblems } from './problems-of-object.js'
import { recordProblems } from './problems-of-record.js'
import type { StoredForm } from './store.js'
import { decodeXattrs } from './xattr-codec.js'

/** The stable names of all problems. One that is retired is never given to another problem. */
export const PROBLEM_CODES = [
  'attributes-unreadable',
  'big-endian-mode',
  'both-records',
  'device-without-number',
  'foreign-record',
  'hard-link-mismatch',
  'host-special',
  'host-symlink',
  'id-minus-one',
  'macos-width',
  'metadata-not-a-directory',
  'metadata-unreadable',
  'mode-beyond-16-bits',
  'mode-of-unknown-type',
  'mode-without-type',
  'nested-metadata',
  'orphan-records',
  'real-acl',
  'record-crlf',
  'record-duplicate-key',
  'record-empty',
  'record-long-line',
  'record-not-a-file',
  'record-odd-number',
  'record-odd-separator',
  'record-too-long',
  'record-unknown-line',
  'record-unreadable',
  'special-with-content',
  'symlink-empty',
  'symlink-too-long',
  'symlink-with-newline',
  'symlink-with-nul',
  'type-mismatch',
  'unknown-acl',
  'unknown-attribute',
  'wrong-width',
] as const
export type ProblemCode = (typeof PROBLEM_CODES)[number]

/** One thing that is wrong, for scripts (`code`) and for people (`sentence`, without a full stop). */
export interface Problem {
  readonly code: ProblemCode
  readonly sentence: string
}

/** A record of the mapped-file form. `bytes` may be cut at RECORD_MAX + 1. */
export interface RecordEvidence {
  readonly bytes: Buffer
  readonly nlink: number
}

/** What was found on the host about one object. */
export interface Evidence {
  readonly host: Pick<HostStat, 'mode' | 'size' | 'nlink'>
  /** The attributes under `user.virtfs.` and `system.posix_acl_`, by name. */
  readonly attributes: ReadonlyMap<string, Uint8Array> | 'unreadable'
  /** The object's own record; undefined where there is none. */
  readonly record: RecordEvidence | 'unreadable' | 'not-a-file' | undefined
  /** What `.virtfs_metadata` beside the object is. */
  readonly metadata: 'none' | 'directory' | 'not-a-directory' | 'unreadable'
  /** Of a directory: what its own `.virtfs_metadata` holds that belongs to no object, and what is no record. */
  readonly inside: { readonly orphans: readonly string[]; readonly nested: readonly string[] }
  /** The beginning (4,096 bytes at least) of what a symlink's target is read from; undefined where none is. */
  readonly content: Buffer | undefined
}

/** The ownership that a model of this form sees in the evidence. */
export function ownershipIn(
  { attributes, record }: Pick<Evidence, 'attributes' | 'record'>,
  form: StoredForm,
): Ownership {
  if (form === 'xattr') return attributes === 'unreadable' ? {} : decodeXattrs(attributes)
  return form === 'sidecar' && typeof record === 'object' ? decodeRecord(record.bytes) : {}
}

/** Names everything that is wrong with an object of a tree that keeps ownership in `form`; empty when nothing is. */
export function examine(evidence: Evidence, form: StoredForm): Problem[] {
  return [
    ...coexistenceProblems(evidence, form),
    ...(form === 'xattr' ? attributeProblems(evidence) : []),
    ...(form === 'sidecar' ? recordProblems(evidence) : []),
    ...(form === 'inode' ? [] : objectProblems(evidence, ownershipIn(evidence, form), form)),
  ]
}

function coexistenceProblems({ attributes, record }: Evidence, form: StoredForm): Problem[] {
  const hasAttributes = attributes !== 'unreadable' && Object.keys(decodeXattrs(attributes)).length > 0
  const hasRecord = record !== undefined
  if (hasAttributes && hasRecord) {
    const sentence = 'has user.virtfs attributes and a .virtfs_metadata record; each model sees its own only'
    return [{ code: 'both-records', sentence }]
  }
  if (hasAttributes && form !== 'xattr') {
    return [{ code: 'foreign-record', sentence: 'has user.virtfs attributes, which this model does not look at' }]
  }
  if (hasRecord && form !== 'sidecar') {
    return [{ code: 'foreign-record', sentence: 'has a .virtfs_metadata record, which this model does not look at' }]
  }
  return []
}
