// What the two sides say to each other, decoded: requests as a test writes them, replies as they came.

import { ErrnoError } from '../../src/errors.js'
import { type AnyMessage, decodeFrame, encodeFrame, rows } from '../../src/wire/codec.js'
import { HEADER_SIZE } from '../../src/wire/constants.js'
import type { Body, Request } from '../../src/wire/messages.js'
import { NO_CHANGE, type StatChange } from '../../src/wire/stat.js'

/** The versions of 9P that a sequence may agree on. */
export const dialects = ['9P2000.L', '9P2000.u'] as const
export type Dialect = (typeof dialects)[number]

/** A request as it is sent: a message of the table, or bytes that are none. */
export type Sent =
  | { readonly [N in Request]: { readonly message: N; readonly body: Body<N> } }[Request]
  | { readonly message: 'frame'; readonly body: { readonly bytes: Buffer; readonly what: string } }

const SILENCES: readonly string[] = ['empty', 'given up', 'ended'] satisfies Silence['message'][]

/** No message at all: a reply of no bytes, a device given up or a stream ended, a process ended. */
interface Silence {
  readonly message: 'empty' | 'given up' | 'ended'
  readonly body: { readonly why: string }
}

/** An Rstat with the count that stands before its record, which nobody needs to decode it. */
interface CountedStat {
  readonly tag: number
  readonly message: 'Rstat'
  readonly body: Body<'Rstat'> & { readonly n: number }
}

/** A message that came back. */
export type Answer = Exclude<AnyMessage, { message: 'Rstat' }> | CountedStat
export type Reply = Answer | Silence

/** Decodes a frame that a side sent, all of it. */
export function decodeReply(frame: Buffer): Reply {
  if (frame.length === 0) return { message: 'empty', body: { why: '' } }
  const size = frame.readUInt32LE(0)
  if (size !== frame.length) throw new Error(`Cannot decode ${frame.length} bytes that say they are ${size}`)
  const reply = decodeFrame(frame)
  if (reply.message !== 'Rstat') return reply
  return { ...reply, body: { ...reply.body, n: frame.readUInt16LE(HEADER_SIZE) } }
}

/** The bytes of a request. Topen and Tlopen both have the layout that is the dialect's own of the two. */
export function encodeRequest(tag: number, sent: Sent, dialect: Dialect): Buffer {
  if (sent.message === 'frame') return sent.body.bytes
  if (sent.message !== 'Topen' && sent.message !== 'Tlopen') return encodeFrame(tag, sent.message, sent.body)
  const { fid } = sent.body
  const bits = sent.message === 'Topen' ? sent.body.mode : sent.body.flags
  const frame =
    dialect === '9P2000.L'
      ? encodeFrame(tag, 'Tlopen', { fid, flags: bits })
      : encodeFrame(tag, 'Topen', { fid, mode: bits & 0xff })
  frame[4] = rows[sent.message].type
  return frame
}

/** A message and a body that somebody's types have paired, as the one of the union that it is. */
export const sentOf = (message: Sent['message'], body: object): Sent => ({ message, body }) as unknown as Sent

/** How a request is refused in each dialect. */
const REFUSALS = { '9P2000.L': 'Rlerror', '9P2000.u': 'Rerror' } as const

/** What came of a request, in a word: the reply's name, or the errno's, which says so where it is another dialect's. */
export function outcomeOf(reply: Reply, dialect: Dialect): string {
  if (reply.message !== 'Rlerror' && reply.message !== 'Rerror') return reply.message
  const { code } = new ErrnoError(reply.message === 'Rlerror' ? reply.body.ecode : reply.body.errno, { op: 'answer' })
  return reply.message === REFUSALS[dialect] ? code : `${reply.message} ${code}`
}

/** True for a refusal, in the words of either dialect. */
export const isRefusal = ({ message }: Reply): boolean => message === 'Rlerror' || message === 'Rerror'

/** True for a reply that is no refusal. */
export const isSuccess = (reply: Reply): reply is Answer => !isRefusal(reply) && !SILENCES.includes(reply.message)

/** A request as it would be written in a hand-written case. */
export function shown({ message, body }: Sent): string {
  if (message === 'Twstat') return `await pair.send('Twstat', ${shownChange(body)})`
  // An attribute's name is any string.
  return `await pair.send('${message}', ${members(body, message.startsWith('Txattr') ? ['name'] : [])})`
}

/** A change as what it does not leave alone. */
function shownChange({ fid, stat }: Body<'Twstat'>): string {
  const changed = Object.entries(stat).filter(([key, value]) => NO_CHANGE[key as keyof StatChange] !== value)
  return `wstat(${fid}, ${members(Object.fromEntries(changed))})`
}

function members(body: object, plain: readonly string[] = []): string {
  const shown = Object.entries(body).map(([key, value]) => {
    const brand = plain.includes(key) ? undefined : brands[key]
    return `${key}: ${brand === undefined ? literal(value) : brand(value)}`
  })
  return shown.length === 0 ? '{}' : `{ ${shown.join(', ')} }`
}

/** How a case writes the members that are more than strings and numbers. */
const brands: Readonly<Record<string, (value: unknown) => string>> = {
  uid: (value) => `guestUid(${literal(value)})`,
  nUname: (value) => `guestUid(${literal(value)})`,
  nUid: (value) => `guestUid(${literal(value)})`,
  nGid: (value) => `guestGid(${literal(value)})`,
  gid: (value) => `guestGid(${literal(value)})`,
  name: (value) => `name(${literal(value)})`,
  oldname: (value) => `name(${literal(value)})`,
  newname: (value) => `name(${literal(value)})`,
  wnames: (value) => `names(${(value as string[]).map(literal).join(', ')})`,
}

/** From here on repeated bytes are written as such. */
const LONG = 30

function literal(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Uint8Array) return `bytes(${literal(Buffer.from(value).toString('latin1'))})`
  if (typeof value !== 'string') return String(value)
  const isFill = value.length > LONG && value === value.charAt(0).repeat(value.length)
  return isFill ? `'${escaped(value.charAt(0))}'.repeat(${value.length})` : `'${[...value].map(escaped).join('')}'`
}

function escaped(char: string): string {
  if (char === "'" || char === '\\') return `\\${char}`
  return char < ' ' || char > '~' ? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}` : char
}
