// A directory read to its end: how many replies that takes, and in what order its entries come, is the host's business.

import type { Body } from '../../src/wire/messages.js'
import { readDirents } from '../../src/wire/dirents.js'
import type { Reply, Sent } from './messages.js'

/** What a directory was read as, and how it ended. */
export interface Listing {
  readonly payloads: readonly Uint8Array[]
  readonly end: string
}

/** Asks one side. */
export type Ask = (sent: Sent) => Promise<Reply>

/** Replies of one listing before we believe that it has no end. */
const REPLIES_MAX = 1000
/** More than any record takes. */
const LARGE = 1 << 17

/** Goes on with a Treaddir from where each reply ends, as only the server knows what its positions mean. */
export async function listEntries(ask: Ask, { fid, count }: Body<'Treaddir'>, first: Uint8Array): Promise<Listing> {
  const payloads = [first]
  for (let payload = first; payload.length > 0;) {
    if (payloads.length > REPLIES_MAX) return { payloads, end: 'none' }
    const { offset } = readDirents(payload).at(-1)!
    const reply = await ask({ message: 'Treaddir', body: { fid, offset, count } })
    if (reply.message !== 'Rreaddir') return { payloads, end: reply.message }
    payload = reply.body.data
    payloads.push(payload)
  }
  return { payloads, end: 'empty' }
}

/**
 * Goes on with a Tread of a directory. An empty reply may mean the end or a record that does not fit: what more there is,
 * a large read brings, and `end` says that there was more.
 */
export async function listRecords(
  ask: Ask,
  { fid, offset, count }: Body<'Tread'>,
  first: Uint8Array,
): Promise<Listing> {
  const small = await readOn(ask, { fid, count, offset: offset + first.length }, first)
  if (small.end !== 'empty') return small
  const { payloads, end } = await readOn(ask, { fid, count: LARGE, offset: offset + lengthOf(small.payloads) })
  if (payloads.length === 0) return small
  return { payloads: [...small.payloads, ...payloads], end: end === 'empty' ? 'a record that does not fit' : end }
}

async function readOn(ask: Ask, { fid, count, offset }: Body<'Tread'>, first?: Uint8Array): Promise<Listing> {
  const payloads = first === undefined ? [] : [first]
  for (let at = offset; first?.length !== 0;) {
    if (payloads.length > REPLIES_MAX) return { payloads, end: 'none' }
    const reply = await ask({ message: 'Tread', body: { fid, offset: at, count } })
    if (reply.message !== 'Rread') return { payloads, end: reply.message }
    if (reply.body.data.length === 0) break
    payloads.push(reply.body.data)
    at += reply.body.data.length
  }
  return { payloads, end: 'empty' }
}

const lengthOf = (payloads: readonly Uint8Array[]): number => payloads.reduce((sum, { length }) => sum + length, 0)
