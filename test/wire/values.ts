// Generated values for any row of the message table, made from the table's own description of itself: a new row is
// covered by existing.

import fc from 'fast-check'
import type { Field } from '../../src/wire/fields.js'
import { rows } from '../../src/wire/codec.js'
import type { MessageName } from '../../src/wire/messages.js'
import { seed } from '../support/seed.js'

export const runs = { seed }

export const messageNames = Object.keys(rows) as MessageName[]

const latin1 = (least: number, refused = ''): fc.Arbitrary<string> =>
  fc
    .array(
      fc
        .integer({ min: 0, max: 255 })
        .map((byte) => String.fromCharCode(byte))
        .filter((char) => !refused.includes(char)),
      { minLength: least, maxLength: 80 },
    )
    .map((chars) => chars.join(''))

const component = latin1(1, '/\0').filter((text) => text !== '.' && text !== '..')
const edges = (values: readonly number[]) => fc.constantFrom(...values)
const safe = fc.oneof(fc.maxSafeNat(), edges([0, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]))

/** Values that the field can both write and read back. */
export function valuesOf({ kind }: Field<unknown>): fc.Arbitrary<unknown> {
  switch (kind.of) {
    case 'u8':
      return fc.integer({ min: 0, max: 0xff })
    case 'u16':
      return fc.integer({ min: 0, max: 0xffff })
    case 'u32':
    case 'mask64':
      return fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), edges([0x7fff_ffff, 0x8000_0000, 0xffff_ffff]))
    case 'id64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    case 'u64':
    case 'offset64':
      return safe
    case 'i64':
      return fc.oneof(fc.maxSafeInteger(), edges([-1, -(2 ** 32), -(2 ** 32) - 1, Number.MIN_SAFE_INTEGER]))
    case 'text':
      return latin1(0)
    case 'cstring':
      return latin1(0, '\0')
    case 'name':
      return component
    case 'walkName':
      return fc.oneof(component, fc.constantFrom('.', '..'))
    case 'changedName':
      return fc.oneof(component, fc.constant(''))
    case 'sized':
      return valuesOf(kind.item)
    case 'data':
      return fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes))
    case 'list':
      return fc.array(valuesOf(kind.item), { maxLength: kind.most })
    case 'struct':
      return fc.record(Object.fromEntries(kind.fields.map(([key, field]) => [key, valuesOf(field)])), {
        noNullPrototype: true,
      })
  }
}

/** Bodies of one message. A Tsetattr that says it has a size has one that is not negative. */
export const bodiesOf = (message: MessageName): fc.Arbitrary<unknown> =>
  valuesOf(rows[message].body).map((body) => (message === 'Tsetattr' ? withValidSize(body as { size: number }) : body))

const withValidSize = (body: { size: number }) => ({ ...body, size: Math.abs(body.size) })
