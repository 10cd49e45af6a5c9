// What a user asks a conversion to do. Plain data; paths are bytes (Latin-1).

import type { SelectionRules } from '../inspect/selection.js'
import type { IdRange } from '../ownership/id-map.js'
import type { SecurityModel } from '../ownership/security-models.js'

/** Ranges of the guest's ids that are ranges of other ids under passthrough and none; none at all: each is itself. */
export interface IdRanges {
  readonly uids: readonly IdRange[]
  readonly gids: readonly IdRange[]
}

/** Whom the files of a mapped tree belong to on the host. */
export interface BodyOwner {
  readonly uid: number
  readonly gid: number
}

/** Which claims of the guest may become true on the host. */
export interface Gate {
  /** Regular files with set-user-id or set-group-id. */
  readonly allowsSetid: boolean
  /** Character and block devices. */
  readonly allowsDevices: boolean
}

/** How a conversion that was interrupted is to go on, if there is one. */
export type Intent =
  /** Begin, or go on with the same conversion where one was interrupted. */
  | 'convert'
  /** Go on with the interrupted one, whatever it was. */
  | 'resume'
  /** Put back what the interrupted one has changed. */
  | 'abort'

export interface ConversionRequest {
  readonly tree: string
  /** Recognised by what is stored when absent. */
  readonly from: SecurityModel | undefined
  /** May be absent for `resume` and `abort` only. */
  readonly to: SecurityModel | undefined
  /** Build this directory and leave the tree alone; in place when absent. */
  readonly output: string | undefined
  readonly ids: IdRanges
  /** For a mapped target. When absent, files that were the guest's own become `caller`'s, and others stay whose they are. */
  readonly owner: BodyOwner | undefined
  /** Whoever runs this. */
  readonly caller: BodyOwner
  /** Permissions of files and directories in a mapped target; likewise, 0600 and 0700 when absent. */
  readonly fmode: number | undefined
  readonly dmode: number | undefined
  readonly gate: Gate
  /** Leave what the caller has not the privilege for, instead of refusing the whole. */
  readonly skipsForbidden: boolean
  readonly rules: SelectionRules
  readonly isOneFileSystem: boolean
  /** Go on although another process has the tree open. */
  readonly ignoresOpeners: boolean
  /** How many threads; as many as there are processors when absent. */
  readonly jobs: number | undefined
  /** Compare the guest's view before and after. */
  readonly verifies: boolean
  /** Keep a log of each change for `ConversionObserver.logged`. */
  readonly isLogged: boolean
  readonly intent: Intent
}
