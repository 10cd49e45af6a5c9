// Collects what problems.ts examines: the raw attributes, the record, what is left over in a directory's metadata, and
// the beginning of a symlink's content. Whatever may not be read is said so, or left out; a failing disk is thrown.

import { isErrno } from '../errors.js'
import { O_RDONLY, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../sys/constants.js'
import type { Fd } from '../sys/fd.js'
import { pread } from '../sys/io.js'
import { openDirectory, openPath, reopen } from '../sys/open.js'
import { statx, statxAt } from '../sys/stat.js'
import { getxattr, listxattr } from '../sys/xattr.js'
import { METADATA_DIRECTORY, ROOT_RECORD } from './metadata-directory.js'
import { namesIn } from './names-in.js'
import { type Evidence, ownershipIn } from './problems.js'
import { readBytes } from './record-file.js'
import type { Place, StoredObject } from './store.js'
import { unlessUnreadable } from './leniency.js'
import { OWN_PREFIX } from './xattr-codec.js'

/** A target that can be followed is shorter. */
const CONTENT_MAX = 4096

/** Collects the evidence about one object, whatever its tree keeps ownership in. */
export function gatherEvidence(object: StoredObject): Evidence {
  const host = statx(object.handle())
  const hostType = host.mode & S_IFMT
  const canHoldAttributes = hostType === S_IFREG || hostType === S_IFDIR
  const evidence: Evidence = {
    host,
    attributes: canHoldAttributes ? attributesOf(object.readable() ?? object.handle()) : new Map(),
    ...recordOf(object),
    inside: hostType === S_IFDIR ? leftoversIn(object.handle()) : { orphans: [], nested: [] },
    content: undefined,
  }
  const isSymlink = (['xattr', 'sidecar'] as const).some(
    (form) => ((ownershipIn(evidence, form).mode ?? 0) & S_IFMT) === S_IFLNK,
  )
  return isSymlink && hostType === S_IFREG ? { ...evidence, content: beginningOf(object.readable()) } : evidence
}

function attributesOf(file: Fd): Evidence['attributes'] {
  const found = new Map<string, Uint8Array>()
  try {
    for (const name of listxattr(file)) {
      if (!name.startsWith(OWN_PREFIX) && !name.startsWith('system.posix_acl_')) continue
      const bytes = getxattr(file, name)
      if (bytes !== undefined) found.set(name, bytes)
    }
  } catch (cause) {
    if (isErrno(cause, 'EACCES') || isErrno(cause, 'EPERM')) return 'unreadable'
    if (!isErrno(cause, 'EOPNOTSUPP')) throw cause
  }
  return found
}

function beginningOf(file: Fd | undefined): Buffer | undefined {
  if (file === undefined) return undefined
  const bytes = Buffer.alloc(CONTENT_MAX)
  return bytes.subarray(0, pread(file, bytes, 0))
}

function recordOf(object: StoredObject): Pick<Evidence, 'record' | 'metadata'> {
  if (object.isRoot) return { record: recordAt({ dir: object.handle(), name: ROOT_RECORD }), metadata: 'none' }
  const place = object.place()
  if (place === undefined) return { record: undefined, metadata: 'none' }
  using directory = openPath(place.dir, METADATA_DIRECTORY)
  if (directory === undefined) return { record: undefined, metadata: 'none' }
  if ((statx(directory).mode & S_IFMT) !== S_IFDIR) return { record: undefined, metadata: 'not-a-directory' }
  try {
    return { record: recordAt({ dir: directory, name: place.name }), metadata: 'directory' }
  } catch (cause) {
    if (isErrno(cause, 'EACCES')) return { record: undefined, metadata: 'unreadable' }
    throw cause
  }
}

function recordAt({ dir, name }: Place): Evidence['record'] {
  using handle = openPath(dir, name)
  if (handle === undefined) return undefined
  const { mode, nlink } = statx(handle)
  if ((mode & S_IFMT) !== S_IFREG) return 'not-a-file'
  try {
    using file = reopen(handle, O_RDONLY)
    return { bytes: Buffer.from(readBytes(file)), nlink }
  } catch (cause) {
    if (isErrno(cause, 'EACCES')) return 'unreadable'
    throw cause
  }
}

/** What the metadata directory inside `directory` holds that belongs to nothing there. */
function leftoversIn(directory: Fd): Evidence['inside'] {
  const orphans: string[] = []
  const nested: string[] = []
  using metadata = unlessUnreadable(() => openDirectory(directory, METADATA_DIRECTORY))
  if (metadata === undefined) return { orphans, nested }
  for (const name of namesIn(metadata)) {
    const record = unlessUnreadable(() => statxAt(metadata, name))
    if (record === undefined) continue
    const isNamedAsHidden = name === METADATA_DIRECTORY || name === ROOT_RECORD
    if (isNamedAsHidden || (record.mode & S_IFMT) === S_IFDIR) nested.push(name)
    else if (statxAt(directory, name) === undefined) orphans.push(name)
  }
  return { orphans, nested }
}
