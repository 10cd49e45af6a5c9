// The edges of each kind of field, and the errnos with which names are refused.

import { describe, expect, it } from 'vitest'
import { decode, decodeFrame, encode, encodeFrame, payloadAt, rows } from '../../src/wire/codec.js'
import { HEADER_SIZE, MAXWELEM, NOFID } from '../../src/wire/constants.js'
import { Cursor } from '../../src/wire/cursor.js'
import { data, type Field, i64, list, mask64, offset64, struct, text, u32, u64 } from '../../src/wire/fields.js'
import type { MessageName } from '../../src/wire/messages.js'

const le64 = (bits: bigint): Cursor => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, bits))
  return new Cursor(bytes)
}

describe('64-bit kinds', () => {
  const most = Number.MAX_SAFE_INTEGER
  it.each<[string, Field<number>, bigint, number]>([
    ['u64 keeps 2^53 - 1', u64, 2n ** 53n - 1n, most],
    ['u64 saturates at 2^53', u64, 2n ** 53n, most],
    ['u64 saturates at 2^64 - 1', u64, 2n ** 64n - 1n, most],
    ['offset64 keeps 2^53 - 1', offset64, 2n ** 53n - 1n, most],
    ['offset64 saturates at 2^53', offset64, 2n ** 53n, most],
    ['offset64 saturates at 2^63 - 1', offset64, 2n ** 63n - 1n, most],
    ['i64 reads all ones as -1', i64, -1n, -1],
    ['i64 keeps -(2^53 - 1)', i64, -(2n ** 53n) + 1n, -most],
    ['i64 saturates at -2^53', i64, -(2n ** 53n), -most],
    ['i64 saturates at -2^63', i64, -(2n ** 63n), -most],
    ['i64 saturates at 2^63 - 1', i64, 2n ** 63n - 1n, most],
    ['mask64 ignores the upper word', mask64, 0xdead_beef_0000_07ffn, 0x7ff],
  ])('%s', (_, field, bits, value) => {
    expect(field.read(le64(bits))).toBe(value)
  })

  it.each([2n ** 63n, 2n ** 64n - 1n])('an offset of %i is EINVAL', (bits) => {
    expect(() => offset64.read(le64(bits))).toThrow('EINVAL')
    const frame = encodeFrame(1, 'Tread', { fid: 1, offset: 0, count: 1 })
    frame.writeBigUInt64LE(bits, HEADER_SIZE + 4)
    expect(() => decodeFrame(frame)).toThrow('EINVAL')
  })
})

describe('Tsetattr', () => {
  /** A Tsetattr whose every field but `valid` has all bits set, as uninitialised memory may. */
  const garbage = (valid: number): Buffer => {
    const frame = Buffer.alloc(67, 0xff)
    frame.set(Buffer.from('430000001a0100', 'hex'))
    frame.writeUInt32LE(valid, HEADER_SIZE + 4)
    return frame
  }

  it('with a size beyond 2^63 is EINVAL', () => {
    expect(() => decodeFrame(garbage(0x8))).toThrow('EINVAL')
  })

  it('with garbage where valid says there is no value is accepted', () => {
    expect(decodeFrame(garbage(0x41))).toMatchObject({ message: 'Tsetattr', body: { fid: NOFID, valid: 0x41 } })
  })
})

/** A frame of `message` in which every name reads `bytes`, put together by hand: encoding cannot make refused ones. */
function frameNaming(message: MessageName, bytes: string): Buffer {
  const parts: Buffer[] = []
  const put = ({ kind }: Field<unknown>): void => {
    if (kind.of === 'struct') kind.fields.forEach(([, field]) => put(field))
    else if (kind.of === 'list') {
      parts.push(Buffer.from([1, 0]))
      put(kind.item)
    } else if (kind.of === 'sized') {
      parts.push(Buffer.alloc(2))
      put(kind.item)
    } else if (['text', 'cstring', 'name', 'walkName', 'changedName'].includes(kind.of)) {
      const value = kind.of === 'cstring' || kind.of === 'text' ? 'x' : bytes
      parts.push(Buffer.from([value.length, 0]), Buffer.from(value, 'latin1'))
    } else {
      parts.push(Buffer.alloc({ u8: 1, u16: 2, u32: 4, data: 4 }[kind.of as string] ?? 8))
    }
  }
  put(rows[message].body)
  const body = Buffer.concat(parts)
  const header = Buffer.from([0, 0, 0, 0, rows[message].type, 1, 0])
  header.writeUInt32LE(header.length + body.length)
  return Buffer.concat([header, body])
}

const withoutBigInts = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? undefined : value)

describe('names', () => {
  const creating = ['Tlcreate', 'Tsymlink', 'Tmknod', 'Tlink', 'Tmkdir', 'Tcreate'] as const
  const renaming = ['Trename', 'Trenameat'] as const
  const refusals: readonly (readonly [MessageName, string, string])[] = [
    ...[...creating, ...renaming, 'Tunlinkat' as const, 'Twalk' as const].flatMap((message) =>
      ['', '/', 'a/b', '/etc/passwd', '../..', 'a\0b', '\0'].map((name) => [message, name, 'ENOENT'] as const),
    ),
    ...creating.flatMap((message) => ['.', '..'].map((name) => [message, name, 'EEXIST'] as const)),
    ...renaming.flatMap((message) => ['.', '..'].map((name) => [message, name, 'EISDIR'] as const)),
    ['Tunlinkat', '.', 'EINVAL'],
    ['Tunlinkat', '..', 'ENOTEMPTY'],
    ...['/', 'a/b', '/etc/passwd', '../..', 'a\0b', '\0'].map((name) => ['Twstat', name, 'ENOENT'] as const),
    ...['.', '..'].map((name) => ['Twstat', name, 'EBUSY'] as const),
  ]

  it.each(refusals)('%s refuses %j with %s', (message, name, errno) => {
    expect(() => decodeFrame(frameNaming(message, name))).toThrow(errno)
  })

  it.each([...creating, ...renaming, 'Tunlinkat', 'Twalk', 'Twstat'] as const)(
    '%s takes any other bytes as they are',
    (message) => {
      for (const name of ['...', '.a', ' ', '\xff\xfe', 'n\xe4me', '\n', '\\', 'x'.repeat(255)]) {
        const body = JSON.stringify(decodeFrame(frameNaming(message, name)).body, withoutBigInts)
        expect(body).toContain(JSON.stringify(name))
      }
    },
  )

  it('a table row that holds a name is one that these tests cover', () => {
    const covered = new Set(refusals.map(([message]) => message))
    const naming = (Object.keys(rows) as MessageName[]).filter((message) =>
      /"of":"(name|walkName|changedName)"/.test(JSON.stringify(rows[message].body.kind)),
    )
    expect(new Set(naming)).toEqual(covered)
  })

  it('Twalk takes "." and ".."', () => {
    const body = { fid: 1, newfid: 2, wnames: ['..', '.'] as const }
    expect(decodeFrame(encodeFrame(1, 'Twalk', body)).body).toEqual(body)
  })

  it('Twalk takes 16 elements and refuses 17 with EINVAL, whatever follows', () => {
    const sixteen = encodeFrame(1, 'Twalk', {
      fid: 1,
      newfid: 2,
      wnames: Array.from({ length: MAXWELEM }, () => '..' as const),
    })
    expect(decodeFrame(sixteen).body).toHaveProperty('wnames.length', 16)
    const seventeen = Buffer.from(sixteen)
    seventeen.writeUInt16LE(17, HEADER_SIZE + 8)
    expect(() => decodeFrame(seventeen)).toThrow('EINVAL')
  })
})

describe('strings', () => {
  it.each([
    ['a symlink target', 'Tsymlink', { dfid: 1, name: 'l', symtgt: 'a\0b', gid: 0 }],
    ['the name of an xattr to read', 'Txattrwalk', { fid: 1, newfid: 2, name: 'user.a\0b' }],
    ['the name of an xattr to set', 'Txattrcreate', { fid: 1, name: 'user.a\0b', attrSize: 1, flags: 0 }],
  ] as const)('NUL in %s is ENOENT', (_, message, body) => {
    const cursor = new Cursor(Buffer.alloc(100))
    const row: Field<unknown> = rows[message].body
    row.write(cursor, body)
    cursor.reset(cursor.bytes, 0, cursor.position)
    expect(() => decode(cursor, message)).toThrow('ENOENT')
  })

  it('an empty xattr name is the way to ask for the list', () => {
    const body = { fid: 1, newfid: 2, name: '' }
    expect(decodeFrame(encodeFrame(1, 'Txattrwalk', body)).body).toEqual(body)
  })

  it('a string of 65,536 bytes cannot be written', () => {
    const body = { target: 'x'.repeat(65536) }
    expect(() => encodeFrame(1, 'Rreadlink', body)).toThrow(RangeError)
    expect(decodeFrame(encodeFrame(1, 'Rreadlink', { target: 'x'.repeat(65535) })).body).toHaveProperty(
      'target.length',
      65535,
    )
  })
})

describe('payloads', () => {
  const write = encodeFrame(1, 'Twrite', { fid: 1, offset: 0, data: Buffer.from('payload') })

  it('are read as a view of the frame', () => {
    const body = decode(positioned(write), 'Twrite')
    expect(body.data.buffer).toBe(write.buffer)
    expect(Buffer.from(body.data).toString()).toBe('payload')
  })

  it('are copies if the cursor says so', () => {
    const cursor = new Cursor(write, { copiesPayload: true })
    cursor.position = HEADER_SIZE
    const { data: payload } = decode(cursor, 'Twrite')
    expect(payload.buffer).not.toBe(write.buffer)
    expect(Buffer.from(payload).toString()).toBe('payload')
  })

  it.each([
    [8, 'EPROTO'],
    [0xffff_ffff, 'EPROTO'],
    [6, 'EINVAL'],
    [0, 'EINVAL'],
  ])('with a count of %i where 7 bytes follow are %s', (count, errno) => {
    const lying = Buffer.from(write)
    lying.writeUInt32LE(count, HEADER_SIZE + 12)
    expect(() => decodeFrame(lying)).toThrow(errno)
  })

  it('read straight into their place are not copied, and look as if they had been', () => {
    const cursor = new Cursor(Buffer.alloc(200, 0xee))
    cursor.position = 50
    const place = payloadAt(cursor, 100)
    place.write('straight from the file')
    const size = encode(cursor, 7, 'Rread', { data: place.subarray(0, 22) })
    const expected = encodeFrame(7, 'Rread', { data: Buffer.from('straight from the file') })
    expect(cursor.bytes.subarray(50, 50 + size)).toEqual(expected)
    expect(cursor.position).toBe(50 + expected.length)
  })

  it('that overlap their place but do not begin there are moved', () => {
    const cursor = new Cursor(Buffer.alloc(200, 0xee))
    cursor.bytes.write('overlapping', 13)
    encode(cursor, 7, 'Rread', { data: cursor.bytes.subarray(13, 24) })
    expect(cursor.bytes.subarray(11, 22).toString()).toBe('overlapping')
  })

  it('have no place beyond the output', () => {
    const cursor = new Cursor(Buffer.alloc(100))
    expect(payloadAt(cursor, 89)).toHaveLength(89)
    expect(() => payloadAt(cursor, 90)).toThrow(RangeError)
  })

  it.each<[string, () => unknown]>([
    ['before another field', () => struct({ data, after: u32 })],
    ['within a struct before another field', () => struct({ inner: struct({ data }), after: text })],
    ['within a list before another field', () => struct({ items: list(struct({ data }), 2, 'EINVAL'), after: u32 })],
  ])('are refused %s when the table loads', (_, load) => {
    expect(load).toThrow(TypeError)
  })
})

function positioned(frame: Buffer): Cursor {
  const cursor = new Cursor(frame)
  cursor.position = HEADER_SIZE
  return cursor
}
