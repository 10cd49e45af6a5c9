// What keeps a whole tree from being converted, told before anything is changed.

import { UsageError } from '../errors.js'
import type { HostDirectory } from '../host/host-directory.js'
import { descriptorOf } from '../host/linux-host.js'
import { formOf } from '../ownership/security-models.js'
import { XattrStore } from '../ownership/xattr-store.js'
import { printable } from '../printable.js'
import { cannotConvert } from './held-tree.js'
import type { JournalHeader } from './journal.js'
import type { ConversionRequest } from './request.js'
import type { Failed } from './plan.js'
import type { PreviousRun } from './previous-run.js'
import type { Scan } from './scan.js'

/** include/uapi/linux/magic.h: file systems that have neither owners nor symlinks. */
const OWNERLESS: Readonly<Record<number, string>> = { 0x4d44: 'vfat', 0x2011_bab0: 'exfat' }

/** Refuses a target that its file system cannot hold. */
export function refuseTarget(
  { from, to, ids }: JournalHeader,
  target: HostDirectory,
  { tree, output }: ConversionRequest,
): void {
  const path = output ?? tree
  const form = formOf(to)
  if (form === 'xattr' && new XattrStore().refusalOf(descriptorOf(target)) !== undefined) {
    throw cannotConvert(path, 'EOPNOTSUPP', 'its file system keeps no user attributes; use --to mapped-file')
  }
  const ownerless = form === 'inode' ? OWNERLESS[target.statfs().type] : undefined
  if (ownerless !== undefined) {
    throw cannotConvert(
      path,
      'EOPNOTSUPP',
      `${ownerless} keeps neither owners nor symlinks; use --output on another file system`,
    )
  }
  if (output === undefined && formOf(from) === form && ids.uids.length + ids.gids.length > 0 && from === to) {
    throw new UsageError(
      `Cannot map ids of "${printable(tree)}": it stays ${to}, so that it could not be told which were mapped (use --output)`,
    )
  }
}

/** Refuses what the look through the tree has found. */
export function refuseScan(
  { reserved, elsewhere, failed, stored }: Scan,
  { to }: JournalHeader,
  { tree, from, output, isOneFileSystem }: ConversionRequest,
  { isBegun, isAmidLinks }: Pick<PreviousRun, 'isBegun' | 'isAmidLinks'>,
): void {
  if (isAmidLinks && failed.length > 0 && output === undefined) {
    const [{ path, error }] = failed as readonly [Failed]
    throw new UsageError(
      `Cannot go on with the conversion of "${printable(tree)}": "${printable(path)}" could not be looked at, ` +
        `and may be a name of an object of which other names are changed (${error.code}; mend it, then run this again)`,
    )
  }
  if (elsewhere.length > 0 && output === undefined && !isOneFileSystem) {
    const others = elsewhere.length === 1 ? 'another file system is' : 'other file systems are'
    throw new UsageError(
      `Cannot convert "${printable(tree)}": ${others} mounted in it, at "${printable(elsewhere[0]!)}" ` +
        '(leave it out with -x, and convert it by itself)',
    )
  }
  // What is stored whole under that name is an earlier conversion's; or a guest's, who is believed only when it is asked for.
  if (reserved.length === 0 || isBegun || (stored > 0 && from !== undefined)) return
  const more = reserved.length === 1 ? '' : ` and ${reserved.length - 1} more`
  throw new UsageError(
    `Cannot convert "${printable(tree)}" to ${to}: it keeps its own data under the name of "${printable(reserved[0]!)}"${more} ` +
      '(rename it)',
  )
}
