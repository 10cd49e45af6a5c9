// What every connection of an export is told: plain data, which a worker thread gets by message.

import type { SecurityModel } from '../ownership/security-models.js'
import type { ModelOptions } from '../ownership/models.js'
import type { SharedThrottling } from '../session/leaky-buckets.js'
import type { SessionSettings } from '../session/settings.js'
import type { IdSettings } from '../view/translated-ids.js'

/** What guests see of the export. */
export interface ViewSettings {
  readonly isReadOnly: boolean
  readonly ids: IdSettings
  /** What is written does not stay in the page cache: QEMU's writeout=immediate. */
  readonly writesOut: boolean
}

export interface ConnectionSettings {
  readonly securityModel: SecurityModel
  readonly modelOptions: ModelOptions
  readonly view: ViewSettings
  readonly session: SessionSettings
  /** What limits transfers, in memory that all connections share; undefined: nothing. */
  readonly throttling: SharedThrottling | undefined
  /** A connection from which nothing comes for so long, with nothing under way, is ended; undefined: never. */
  readonly idleTimeoutMs: number | undefined
}

export const viewDefaults: ViewSettings = {
  isReadOnly: false,
  ids: { uids: [], gids: [], squash: 'none', anonUid: 65_534, anonGid: 65_534 },
  writesOut: false,
}
