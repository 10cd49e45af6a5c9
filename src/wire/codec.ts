// Messages to and from bytes, by way of the table. Encoding appends to one output buffer, so that the replies to
// everything that arrived together leave with one write; a server reads file data straight into its place there.

import { ErrnoError } from '../errors.js'
import { HEADER_SIZE, PAYLOAD_HEADER_SIZE } from './constants.js'
import { Cursor } from './cursor.js'
import type { Field } from './fields.js'
import { type Body, type MessageName, messages, type ReplyTo, type Request } from './messages.js'

type Rows = { readonly [N in MessageName]: { readonly type: number; readonly body: Field<Body<N>> } }

/** The table seen through one type parameter, so that generic code needs no cast. */
export const rows: Rows = messages

/**
 * One function a request, given the decoded body and whatever `Context` the session passes along. Dispatch is total: a
 * row without a handler, or a handler with another message's reply, does not compile.
 */
export type Handlers<Context extends readonly unknown[] = []> = {
  readonly [N in Request]: (request: Body<N>, ...context: Context) => Body<ReplyTo<N>> | Promise<Body<ReplyTo<N>>>
}

const isRequest = (name: MessageName): name is Request => name.startsWith('T')
const names = Object.keys(messages) as MessageName[]
const byType: readonly (MessageName | undefined)[] = Array.from({ length: 256 }, (_, type) =>
  names.find((name) => rows[name].type === type),
)
const requestsByType: readonly (Request | undefined)[] = byType.map((name) =>
  name !== undefined && isRequest(name) ? name : undefined,
)

/** The message of a frame's type byte; undefined if there is none. */
export const messageOfType = (type: number): MessageName | undefined => byType[type]

/** The request of a frame's type byte; undefined for replies and for what is no message at all. */
export const requestOfType = (type: number): Request | undefined => requestsByType[type]

/** The reply that belongs to `request`. */
export const replyTo = <N extends Request>(request: N): ReplyTo<N> => `R${request.slice(1)}` as ReplyTo<N>

/**
 * Decodes the body that `cursor` stands before. Bytes behind the last field are ignored, as QEMU does. Throws
 * ErrnoError: EPROTO if the frame is too short for its fields, and what each kind of field refuses.
 */
export function decode<N extends MessageName>(cursor: Cursor, message: N): Body<N> {
  return rows[message].body.read(cursor)
}

/**
 * Appends a frame at the cursor's position and returns its size in bytes, header included. To take it back, put the
 * position back. Beyond the cursor's end it throws RangeError, and the bytes from the old position on are undefined.
 */
export function encode<N extends MessageName>(cursor: Cursor, tag: number, message: N, body: Body<N>): number {
  const row = rows[message]
  const start = cursor.reserve(HEADER_SIZE)
  const { view } = cursor
  view.setUint8(start + 4, row.type)
  view.setUint16(start + 5, tag, true)
  row.body.write(cursor, body)
  const size = cursor.position - start
  view.setUint32(start, size, true)
  return size
}

/** Bytes of the frame that `encode` makes of this body, header included. */
export function sizeOf<N extends MessageName>(message: N, body: Body<N>): number {
  return HEADER_SIZE + rows[message].body.size(body)
}

/**
 * The place in the output where the payload of the next Rread or Rreaddir belongs: `count` bytes behind its 11-byte
 * header. A payload that is the front of this buffer is not copied when it is encoded at the same cursor position.
 */
export function payloadAt(cursor: Cursor, count: number): Buffer {
  const start = cursor.position + PAYLOAD_HEADER_SIZE
  if (start + count > cursor.end) throw new RangeError(`Cannot place payload: ${count} bytes do not fit`)
  return cursor.bytes.subarray(start, start + count)
}

/** Any message with its tag: `message` tells which, and so what `body` is. */
export type AnyMessage = {
  readonly [N in MessageName]: { readonly tag: number; readonly message: N; readonly body: Body<N> }
}[MessageName]

/** Decodes one whole frame. Throws ErrnoError: EOPNOTSUPP for a type that is no message, otherwise as `decode` does. */
export function decodeFrame(frame: Buffer): AnyMessage {
  const cursor = new Cursor(frame)
  const start = cursor.claim(HEADER_SIZE)
  cursor.end = Math.min(frame.length, cursor.view.getUint32(start, true))
  const message = messageOfType(cursor.view.getUint8(start + 4))
  if (message === undefined) throw new ErrnoError('EOPNOTSUPP', { op: 'decode frame', type: frame[4]! })
  return { tag: cursor.view.getUint16(start + 5, true), message, body: decode(cursor, message) } as AnyMessage
}

/** Encodes one frame into a buffer of its own: for callers that send few. */
export function encodeFrame<N extends MessageName>(tag: number, message: N, body: Body<N>): Buffer {
  const cursor = new Cursor(Buffer.alloc(sizeOf(message, body)))
  encode(cursor, tag, message, body)
  return cursor.bytes
}
