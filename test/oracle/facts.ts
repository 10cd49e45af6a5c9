// What a reply says, as facts by name that can be compared between two sides: everything in it but what is one side's
// own business, and each thing left out or rewritten for a reason that stands beside it.

import { type Dirent, readDirents } from '../../src/wire/dirents.js'
import type { Attributes } from '../../src/wire/attributes.js'
import type { Body } from '../../src/wire/messages.js'
import type { Qid } from '../../src/wire/qid.js'
import { readStatRecords, type StatRecord } from '../../src/wire/stat.js'
import type { Clock } from './clock.js'
import type { HostTree } from './host-tree.js'
import { type Dialect, outcomeOf, type Reply } from './messages.js'

export type Fact = string | number | bigint | boolean
export type Facts = Readonly<Record<string, Fact>>

/** What facts are taken from, besides the reply. */
export interface Witness {
  readonly tree: HostTree
  readonly clock: Clock
  /** True while the data that Tread brings is a list of attribute names. */
  readonly isNameList: boolean
  /** The dialect that the session agreed on. */
  readonly dialect: Dialect
}

/** The facts of a reply. The tag is not one of them: whoever waits for a reply finds it by that. */
export function factsOf(reply: Reply, witness: Witness): Facts {
  return { outcome: outcomeOf(reply, witness.dialect), ...bodyFacts(reply, witness) }
}

function bodyFacts(reply: Reply, witness: Witness): Facts {
  const { tree } = witness
  switch (reply.message) {
    case 'Rlerror':
    case 'empty':
    case 'given up':
    case 'ended':
      return {}
    case 'Rerror':
      return { ename: reply.body.ename }
    case 'Rgetattr':
      return attributeFacts(reply.body, witness)
    case 'Rstat':
      return { n: reply.body.n, ...recordFacts('', reply.body.stat, witness) }
    case 'Rstatfs':
      return statfsFacts(reply.body)
    case 'Rread':
      return dataFacts(Buffer.from(reply.body.data), witness.isNameList)
    case 'Rreaddir':
      // One reply of a listing depends on the host's order and positions; see `listingFacts`.
      return {}
    case 'Rwalk':
      return Object.assign(
        { length: reply.body.wqids.length },
        ...reply.body.wqids.map((qid, index) => qidFacts(`wqids[${index}]`, qid, tree)),
      ) as Facts
    default:
      return plainFacts(reply.body, tree)
  }
}

/** Every member as it is, qids apart. */
function plainFacts(body: object, tree: HostTree): Facts {
  const facts: Record<string, Fact> = {}
  for (const [key, value] of Object.entries(body) as [string, Fact | Qid][]) {
    if (typeof value === 'object') Object.assign(facts, qidFacts(key, value, tree))
    else facts[key] = value
  }
  return facts
}

/**
 * A qid's type and which object it is. The version is left out: both servers make it of the time of modification, which
 * the clock sets at another moment on each side, and by formulas that differ on purpose (reference §8 row 27).
 */
const qidFacts = (key: string, { type, path }: Qid, tree: HostTree): Facts => ({
  [`${key}.type`]: type,
  [`${key}.is`]: tree.identityOf(path),
})

function attributeFacts(attributes: Attributes, { tree, clock }: Witness): Facts {
  const { qid, blocks, atimeSec, atimeNsec, mtimeSec, mtimeNsec, ctimeSec, ctimeNsec, gen, ...plain } = attributes
  const time = (sec: number, nsec: number): string => clock.show(BigInt(sec) * 1_000_000_000n + BigInt(nsec))
  return {
    ...plain,
    ...qidFacts('qid', qid, tree),
    ...(tree.countsBlocksAlike ? { blocks } : {}),
    atime: time(atimeSec, atimeNsec),
    mtime: time(mtimeSec, mtimeNsec),
    ctime: time(ctimeSec, ctimeNsec),
    // The host draws a generation by lot for each inode; that there is one is said in `valid`.
    gen: gen === 0n ? 'none' : 'some',
  }
}

/** A record of 9P2000.u. It tells times in whole seconds. */
function recordFacts(prefix: string, record: StatRecord, { tree, clock }: Witness): Facts {
  const { qid, atime, mtime, ...plain } = record
  return {
    ...Object.fromEntries(Object.entries(plain).map(([key, value]) => [`${prefix}${key}`, value])),
    ...qidFacts(`${prefix}qid`, qid, tree),
    [`${prefix}atime`]: clock.showSecond(atime),
    [`${prefix}mtime`]: clock.showSecond(mtime),
  }
}

/** How much is free moves while anybody works on the file system: what counts is that it is no more than there is. */
function statfsFacts({ bfree, bavail, ffree, ...fixed }: Body<'Rstatfs'>): Facts {
  return {
    ...fixed,
    isFreePlausible: bavail <= bfree && bfree <= fixed.blocks && ffree <= fixed.files,
  }
}

/** The host lists attribute names in an order that depends on where each lies in the inode or behind it. */
function dataFacts(data: Buffer, isNameList: boolean): Facts {
  if (!isNameList) return { count: data.length, data: data.toString('latin1') }
  return { count: data.length, data: data.toString('latin1').split('\0').sort().join('\0') }
}

/**
 * All entries of a directory, by name: order and positions are the host's. How many replies they came in depends on the
 * order too.
 */
export function listingFacts(payloads: readonly Uint8Array[], tree: HostTree): Facts {
  const facts: Record<string, Fact> = {}
  for (const { name, qid, type } of payloads.flatMap((payload): Dirent[] => readDirents(payload))) {
    const key = `entry "${name}"`
    if (`${key}.type` in facts) facts[`${key} is there twice`] = true
    Object.assign(facts, qidFacts(`${key}.qid`, qid, tree), { [`${key}.type`]: type })
  }
  return facts
}

/** The same for a directory that was read as records. */
export function recordListingFacts(payloads: readonly Uint8Array[], witness: Witness): Facts {
  const facts: Record<string, Fact> = {}
  for (const record of payloads.flatMap((payload) => readStatRecords(payload))) {
    const key = `entry "${record.name}"`
    if (`${key}.name` in facts) facts[`${key} is there twice`] = true
    Object.assign(facts, recordFacts(`${key}.`, record, witness))
  }
  return facts
}

/** One thing that the two sides say differently; a fact that one of them does not have is undefined. */
export interface Disagreement {
  readonly fact: string
  readonly qemu: Fact | undefined
  readonly ours: Fact | undefined
}

/** What two sides' facts differ in. Where their outcomes do, nothing else can be compared. */
export function disagreements(qemu: Facts, ours: Facts): Disagreement[] {
  if (qemu['outcome'] !== ours['outcome']) return [differing('outcome', qemu, ours)]
  const names = new Set([...Object.keys(qemu), ...Object.keys(ours)])
  return [...names].filter((name) => qemu[name] !== ours[name]).map((name) => differing(name, qemu, ours))
}

const differing = (fact: string, qemu: Facts, ours: Facts): Disagreement => ({
  fact,
  qemu: qemu[fact],
  ours: ours[fact],
})
