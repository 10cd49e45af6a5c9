// How a tree looks whose conversion to another security model was interrupted: what a guest would see of it is partly the
// one and partly the other. docs/formats.md describes the marks.

import { ErrnoError } from '../errors.js'
import { type HostDirectory, SELF } from '../host/host-directory.js'
import { type Name, nameFromText } from '../name.js'
import { printable } from '../printable.js'
import { S_IFDIR, S_IFMT, S_IFREG } from '../sys/constants.js'
import { type SecurityModel, securityModels } from './security-models.js'

/** What a conversion keeps in the root of the tree that it changes. */
export const CONVERT_DIRECTORY: Name = nameFromText('.virtfs_convert')
/** In that directory, once there is anything to resume. */
export const CONVERT_JOURNAL: Name = nameFromText('journal')
/** An attribute of the root, from before anything is changed until everything is done. */
export const CONVERT_ATTRIBUTE = 'user.virtfs.convert'

/** The models of a conversion, as its journal has them. Plain data. */
export interface Unfinished {
  readonly from: SecurityModel | undefined
  readonly to: SecurityModel | undefined
}

const UNKNOWN: Unfinished = { from: undefined, to: undefined }

/**
 * Recognises an interrupted conversion in a tree's root, or one that is under way; undefined where there is none. A
 * directory of that name without a journal is somebody's own. A guest may have written it all: the journal is believed in
 * nothing but the names of models.
 */
export function unfinishedIn(root: HostDirectory): Unfinished | undefined {
  const inJournal = unlessRefused(() => journalIn(root))
  if (inJournal !== undefined) return inJournal
  return unlessRefused(() => root.attribute(SELF, CONVERT_ATTRIBUTE)) === undefined ? undefined : UNKNOWN
}

/** Why such a tree is not to be used, and what to do; `path` (bytes) is where it is. */
export function interruption({ from, to }: Unfinished, path: string): string {
  const models = from === undefined || to === undefined ? '' : ` from ${from} to ${to}`
  return `a conversion${models} was interrupted there (virtfs convert ${printable(path)} --resume or --abort)`
}

/** Longer than the first line ever is. */
const LINE_MAX = 65_536

function journalIn(root: HostDirectory): Unfinished | undefined {
  if (typeOf(root, CONVERT_DIRECTORY) !== S_IFDIR) return undefined
  using directory = root.openDirectory(CONVERT_DIRECTORY)
  if (typeOf(directory, CONVERT_JOURNAL) !== S_IFREG) return undefined
  const content = unlessRefused(() => directory.content(CONVERT_JOURNAL, LINE_MAX))?.toString('latin1') ?? ''
  return parseHeader(content.slice(0, Math.max(0, content.indexOf('\n'))))
}

const typeOf = (directory: HostDirectory, name: Name): number | undefined => {
  const found = directory.stat(name)
  return found && found.mode & S_IFMT
}

/** Reads the first line of a journal, whoever wrote it. */
function parseHeader(line: string): Unfinished {
  let header: unknown
  try {
    header = JSON.parse(line)
  } catch {
    return UNKNOWN
  }
  if (typeof header !== 'object' || header === null) return UNKNOWN
  const modelIn = (member: string): SecurityModel | undefined =>
    securityModels.find((model) => model === Reflect.get(header, member))
  return { from: modelIn('from'), to: modelIn('to') }
}

/** Where the marks cannot be looked at there are none to go by: the tree may be shown all the same. */
function unlessRefused<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (cause) {
    if (cause instanceof ErrnoError) return undefined
    throw cause
  }
}
