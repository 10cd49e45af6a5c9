// How `virtfs stat` shows an object, in the form that was asked for: in the command itself, or in the threads of a walk,
// which load this module by its address. Pure. Text is bytes (Latin-1).

import {
  type Directives,
  type Entry,
  entryDirectives,
  type EntryRenderer,
  type ErrnoError,
  type FileSystemEntry,
  fileSystemDirectives,
  parseFormat,
  parsePrintf,
  printable,
  type Problem,
} from '../../src/index.js'
import { cannot } from '../support/advice.js'
import { entryJson, fileSystemJson, listed } from './entry-json.js'
import { entryBlock, FILE_SYSTEM_TERSE, fileSystemBlock, TERSE } from './entry-text.js'

/** The form that was asked for: of these, one at most. Plain data. */
export interface Form {
  readonly format?: string | undefined
  readonly printf?: string | undefined
  readonly terse?: boolean
  /** One object a line. */
  readonly jsonl?: boolean
  /** An element of a document's list: see `listed`. */
  readonly json?: boolean
}

/** What is shown: objects, or the file systems that hold them. */
interface Kind<T> {
  readonly directives: Directives<T>
  readonly terse: string
  readonly block: (subject: T) => string
  readonly json: (subject: T) => string
}

const files: Kind<Entry> = { directives: entryDirectives, terse: TERSE, block: entryBlock, json: entryJson }

const fileSystems: Kind<FileSystemEntry> = {
  directives: fileSystemDirectives,
  terse: FILE_SYSTEM_TERSE,
  block: fileSystemBlock,
  json: fileSystemJson,
}

function rendererOf<T>(kind: Kind<T>, { format, printf, terse, jsonl, json }: Form): (subject: T) => string {
  if (printf !== undefined) return parsePrintf(printf, kind.directives)
  const line = terse === true ? kind.terse : format
  if (line !== undefined) {
    const filled = parseFormat(line, kind.directives)
    return (subject) => `${filled(subject)}\n`
  }
  if (json === true) return (subject) => listed(kind.json(subject))
  return jsonl === true ? (subject) => `${kind.json(subject)}\n` : kind.block
}

/** Shows file systems. */
export const fileSystemRenderer = (form: Form): ((entry: FileSystemEntry) => string) => rendererOf(fileSystems, form)

/** See EntryRenderer; `options` is a Form. */
export function createRenderer(options: unknown): EntryRenderer {
  return {
    entry: rendererOf(files, options as Form),
    complaints: ({ path, problems }) => problems.map((problem) => complaint(path, problem)),
    failure: (path: string, error: ErrnoError) => cannot('stat', path, error),
  }
}

const complaint = (path: string, { code, sentence }: Problem): string => `"${printable(path)}": ${code} (${sentence})`
