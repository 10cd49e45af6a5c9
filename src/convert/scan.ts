// The look through a whole tree, put together: what is to be said of it, and what is to be done.

import { ErrnoError } from '../errors.js'
import type { HostDirectory } from '../host/host-directory.js'
import type { ThreadPool } from '../pool/thread-pool.js'
import type { Identity } from '../walk/task.js'
import { walk } from '../walk/walk.js'
import { DirectoryTable, type Place, ROOT } from './directory-table.js'
import type { Look, ObjectTimes } from './journal.js'
import type { LinkPlace } from './link-converter.js'
import {
  type ChangeCounts,
  type ChangeKind,
  changeKinds,
  type Failed,
  type Lost,
  noChanges,
  type Refused,
} from './plan.js'
import type { LinkedName, NamesIn, ScanFailure, ScanPart } from './scan-part.js'
import { ScanVisitor } from './scan-visitor.js'
import type { ConversionSettings } from './settings.js'
import { TimesTable } from './times-table.js'

/** Names in one directory. */
export interface PlacedNames {
  readonly place: Place
  /** Each with a slash behind it. */
  readonly names: string
}

/** An object with several names, in the order of the walk. */
export interface LinkGroup {
  readonly names: readonly LinkPlace[]
}

export interface Scan {
  readonly entries: number
  readonly changes: ChangeCounts
  readonly changed: number
  readonly unchanged: number
  readonly bytesToCopy: number
  readonly refused: readonly Refused[]
  readonly forbidden: readonly Refused[]
  readonly lost: readonly Lost[]
  readonly failed: readonly Failed[]
  readonly directories: DirectoryTable
  readonly isRootChanged: boolean
  readonly work: readonly PlacedNames[]
  readonly partial: readonly PlacedNames[]
  readonly links: readonly LinkGroup[]
  /** Names of objects with several, which cannot all keep what is their own, or their number. */
  readonly linkLosses: readonly string[]
  readonly left: readonly bigint[]
  readonly looks: readonly Look[]
  readonly symlinks: Iterable<ObjectTimes>
  readonly withAttributes: number
  readonly withRecord: number
  readonly stored: number
  readonly reserved: readonly string[]
  readonly elsewhere: readonly string[]
}

const VISITOR = new URL('./scan-visitor.js', import.meta.url).href

export interface ScanOptions {
  readonly pool: ThreadPool
  readonly looked: ((entries: number) => void) | undefined
}

/** Looks at everything below `root`, and at the root itself. Changes nothing. */
export async function scanTree(
  root: HostDirectory,
  settings: ConversionSettings,
  { pool, looked }: ScanOptions,
): Promise<Scan> {
  const host = root.stat('.')
  if (host === undefined) throw new ErrnoError('ENOENT', { op: 'look at a tree' })
  const sum = new ScanSum(new DirectoryTable(host), settings)
  const visitor = new ScanVisitor(settings)
  const isRootChanged = visitor.visitRoot(root, host)
  const found = visitor.take()
  if (found !== undefined) sum.add(found.result)
  const parts = walk<ScanPart>(root, { module: VISITOR, options: settings }, { progress: looked, pool })
  for await (const part of parts) sum.add(part)
  return sum.finished(isRootChanged)
}

class ScanSum {
  private readonly counts = {
    entries: 0,
    changed: 0,
    unchanged: 0,
    bytesToCopy: 0,
    withAttributes: 0,
    withRecord: 0,
    stored: 0,
  }
  private readonly changes: Record<ChangeKind, number> = { ...noChanges }
  private readonly refused: Refused[] = []
  private readonly forbidden: Refused[] = []
  private readonly lost: Lost[] = []
  private readonly failed: Failed[] = []
  private readonly work: PlacedNames[] = []
  private readonly partial: PlacedNames[] = []
  private readonly left: bigint[] = []
  private readonly looks: Look[] = []
  private readonly symlinks = new TimesTable()
  private readonly reserved: string[] = []
  private readonly elsewhere: string[] = []
  private readonly linkLosses: string[] = []
  private readonly links = new Map<string, LinkedName[]>()

  constructor(
    private readonly directories: DirectoryTable,
    private readonly settings: ConversionSettings,
  ) {}

  add(part: ScanPart): void {
    for (const key of Object.keys(this.counts) as (keyof typeof this.counts)[]) this.counts[key] += part[key]
    for (const kind of changeKinds) this.changes[kind] += part.changes[kind] ?? 0
    for (const directory of part.directories) this.directories.add(directory)
    append(this.refused, part.refused)
    append(this.forbidden, part.forbidden)
    append(this.lost, part.lost)
    append(this.failed, part.failed.map(failedOf))
    append(
      this.work,
      part.work.map((names) => this.placed(names)),
    )
    append(
      this.partial,
      part.partial.map((names) => this.placed(names)),
    )
    append(this.left, part.left)
    append(this.looks, part.looks)
    for (const times of part.symlinks) this.symlinks.add(times)
    append(this.reserved, part.reserved)
    append(this.elsewhere, part.elsewhere)
    for (const linked of part.linked) {
      const key = `${linked.dev}:${linked.ino}`
      const group = this.links.get(key)
      if (group === undefined) this.links.set(key, [linked])
      else group.push(linked)
    }
  }

  finished(isRootChanged: boolean): Scan {
    const links = [...this.links.values()].flatMap((group) => {
      const reason = this.whyLeft(group)
      if (reason === undefined) return this.grouped(group)
      this.leave(group, reason)
      return []
    })
    const { counts, directories, refused, forbidden, lost, failed, work, partial, left, looks } = this
    return {
      ...counts,
      ...{ changes: this.changes, directories, refused, forbidden, lost, failed, work, partial, left, looks },
      ...{ isRootChanged, links, linkLosses: this.linkLosses, symlinks: this.symlinks },
      ...{ reserved: this.reserved, elsewhere: this.elsewhere },
    }
  }

  private placed({ directory, names }: NamesIn): PlacedNames {
    return { place: this.placeOf(directory), names }
  }

  private placeOf(directory: Identity): Place {
    return this.directories.placeOf(directory) ?? ROOT
  }

  /** None of an object's names is changed unless all are: it would become two objects. */
  private whyLeft(group: readonly LinkedName[]): string | undefined {
    if (this.settings.isCopy) return undefined
    if (group.some(({ isRefused }) => isRefused)) return 'another of its names cannot be converted'
    const isSeen = this.failed.length === 0 || group.length === group[0]!.nlink
    return isSeen ? undefined : 'another of its names may be in what could not be looked at'
  }

  private leave(group: readonly LinkedName[], reason: string): void {
    for (const { directory, name, changes, isRefused } of group) {
      // It has been told of.
      if (isRefused) continue
      this.counts.changed -= 1
      for (const kind of changes) this.changes[kind] -= 1
      const path = this.pathOf({ place: this.placeOf(directory), name })
      this.refused.push({ path, reason })
    }
  }

  /** What several names of one object cannot all have is lost. */
  private grouped(group: readonly LinkedName[]): LinkGroup {
    const [lead] = group
    const names = group.map(({ directory, name }) => ({ place: this.placeOf(directory), name }))
    const leadPath = this.pathOf(names[0]!)
    group.forEach(({ stat }, index) => {
      const first = lead!.stat
      if (stat === undefined || first === undefined) return
      if (stat.uid === first.uid && stat.gid === first.gid && stat.mode === first.mode) return
      const what = `owner and mode of its own: it is the same file as ${JSON.stringify(leadPath)}`
      this.loseLink(this.pathOf(names[index]!), what)
    })
    const outside = lead!.nlink - group.length
    if (lead!.isReplaced && outside > 0) {
      const many = outside === 1 ? 'another name' : `${outside} other names`
      for (const name of names) {
        this.loseLink(this.pathOf(name), `hard link: it has ${many} outside of what is converted`)
      }
    }
    return { names }
  }

  private loseLink(path: string, what: string): void {
    this.lost.push({ path, what })
    this.linkLosses.push(path)
  }

  private pathOf({ place, name }: LinkPlace): string {
    const directory = this.directories.pathOf(place)
    return directory === '' ? name : `${directory}/${name}`
  }
}

const failedOf = ({ path, errno, op }: ScanFailure): Failed => ({ path, error: new ErrnoError(errno, { op }) })

/** Not by spreading, which puts all on the stack. */
function append<T>(to: T[], from: readonly T[]): void {
  for (const each of from) to.push(each)
}
