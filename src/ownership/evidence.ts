// Collects what problems.ts examines: the raw attributes, the record, what is left over in a directory's metadata, and
// the beginning of a symlink's content. Whatever may not be read is said so, or left out; a failing disk is thrown.

import { isErrno } from '../errors.js'
import { type HostDirectory, type NameOrSelf, SELF } from '../host/host-directory.js'
import { listedNames } from '../host/listed-names.js'
import type { Name } from '../name.js'
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../sys/constants.js'
import type { HostStat } from '../sys/stat.js'
import { unlessUnreadable } from './leniency.js'
import { canHoldAttributes, listedAttributes } from './listed-attributes.js'
import { RECORD_MAX } from './metadata-file-codec.js'
import { type Evidence, ownershipIn } from './problems.js'
import { METADATA_DIRECTORY, ROOT_RECORD } from './reserved-names.js'
import { type Surroundings, surroundingsIn } from './surroundings.js'
import { OWN_PREFIX } from './xattr-codec.js'

/** A target that can be followed is shorter. */
const CONTENT_MAX = 4096

/** An object that somebody passes by. */
export interface PassedObject {
  /** The directory that it is in; with `name` being SELF, the export's root. */
  readonly directory: HostDirectory
  readonly name: NameOrSelf
  readonly host: HostStat
  /** Those of the directory. */
  readonly surroundings: Surroundings
}

/** Collects the evidence about one object, whatever its tree keeps ownership in. */
export function gatherEvidence(object: PassedObject): Evidence {
  const { directory, name, host } = object
  const hostType = host.mode & S_IFMT
  const evidence: Evidence = {
    host,
    attributes: canHoldAttributes(host) ? attributesOf(directory, name) : new Map(),
    ...recordOf(object),
    inside: hostType === S_IFDIR ? leftoversIn(directory, name) : { orphans: [], nested: [] },
    content: undefined,
  }
  const isSymlink = (['xattr', 'sidecar'] as const).some(
    (form) => ((ownershipIn(evidence, form).mode ?? 0) & S_IFMT) === S_IFLNK,
  )
  if (!isSymlink || hostType !== S_IFREG || name === SELF) return evidence
  return { ...evidence, content: unlessUnreadable(() => directory.content(name, CONTENT_MAX)) }
}

function attributesOf(directory: HostDirectory, name: NameOrSelf): Evidence['attributes'] {
  const found = new Map<string, Uint8Array>()
  const names = listedAttributes(directory, name)
  if (names === undefined) return 'unreadable'
  try {
    for (const attribute of names.split('\0')) {
      if (!attribute.startsWith(OWN_PREFIX) && !attribute.startsWith('system.posix_acl_')) continue
      const bytes = directory.attribute(name, attribute)
      if (bytes !== undefined) found.set(attribute, bytes)
    }
  } catch (cause) {
    if (isErrno(cause, 'EACCES') || isErrno(cause, 'EPERM')) return 'unreadable'
    throw cause
  }
  return found
}

/** The record of an object, and where it would be. */
export function recordOf({ directory, name, surroundings }: PassedObject): Pick<Evidence, 'record' | 'metadata'> {
  if (name === SELF) return { record: recordAt(directory, ROOT_RECORD), metadata: 'none' }
  const { metadata, records } = surroundings
  return { record: records && recordAt(records, name), metadata }
}

/** One byte more than a record may have is read, so that it shows. */
function recordAt(directory: HostDirectory, name: Name): Evidence['record'] {
  const found = directory.stat(name)
  if (found === undefined) return undefined
  if ((found.mode & S_IFMT) !== S_IFREG) return 'not-a-file'
  try {
    return { bytes: directory.content(name, Math.min(found.size, RECORD_MAX) + 1), nlink: found.nlink }
  } catch (cause) {
    if (isErrno(cause, 'EACCES')) return 'unreadable'
    if (isErrno(cause, 'ENOENT')) return undefined
    throw cause
  }
}

/** What the metadata directory inside a directory holds that belongs to nothing there. */
function leftoversIn(parent: HostDirectory, name: NameOrSelf): Evidence['inside'] {
  const orphans: string[] = []
  const nested: string[] = []
  using opened = name === SELF ? undefined : unlessUnreadable(() => parent.openDirectory(name))
  const directory = opened ?? (name === SELF ? parent : undefined)
  if (directory === undefined) return { orphans, nested }
  using beside = unlessUnreadable(() => surroundingsIn(directory))
  const metadata = beside?.records
  if (metadata === undefined) return { orphans, nested }
  for (const each of unlessUnreadable(() => [...listedNames(metadata)]) ?? []) {
    const record = unlessUnreadable(() => metadata.stat(each))
    if (record === undefined) continue
    const isNamedAsHidden = each === METADATA_DIRECTORY || each === ROOT_RECORD
    if (isNamedAsHidden || (record.mode & S_IFMT) === S_IFDIR) nested.push(each)
    else if (directory.stat(each) === undefined) orphans.push(each)
  }
  return { orphans, nested }
}
