// What every thread of a conversion is told: plain data.

import type { SelectionRules } from '../inspect/selection.js'
import { IdMap } from '../ownership/id-map.js'
import { formOf, type SecurityModel } from '../ownership/security-models.js'
import type { StoredForm } from '../ownership/store.js'
import type { Credentials } from '../sys/credentials.js'
import type { Look, ObjectTimes } from './journal.js'
import type { Gate, IdRanges } from './request.js'

/** What the files of a mapped tree are on the host. An absent member stays as it is. */
export interface Bodies {
  readonly uid: number | undefined
  readonly gid: number | undefined
  readonly fmode: number | undefined
  readonly dmode: number | undefined
}

export interface ConversionSettings {
  readonly from: SecurityModel
  readonly to: SecurityModel
  /** Objects are made anew in another tree. */
  readonly isCopy: boolean
  readonly ids: IdRanges
  /** `ids` are to be read from right to left: an interrupted conversion is put back. */
  readonly isBack: boolean
  readonly bodies: Bodies
  /** Objects that are to have other looks: those that they had. */
  readonly exceptions: readonly Look[]
  /** Times that symlinks of the host had before an interrupted run may have read them. */
  readonly symlinks: readonly ObjectTimes[]
  /** How most of the source's files look on the host. */
  readonly looks: Bodies
  readonly gate: Gate
  /** Of whoever runs this. */
  readonly credentials: Credentials
  readonly rules: SelectionRules
  /** The file system to stay on, as in HostStat; every one where absent. */
  readonly dev: number | undefined
  /** What an earlier run has begun is there, too. */
  readonly isResumed: boolean
  /** Memory of the inodes that were in the target's form before the first run, or had nothing stored: they are left. */
  readonly left: SharedArrayBuffer | undefined
  readonly isLogged: boolean
}

/** The forms of storage that a conversion is between. */
export const formsOf = ({
  from,
  to,
}: Pick<ConversionSettings, 'from' | 'to'>): { from: StoredForm; to: StoredForm } => ({
  from: formOf(from),
  to: formOf(to),
})

/** What becomes of an id; it throws EOVERFLOW for one that no range has. */
export interface IdTranslation {
  readonly isIdentity: boolean
  uid(id: number): number
  gid(id: number): number
}

type IdSettings = Pick<ConversionSettings, 'from' | 'to' | 'ids' | 'isBack'>

/**
 * The guest's ids on one side of a conversion as ids on the other. `--map-uid GUEST:HOST:COUNT` means the same whichever
 * way a tree goes: the guest's are those that a mapped model stores.
 */
export const idTranslation = (settings: IdSettings): IdTranslation => translation(settings.ids, isToGuest(settings))

/** What `idTranslation` makes of ids, made undone. */
export const idsUndone = (settings: IdSettings): IdTranslation => translation(settings.ids, !isToGuest(settings))

/** Every id is itself. */
export const sameIds: IdTranslation = translation({ uids: [], gids: [] }, false)

function isToGuest({ from, to, isBack }: IdSettings): boolean {
  const forms = formsOf({ from, to })
  return forms.from === 'inode' ? forms.to !== 'inode' : isBack && forms.to !== 'inode'
}

function translation(ids: IdRanges, toGuest: boolean): IdTranslation {
  const uids = new IdMap(ids.uids)
  const gids = new IdMap(ids.gids)
  return {
    isIdentity: uids.isIdentity && gids.isIdentity,
    uid: (id) => (toGuest ? uids.toGuestStrictly(id) : uids.toHost(id)),
    gid: (id) => (toGuest ? gids.toGuestStrictly(id) : gids.toHost(id)),
  }
}
