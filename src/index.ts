// The library's public face: what commands and other programs may import.

export { ErrnoError, errorLine, UsageError } from './errors.js'
export { Conversion } from './convert/conversion.js'
export {
  type ChangeCounts,
  type ChangeKind,
  changeKinds,
  type ConversionObserver,
  type Difference,
  type Failed,
  type LoggedChange,
  type Lost,
  type Outcome,
  type Plan,
  type Refused,
} from './convert/plan.js'
export type { BodyOwner, ConversionRequest, Gate, IdRanges, Intent } from './convert/request.js'
export { entryDirectives, fileSystemDirectives } from './inspect/directives.js'
export type { Entry, ExportFacts, OwnerNames, Source } from './inspect/entry.js'
export type { FileSystemEntry } from './inspect/file-system.js'
export { type FileType, fileType, isDevice, modeLetters } from './inspect/file-type.js'
export { type Directives, type Format, parseFormat, parsePrintf } from './inspect/format.js'
export { Inspector, type InspectorOptions, type WalkPurpose } from './inspect/inspector.js'
export { type ListedObject, listedObject } from './inspect/listed-object.js'
export { type Listed, type Listing, type ListingOptions, listings, type Look } from './inspect/listing.js'
export type { ListingOrder } from './inspect/listing-order.js'
export { type NamingChoice, namingChoices } from './inspect/naming.js'
export { type Owner, parseOwner } from './inspect/owner-text.js'
export { pathBelow } from './inspect/path.js'
export { renderBelow } from './inspect/render-below.js'
export { type EntryRenderer, type Rendered } from './inspect/rendering-visitor.js'
export { Selection, type SelectionRules } from './inspect/selection.js'
export { type UsageKey, usageKeys } from './inspect/usage/usage-key.js'
export { type UsageQuestion, usageOf } from './inspect/usage/usage.js'
export type { Usage, UsageRow } from './inspect/usage/usage-sum.js'
export type { Sums } from './inspect/usage/tally.js'
export { printable, textOf, utf8Of } from './printable.js'
export { isoTime } from './inspect/time.js'
export { bytesOf } from './name.js'
export { allowRoaming } from './sys/working-directory.js'
export type { Certainty, Detection, ForeignHost } from './ownership/detect.js'
export { modelAliases, type SecurityModel, securityModelOf, securityModels } from './ownership/security-models.js'
export { type ModelOptions, openModel } from './ownership/models.js'
export type { Problem, ProblemCode } from './ownership/problems.js'
export { interruption, type Unfinished } from './ownership/unfinished.js'
export {
  type AddressRules,
  formatAddress,
  type InheritedAddress,
  type ListenAddress,
  mountHint,
  parseAddress,
  type ServeAddress,
} from './serve/sockets/address.js'
export { type Export, likenessOf, openExport } from './serve/export.js'
export { keepHeapSmall, keepLittleGarbage } from './heap.js'
export { type ConnectionSettings, viewDefaults } from './serve/connection-settings.js'
export { parseFsdev, parseVirtfs, type QemuExport } from './serve/options/qemu-options.js'
export { multidevsPolicies } from './session/devices.js'
export { shareThrottling, type SharedThrottling } from './session/leaky-buckets.js'
export { isThrottled, throttlingOfFlags, throttlingOptions } from './session/throttling.js'
export type { IdRange } from './ownership/id-map.js'
export { parseId, parseIdRanges, type UsersAndGroups } from './ownership/id-range-syntax.js'
export { squashPolicies } from './view/translated-ids.js'
export { logFrom, type LogLevel, logLevels } from './serve/log.js'
export type { Server } from './serve/server.js'
export { sessionDefaults } from './session/settings.js'
export { type HandedOver, type InheritedSocket, inheritedSockets, takeHandedOver } from './serve/sockets/inherited.js'
export { Notifier, type NotifierOptions } from './serve/notify.js'
export { AllowedPeers } from './serve/sockets/peers.js'
export { raiseDescriptorLimit } from './sys/process.js'
export { DescriptorBudget } from './view/descriptor-budget.js'
export { type GuestView, openView } from './view/view.js'

/** The server, loaded when it is first asked for: whoever only looks at trees starts without sockets and protocol. */
export const loadServer = (): Promise<typeof import('./serve/threads/threaded-server.js')> =>
  import('./serve/threads/threaded-server.js')
