// What must hold for every row of the message table, with generated values.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { declaredAttributes, attributes } from '../../src/wire/attributes.js'
import {
  decode,
  decodeFrame,
  encode,
  type Handlers,
  messageOfType,
  replyTo,
  requestOfType,
  rows,
  sizeOf,
} from '../../src/wire/codec.js'
import { HEADER_SIZE } from '../../src/wire/constants.js'
import { Cursor } from '../../src/wire/cursor.js'
import type { Field } from '../../src/wire/fields.js'
import type { Body, MessageName, Request } from '../../src/wire/messages.js'
import { declaredQid, qid } from '../../src/wire/qid.js'
import { bodiesOf, messageNames, runs, valuesOf } from './values.js'

const ROOM = 16384
const untouched = Buffer.alloc(ROOM, 0xee)

/** Puts a frame amid bytes that are not zero, so that reading or writing past it shows. */
function frameOf(message: MessageName, body: unknown): { bytes: Buffer; start: number; size: number } {
  const bytes = Buffer.from(untouched)
  const cursor = new Cursor(bytes)
  const start = 1000
  cursor.position = start
  const size = encode(cursor, 0x1234, message, body as Body<MessageName>)
  return { bytes, start, size }
}

function decodedFrom(bytes: Buffer, message: MessageName, position: number, end: number): unknown {
  const cursor = new Cursor(bytes)
  cursor.reset(bytes, position, end)
  return decode(cursor, message)
}

/** What `attempt` throws; undefined if it does not. */
function refusalOf(attempt: () => unknown): unknown {
  try {
    attempt()
    return undefined
  } catch (refusal) {
    return refusal
  }
}

describe.each(messageNames)('%s', (message) => {
  const hasPayload =
    rows[message].body.kind.of === 'struct' && JSON.stringify(rows[message].body.kind).includes('"data"')

  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(bodiesOf(message), (body) => {
        const { bytes, start, size } = frameOf(message, body)
        expect(decodedFrom(bytes, message, start + HEADER_SIZE, start + size)).toStrictEqual(body)
        expect(decodeFrame(bytes.subarray(start, start + size))).toStrictEqual({ tag: 0x1234, message, body })
      }),
      runs,
    )
  })

  it('says its size and type in its header, and touches no byte outside itself', () => {
    fc.assert(
      fc.property(bodiesOf(message), (body) => {
        const { bytes, start, size } = frameOf(message, body)
        expect(bytes.readUInt32LE(start)).toBe(size)
        expect(bytes[start + 4]).toBe(rows[message].type)
        expect(sizeOf(message, body as Body<MessageName>)).toBe(size)
        expect(bytes.subarray(0, start).equals(untouched.subarray(0, start))).toBe(true)
        expect(bytes.subarray(start + size).equals(untouched.subarray(start + size))).toBe(true)
      }),
      runs,
    )
  })

  it('cut at any shorter length is EPROTO, though bytes lie behind the cut', () => {
    fc.assert(
      fc.property(bodiesOf(message), (body) => {
        const { bytes, start, size } = frameOf(message, body)
        for (let end = start + HEADER_SIZE; end < start + size; end++) {
          expect(refusalOf(() => decodedFrom(bytes, message, start + HEADER_SIZE, end))).toHaveProperty(
            'code',
            'EPROTO',
          )
        }
      }),
      { ...runs, numRuns: 20 },
    )
  })

  it(
    hasPayload ? 'with bytes behind its payload is EINVAL' : 'is read the same with bytes behind its last field',
    () => {
      fc.assert(
        fc.property(bodiesOf(message), (body) => {
          const { bytes, start, size } = frameOf(message, body)
          const read = () => decodedFrom(bytes, message, start + HEADER_SIZE, start + size + 3)
          if (hasPayload) expect(read).toThrow('EINVAL')
          else expect(read()).toStrictEqual(body)
        }),
        { ...runs, numRuns: 20 },
      )
    },
  )

  it('encoded beyond the room there is throws RangeError at every shortage', () => {
    fc.assert(
      fc.property(bodiesOf(message), (body) => {
        const size = sizeOf(message, body as Body<MessageName>)
        for (let room = 0; room < size; room++) {
          const cursor = new Cursor(Buffer.alloc(ROOM))
          cursor.end = room
          expect(refusalOf(() => encode(cursor, 0, message, body as Body<MessageName>))).toBeInstanceOf(RangeError)
        }
      }),
      { ...runs, numRuns: 5 },
    )
  })

  it('random bytes decode or are refused with an errno, and never read past the frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const cursor = new Cursor(Buffer.concat([noise, Buffer.alloc(100_000)]))
        cursor.end = noise.length
        try {
          decode(cursor, message)
        } catch (refusal) {
          expect(refusal).toHaveProperty('errno')
        }
        expect(cursor.position).toBeLessThanOrEqual(noise.length)
      }),
      runs,
    )
  })
})

describe('the table', () => {
  it('gives every message a type of its own, every request an even one and its reply the next', () => {
    expect(new Set(messageNames.map((name) => rows[name].type)).size).toBe(messageNames.length)
    for (const name of messageNames) {
      expect(messageOfType(rows[name].type)).toBe(name)
      if (name.startsWith('R')) {
        expect(requestOfType(rows[name].type)).toBeUndefined()
        continue
      }
      const reply = replyTo(name as Request)
      expect(rows[name].type % 2).toBe(0)
      expect(rows[reply].type).toBe(rows[name].type + 1)
      expect(requestOfType(rows[name].type)).toBe(name)
    }
  })

  it.each([
    ['Tlerror', 6],
    ['Terror', 106],
    ['nothing at all', 255],
  ])('has no row for %s (%i)', (_, type) => {
    expect(messageOfType(type)).toBeUndefined()
    expect(() => decodeFrame(Buffer.from([7, 0, 0, 0, type, 0, 0]))).toThrow('EOPNOTSUPP')
  })

  it('lets a generic dispatcher call the handler of a request with its body', () => {
    const dispatch = async <N extends Request>(handlers: Handlers, message: N, cursor: Cursor, output: Cursor) =>
      encode(output, 1, replyTo(message), await handlers[message](decode(cursor, message)))
    expect(dispatch).toBeTypeOf('function')
  })
})

describe.each<[string, Field<unknown>, Field<unknown>]>([
  ['qid', qid, declaredQid],
  ['attributes', attributes, declaredAttributes],
])('%s by hand', (_, byHand, declared) => {
  const bytesBy = (field: Field<unknown>, value: unknown): Buffer => {
    const cursor = new Cursor(Buffer.alloc(256, 0xee))
    field.write(cursor, value)
    return cursor.bytes.subarray(0, cursor.position)
  }

  it('writes the bytes that the declaration writes, and reads any bytes as it does', () => {
    fc.assert(
      fc.property(valuesOf(declared), fc.uint8Array({ minLength: 200, maxLength: 200 }), (value, noise) => {
        expect(bytesBy(byHand, value)).toEqual(bytesBy(declared, value))
        expect(byHand.size(value)).toBe(declared.size(value))
        expect(byHand.read(new Cursor(Buffer.from(noise)))).toStrictEqual(declared.read(new Cursor(Buffer.from(noise))))
      }),
      runs,
    )
  })
})
