// Goes through a tree that is to be converted and changes nothing: says of each object what is to become of it.

import { ErrnoError } from '../errors.js'
import { type HostDirectory, type NameOrSelf, SELF } from '../host/host-directory.js'
import { Selection } from '../inspect/selection.js'
import type { Name } from '../name.js'
import type { PassedObject } from '../ownership/evidence.js'
import { METADATA_DIRECTORY, ROOT_RECORD } from '../ownership/reserved-names.js'
import type { StoredForm } from '../ownership/store.js'
import { type Surroundings, surroundingsIn } from '../ownership/surroundings.js'
import { ATTRIBUTE_OF } from '../ownership/xattr-codec.js'
import type { HostStat } from '../sys/stat.js'
import type { Found, Visitor } from '../walk/visitor.js'
import { dataBytesOf } from './copy-content.js'
import { Consideration } from './consideration.js'
import type { Change, Refusal } from './decision.js'
import type { Look, ObjectTimes } from './journal.js'
import { CONVERT_DIRECTORY } from '../ownership/unfinished.js'
import { isDirectory, permissionsOf, typeOf } from './mode.js'
import type { Observation } from './observation.js'
import type { ChangeKind, Lost, Refused } from './plan.js'
import type { DirectoryIdentity, LinkedName, MetDirectory, NamesIn, ScanFailure, ScanPart } from './scan-part.js'
import { type ConversionSettings, formsOf } from './settings.js'
import { S_IFLNK, S_IFREG } from '../sys/constants.js'

/** See VisitorModule. */
export function createVisitor(options: unknown): ScanVisitor {
  return new ScanVisitor(options as ConversionSettings)
}

interface Context {
  readonly identity: DirectoryIdentity
  readonly surroundings: Surroundings
}

/** About what a member of a part takes. */
const MEMBER_BYTES = 128

export class ScanVisitor implements Visitor<ScanPart, Context> {
  private readonly consideration: Consideration
  private readonly selection: Selection
  private readonly from: StoredForm
  private readonly to: StoredForm
  private part = new GrowingPart()

  constructor(private readonly settings: ConversionSettings) {
    const { from, to } = formsOf(settings)
    this.from = from
    this.to = to
    this.consideration = new Consideration(settings)
    this.selection = new Selection(settings.rules)
  }

  get held(): number {
    return this.part.bytes
  }

  enter(directory: HostDirectory): Context {
    const stat = directory.stat(SELF)
    if (stat === undefined) throw new ErrnoError('ENOENT', { op: 'look into a directory' })
    return { identity: { dev: stat.dev, ino: stat.ino }, surroundings: surroundingsIn(directory) }
  }

  leave({ surroundings }: Context): void {
    surroundings[Symbol.dispose]()
  }

  visit(directory: HostDirectory, name: Name, path: string, { identity, surroundings }: Context): HostStat | undefined {
    if (path === CONVERT_DIRECTORY || this.isReserved(name, path)) return undefined
    const host = directory.stat(name)
    if (host === undefined) throw new ErrnoError('ENOENT', { op: 'look at an entry that was listed' })
    const isEntered = isDirectory(host.mode)
    if (!this.selection.admits(path, isEntered)) return undefined
    if (this.settings.dev !== undefined && host.dev !== this.settings.dev) {
      this.part.elsewhere.push(path)
      return undefined
    }
    const isChanged =
      this.selection.wants(path, isEntered) && this.consider({ directory, name, host, surroundings }, path, identity)
    if (!isEntered) return undefined
    this.part.directories.push({ parent: identity, name, isChanged, ...identityOf(host), ...timesOf(host) })
    return host
  }

  /** The root is no entry of any directory. */
  visitRoot(root: HostDirectory, host: HostStat): boolean {
    if (!this.selection.wants('', true)) return false
    using surroundings = surroundingsIn(root)
    return this.consider({ directory: root, name: SELF, host, surroundings }, '.', undefined)
  }

  failed(path: string, { errno, context }: ErrnoError): void {
    this.part.failed.push({ path: path === '' ? '.' : path, errno, op: context.op })
  }

  take(): Found<ScanPart> | undefined {
    const { part } = this
    if (part.bytes === 0) return undefined
    this.part = new GrowingPart()
    return { result: part.whole, bytes: part.bytes }
  }

  /** Says what is to become of an object; true where that is a change. */
  private consider(object: PassedObject, path: string, directory: DirectoryIdentity | undefined): boolean {
    const { observation, decision } = this.consideration.of(object)
    const { part } = this
    part.entries += 1
    this.note(observation, object)
    if (decision.kind === 'leave') {
      part.unchanged += 1
      for (const what of decision.lost) part.lost.push({ path, what })
      if (this.isToBeRemembered(observation)) part.left.push(observation.host.ino)
      return false
    }
    if (decision.kind === 'refuse') {
      const { reason, isForbidden } = decision
      const refused = isForbidden ? part.forbidden : part.refused
      refused.push({ path, reason })
      if (this.consideration.decider.isPartial(observation)) part.left.push(observation.host.ino)
      // A copy has it as it is.
      if (directory !== undefined && (this.settings.isCopy || object.host.nlink > 1))
        this.add(object, directory, decision)
      return this.settings.isCopy
    }
    this.count(decision, observation, path)
    if (!decision.isReplaced) this.noteLook(observation)
    else if (typeOf(observation.host.mode) === S_IFLNK)
      part.symlinks.push({ ino: observation.host.ino, ...timesOf(observation.host) })
    if (directory !== undefined) this.add(object, directory, decision)
    if (directory !== undefined && !decision.isStored && this.isCompletedFirst(observation)) {
      addName(part.partial, directory, object.name)
    }
    return true
  }

  /** A run that goes on has to tell what it has changed itself from what was so before. */
  private isToBeRemembered({ isStored }: Observation): boolean {
    return !this.settings.isCopy && !this.settings.isResumed && (this.from !== 'inode' || isStored)
  }

  /** True for what has to be stored whole before anything else is done. */
  private isCompletedFirst(observation: Observation): boolean {
    return !this.settings.isCopy && !this.settings.isResumed && this.consideration.decider.isPartial(observation)
  }

  private add({ name, host }: PassedObject, directory: DirectoryIdentity, decision: Change | Refusal): void {
    if (isDirectory(host.mode) || name === SELF) return
    if (host.nlink === 1) addName(this.part.work, directory, name)
    else this.part.linked.push({ ...identityOf(host), directory, name, nlink: host.nlink, ...this.linkedAs(decision) })
  }

  private linkedAs(decision: Change | Refusal): Pick<LinkedName, 'changes' | 'isReplaced' | 'isRefused' | 'stat'> {
    const { isCopy } = this.settings
    if (decision.kind === 'refuse') return { changes: [], isReplaced: isCopy, isRefused: true, stat: undefined }
    const { changes, isReplaced, stat } = decision
    return { changes, isReplaced: isReplaced || isCopy, isRefused: false, stat }
  }

  private count({ changes, lost }: Change, { host, ownership }: Observation, path: string): void {
    const { part } = this
    part.changed += 1
    for (const change of changes) part.changes[change] = (part.changes[change] ?? 0) + 1
    for (const what of lost) part.lost.push({ path, what })
    const isContent =
      typeOf(host.mode) === S_IFREG && (ownership.mode === undefined || typeOf(ownership.mode) === S_IFREG)
    if (this.settings.isCopy && isContent) part.bytesToCopy += dataBytesOf(host)
  }

  /** For the way back. Objects that a new one takes the place of get the usual looks. */
  private noteLook({ host: { ino, uid, gid, mode } }: Observation): void {
    const { isCopy, isResumed, looks } = this.settings
    if (isCopy || isResumed || this.from === 'inode') return
    const usual = isDirectory(mode) ? looks.dmode : looks.fmode
    const isUsual = uid === (looks.uid as number) && gid === (looks.gid as number) && permissionsOf(mode) === usual
    if (!isUsual) this.part.looks.push({ ino, uid, gid, mode })
  }

  /** What is found of other models tells whether the source is what it was taken for. */
  private note({ attributes, isStored }: Observation, { name, directory, surroundings }: PassedObject): void {
    if (isStored) this.part.stored += 1
    if (OWN_ATTRIBUTES.some((attribute) => attributes.includes(attribute))) this.part.withAttributes += 1
    if (surroundings.records === undefined && name !== SELF) return
    const record = name === SELF ? directory.stat(ROOT_RECORD) : surroundings.records?.stat(name)
    if (record !== undefined) this.part.withRecord += 1
  }

  /** mapped-file's own data is nobody's entry where the source or the target is that. */
  private isReserved(name: NameOrSelf, path: string): boolean {
    if (name !== METADATA_DIRECTORY && name !== ROOT_RECORD) return false
    if (this.from !== 'sidecar' && this.to !== 'sidecar') return false
    if (this.from !== 'sidecar') this.part.reserved.push(path)
    return true
  }
}

const OWN_ATTRIBUTES = Object.values(ATTRIBUTE_OF)

const identityOf = ({ dev, ino }: HostStat): DirectoryIdentity => ({ dev, ino })
const timesOf = ({ atimeSec, atimeNsec, mtimeSec, mtimeNsec }: HostStat) => ({
  ...{ atimeSec, atimeNsec, mtimeSec, mtimeNsec },
})

interface GrowingNames {
  readonly directory: DirectoryIdentity
  readonly names: NameOrSelf[]
}

function addName(lists: GrowingNames[], directory: DirectoryIdentity, name: NameOrSelf): void {
  const last = lists.at(-1)
  if (last?.directory.ino === directory.ino && last.directory.dev === directory.dev) last.names.push(name)
  else lists.push({ directory, names: [name] })
}

/** Put together at once: a string that has grown name by name takes five times as much. */
const wholeNames = ({ directory, names }: GrowingNames): NamesIn => ({ directory, names: `${names.join('/')}/` })

class GrowingPart {
  entries = 0
  unchanged = 0
  changed = 0
  bytesToCopy = 0
  withAttributes = 0
  withRecord = 0
  stored = 0
  readonly changes: Partial<Record<ChangeKind, number>> = {}
  readonly refused: Refused[] = []
  readonly forbidden: Refused[] = []
  readonly lost: Lost[] = []
  readonly failed: ScanFailure[] = []
  readonly directories: MetDirectory[] = []
  readonly work: GrowingNames[] = []
  readonly linked: LinkedName[] = []
  readonly partial: GrowingNames[] = []
  readonly left: bigint[] = []
  readonly looks: Look[] = []
  readonly symlinks: ObjectTimes[] = []
  readonly reserved: string[] = []
  readonly elsewhere: string[] = []

  get whole(): ScanPart {
    return { ...this, work: this.work.map(wholeNames), partial: this.partial.map(wholeNames) }
  }

  get bytes(): number {
    const members =
      this.refused.length + this.forbidden.length + this.lost.length + this.failed.length + this.directories.length
    return (
      this.entries * 8 + (members + this.linked.length + this.reserved.length + this.elsewhere.length) * MEMBER_BYTES
    )
  }
}
