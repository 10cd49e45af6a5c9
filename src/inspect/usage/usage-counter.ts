// Counts the entries of a stretch of a walk. What has several links is told one by one: only whoever has all stretches
// knows which of the links is the first.

import { ErrnoError } from '../../errors.js'
import type { PassedObject } from '../../ownership/evidence.js'
import { S_IFDIR, S_IFMT } from '../../sys/constants.js'
import type { HostStat } from '../../sys/stat.js'
import type { Found } from '../../walk/visitor.js'
import type { EntryReader } from '../entry.js'
import type { Passage } from '../passing-visitor.js'
import { LinkList, type PackedLinks } from './links.js'
import { type Key, Tally, type Sums, sumsOf } from './tally.js'
import type { KeyOf } from './usage-key.js'

/** Something that could not be counted; `path` is relative to the root. */
export interface UsageFailure {
  readonly path: string
  readonly errno: number
  readonly op: string
}

/** What a stretch comes to, in plain data. Links and failures are in the order of the walk. */
export interface UsagePart {
  readonly sums: ReadonlyMap<Key, Sums>
  readonly links: PackedLinks
  readonly failures: readonly UsageFailure[]
}

/** About what a sum or a failure takes. */
const MEMBER_BYTES = 128

export class UsageCounter implements Passage<UsagePart> {
  private tally = new Tally()
  private links = new LinkList()
  private failures: UsageFailure[] = []

  constructor(private readonly keyOf: KeyOf) {}

  get held(): number {
    return this.links.bytes + (this.tally.sums.size + this.failures.length) * MEMBER_BYTES
  }

  pass(object: PassedObject, path: string, reader: EntryReader): void {
    this.count(object.host, this.keyOf(object, path, reader))
  }

  passReserved(host: HostStat): void {
    this.count(host, null)
  }

  failed(path: string, { errno, context }: ErrnoError): void {
    this.failures.push({ path, errno, op: context.op })
  }

  take(): Found<UsagePart> | undefined {
    const { held: bytes, tally, failures } = this
    if (bytes === 0) return undefined
    const links = this.links.pack()
    this.tally = new Tally()
    this.links = new LinkList()
    this.failures = []
    return { result: { sums: tally.sums, links, failures }, bytes, transfer: [links.numbers.buffer] }
  }

  private count(host: HostStat, key: Key): void {
    // The links of a directory are itself and the directories in it.
    if (host.nlink > 1 && (host.mode & S_IFMT) !== S_IFDIR) this.links.add(key, host)
    else this.tally.add(key, sumsOf(host))
  }
}
