// What the two sides say to each other, decoded: requests as a test writes them, replies as they came.

import { ErrnoError } from '../../src/errors.js'
import { type AnyMessage, decodeFrame, encodeFrame } from '../../src/wire/codec.js'
import type { Body, Request } from '../../src/wire/messages.js'

/** The versions of 9P that a sequence may agree on. */
export type Dialect = '9P2000.L'

/** A request as it is sent: a message of the table, or bytes that are none. */
export type Sent =
  | { readonly [N in Request]: { readonly message: N; readonly body: Body<N> } }[Request]
  | { readonly message: 'frame'; readonly body: { readonly bytes: Buffer; readonly what: string } }

/** No message at all: a reply of no bytes, a device given up, a stream ended. */
interface Silence {
  readonly message: 'empty' | 'given up'
  readonly body: { readonly why: string }
}

export type Reply = AnyMessage | Silence

/** Decodes a frame that a side sent, all of it. */
export function decodeReply(frame: Buffer): Reply {
  if (frame.length === 0) return { message: 'empty', body: { why: '' } }
  const size = frame.readUInt32LE(0)
  if (size !== frame.length) throw new Error(`Cannot decode ${frame.length} bytes that say they are ${size}`)
  return decodeFrame(frame)
}

/** The bytes of a request. */
export function encodeRequest(tag: number, sent: Sent): Buffer {
  return sent.message === 'frame' ? sent.body.bytes : encodeFrame(tag, sent.message, sent.body)
}

/** A message and a body that somebody's types have paired, as the one of the union that it is. */
export const sentOf = (message: Sent['message'], body: object): Sent => ({ message, body }) as unknown as Sent

/** What came of a request, in a word: the reply's name, or the errno's. */
export function outcomeOf(reply: Reply): string {
  if (reply.message === 'Rlerror') return new ErrnoError(reply.body.ecode, { op: 'answer' }).code
  if (reply.message === 'Rerror') return `Rerror ${new ErrnoError(reply.body.errno, { op: 'answer' }).code}`
  return reply.message
}

/** True for a reply that is no refusal. */
export const isSuccess = (reply: Reply): reply is AnyMessage =>
  !['Rlerror', 'Rerror', 'empty', 'given up'].includes(reply.message)

/** A request as it would be written in a hand-written case. */
export function shown({ message, body }: Sent): string {
  const members = Object.entries(body).map(([key, value]) => {
    const brand = brands[key]
    // An attribute's name is any string.
    const isPlain = brand === undefined || (key === 'name' && message.startsWith('Txattr'))
    return `${key}: ${isPlain ? literal(value) : brand(value)}`
  })
  return `await pair.send('${message}', { ${members.join(', ')} })`
}

/** How a case writes the members that are more than strings and numbers. */
const brands: Readonly<Record<string, (value: unknown) => string>> = {
  uid: (value) => `guestUid(${literal(value)})`,
  nUname: (value) => `guestUid(${literal(value)})`,
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
