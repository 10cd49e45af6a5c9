// Converts directories once everything in them has been converted: what is beside their entries goes, they change
// themselves, and their times are what they were before.

import { isErrno } from '../errors.js'
import { type HostDirectory, type NameOrSelf, SELF } from '../host/host-directory.js'
import type { Name } from '../name.js'
import { namesIn } from '../ownership/names-in.js'
import { dropRecord } from '../ownership/record-file.js'
import { METADATA_DIRECTORY, ROOT_RECORD } from '../ownership/reserved-names.js'
import type { StoredForm } from '../ownership/store.js'
import { surroundingsIn } from '../ownership/surroundings.js'
import { AT_REMOVEDIR, S_IFREG } from '../sys/constants.js'
import { unlinkat } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'
import { openDirectory } from '../sys/open.js'
import { statx, statxAt } from '../sys/stat.js'
import { type HostStatTimes, setTimes } from './bodies.js'
import type { EntryConverter } from './entry-converter.js'
import { typeOf } from './mode.js'
import { type ConversionSettings, formsOf } from './settings.js'
import type { Tally } from './tally.js'

export class DirectoryConverter {
  private readonly from: StoredForm

  constructor(
    settings: ConversionSettings,
    private readonly converter: EntryConverter,
  ) {
    this.from = formsOf(settings).from
  }

  /**
   * Converts what is under a name of `parent` and known to be `directory`; the root is SELF in itself. Unless
   * `isChanged` it stays what it is, but for its times.
   */
  convert(
    parent: HostDirectory,
    name: NameOrSelf,
    directory: Fd,
    isChanged: boolean,
    path: string,
    tally: Tally,
  ): void {
    if (this.from === 'sidecar') {
      removeMetadata(directory)
      // Of a part of the tree that was exported by itself. What guests are not shown they are not to find.
      if (name !== SELF) dropRecord(directory, ROOT_RECORD)
    }
    if (!isChanged) return
    using surroundings = surroundingsIn(parent)
    const considered = this.converter.consideration.changeAt(parent, name, surroundings)
    if (considered === undefined) return
    this.converter.convert(parent, name, considered, considered.decision)
    tally.count(() => path, considered.decision)
  }
}

/** Gives a directory its times back, if it has others. */
export function restoreTimes(directory: Fd, wanted: HostStatTimes): void {
  const found = statx(directory)
  const isSame =
    found.mtimeSec === wanted.mtimeSec &&
    found.mtimeNsec === wanted.mtimeNsec &&
    found.atimeSec === wanted.atimeSec &&
    found.atimeNsec === wanted.atimeNsec
  if (!isSame) setTimes(directory, wanted)
}

/**
 * Removes the metadata directory once no object has a record any more. Records of objects that do not exist are shown to
 * nobody, and go with it; what is no record stays, and so does the directory.
 */
function removeMetadata(directory: Fd): void {
  using metadata = unlessNone(() => openDirectory(directory, METADATA_DIRECTORY))
  if (metadata === undefined) return
  let isEmpty = true
  for (const name of [...namesIn(metadata)]) {
    if (isOrphan(metadata, directory, name)) unlinkat(metadata, name)
    else isEmpty = false
  }
  if (isEmpty) unlinkat(directory, METADATA_DIRECTORY, AT_REMOVEDIR)
}

const isOrphan = (metadata: Fd, directory: Fd, name: Name): boolean => {
  const record = statxAt(metadata, name)
  return record !== undefined && typeOf(record.mode) === S_IFREG && statxAt(directory, name) === undefined
}

/** What is no directory there holds no records. */
function unlessNone<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (cause) {
    if (isErrno(cause, 'ENOENT') || isErrno(cause, 'ENOTDIR') || isErrno(cause, 'ELOOP')) return undefined
    throw cause
  }
}
