// Which model a tree comes from, where the user does not say: a first look tells, and the look through all of it may tell
// otherwise.

import { UsageError } from '../errors.js'
import type { HostDirectory } from '../host/host-directory.js'
import { linuxHost } from '../host/linux-host.js'
import { detectModel } from '../ownership/detect.js'
import { formOf, modelKeptAs, type SecurityModel } from '../ownership/security-models.js'
import { printable } from '../printable.js'
import type { Scan } from './scan.js'

/** What a first look at a few hundred objects says; refuses what has both kinds of records. */
export function guessSource(root: HostDirectory, path: string, to: SecurityModel): SecurityModel {
  const found = detectModel(linuxHost, root)
  if (found.model === undefined) {
    throw new UsageError(
      `Cannot tell what to convert "${printable(path)}" from: it ${found.sentence} (name it with --from)`,
    )
  }
  // What little may be stored somewhere is looked for: a tree in which an earlier conversion left some entries.
  return formOf(found.model) === 'inode' && formOf(to) === 'inode' ? modelKeptAs('xattr') : found.model
}

/**
 * What the look through the whole tree says of a guess: another model to be looked for, or that it was right. `isCopy`: a
 * copy may have its tree's own model.
 */
export function otherSource(
  scan: Scan,
  guess: SecurityModel,
  to: SecurityModel,
  path: string,
  isCopy: boolean,
): SecurityModel | undefined {
  const { withAttributes, withRecord, stored, entries } = scan
  // An earlier conversion has left them; or a guest of passthrough has written them, who would be believed unasked.
  const isOfTwoMinds = guess === to ? stored < entries : stored > 0 && stored < entries
  if (!isCopy && isOfTwoMinds && formOf(to) !== 'inode' && (guess === to || formOf(guess) === 'inode')) {
    throw new UsageError(
      `Cannot tell what to convert "${printable(path)}" from: ${stored} of its ${entries} entries are ${to} already ` +
        `(--from passthrough keeps these and stores what the others are, --from ${to} leaves the others)`,
    )
  }
  const guessed = formOf(guess)
  const target = formOf(to)
  const hasOthers = {
    xattr: withRecord > 0 && target !== 'sidecar',
    sidecar: withAttributes > 0 && target !== 'xattr',
    inode: (withAttributes > 0 && target !== 'xattr') || (withRecord > 0 && target !== 'sidecar'),
  }
  if (guessed === 'xattr' && withAttributes === 0 && withRecord > 0) return modelKeptAs('sidecar')
  if (guessed === 'inode' && target === 'sidecar' && withAttributes > 0 && withRecord === 0) return modelKeptAs('xattr')
  if (guessed === 'inode' && target === 'xattr' && withAttributes === 0 && withRecord > 0) return modelKeptAs('sidecar')
  if (!hasOthers[guessed]) return undefined
  throw new UsageError(
    `Cannot tell what to convert "${printable(path)}" from: it has user.virtfs attributes on ${withAttributes} and ` +
      `.virtfs_metadata records for ${withRecord} of its entries (name one with --from)`,
  )
}
