// The receive side: whatever the pieces in which a stream arrives, the same frames come out.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from '../../src/wire/codec.js'
import { FrameReader, type FrameReaderOptions } from '../../src/wire/frames.js'
import { runs } from './values.js'

const MSIZE = 8192

/** Delivers `bytes` as a socket would: at most `chunk()` at a time, never more than the tail holds. */
function readAll(reader: FrameReader, bytes: Buffer, chunk: () => number): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const tail = reader.tail()
    expect(tail.length).toBeGreaterThan(0)
    const count = bytes.copy(tail, 0, at, Math.min(at + chunk(), bytes.length))
    at += count
    reader.received(count)
    while (reader.next()) frames.push(copyOf(reader))
  }
  return frames
}

function copyOf({ cursor, size, type, tag }: FrameReader): Buffer {
  const frame = Buffer.from(cursor.bytes.subarray(cursor.end - size, cursor.end))
  expect([type, tag, cursor.position]).toEqual([frame[4], frame.readUInt16LE(5), cursor.end - size + 7])
  return frame
}

function expectSame(got: readonly Buffer[], frames: readonly Buffer[]): void {
  expect(got.map(({ length }) => length)).toEqual(frames.map(({ length }) => length))
  expect(Buffer.concat(got).equals(Buffer.concat(frames))).toBe(true)
}

const write = (tag: number, length: number): Buffer =>
  encodeFrame(tag, 'Twrite', { fid: tag, offset: 0, data: Buffer.alloc(length, tag) })

const stream = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: MSIZE - 23 })), {
    minLength: 1,
    maxLength: 30,
  })
  .map((lengths) => lengths.map((length, tag) => write(tag, length)))
const options = fc.record<FrameReaderOptions>({ capacity: fc.constantFrom(7, 64, 1000, MSIZE, 65536) })

describe('a stream of frames', () => {
  it('comes out the same in random pieces, whatever the buffer begins with', () => {
    fc.assert(
      fc.property(stream, options, fc.infiniteStream(fc.integer({ min: 1, max: 20_000 })), (frames, option, pieces) => {
        const chunk = () => pieces.next().value as number
        expectSame(readAll(new FrameReader(MSIZE, option), Buffer.concat(frames), chunk), frames)
      }),
      runs,
    )
  })

  it('comes out the same one byte at a time', () => {
    const frames = [write(1, 0), write(2, 100), write(3, MSIZE - 23), write(4, 5), write(5, 1)]
    for (const capacity of [7, 64, 200, 65536]) {
      expectSame(
        readAll(new FrameReader(MSIZE, { capacity }), Buffer.concat(frames), () => 1),
        frames,
      )
    }
  })

  it('comes out the same split in two at every place', () => {
    const frames = [write(1, 3), write(2, 0), write(3, 40)]
    const bytes = Buffer.concat(frames)
    for (let cut = 1; cut < bytes.length; cut++) {
      const pieces = [cut]
      const chunk = () => pieces.shift() ?? bytes.length
      expectSame(readAll(new FrameReader(MSIZE, { capacity: 64 }), bytes, chunk), frames)
    }
  })

  it('comes out the same if frames are left unread for a while', () => {
    fc.assert(
      fc.property(stream, options, fc.infiniteStream(fc.integer({ min: 0, max: 3 })), (frames, option, patience) => {
        const reader = new FrameReader(MSIZE, option)
        const bytes = Buffer.concat(frames)
        const got: Buffer[] = []
        for (let at = 0; at < bytes.length;) {
          const count = bytes.copy(reader.tail(), 0, at)
          at += count
          reader.received(count)
          for (let n = patience.next().value as number; n > 0 && reader.next(); n--) got.push(copyOf(reader))
        }
        while (reader.next()) got.push(copyOf(reader))
        expectSame(got, frames)
      }),
      runs,
    )
  })
})

describe('the buffer', () => {
  const receive = (reader: FrameReader, bytes: Buffer): void => reader.received(bytes.copy(reader.tail()))

  it('shows a frame where it lies, without copying', () => {
    const reader = new FrameReader(MSIZE)
    const tail = reader.tail()
    receive(reader, write(1, 10))
    expect(reader.next()).toBe(true)
    expect(reader.cursor.bytes.buffer).toBe(tail.buffer)
  })

  it('does not grow by what a frame claims, only by what arrived', () => {
    const reader = new FrameReader(1 << 20, { capacity: 1024 })
    receive(reader, Buffer.from('0000100076', 'hex'))
    expect(reader.next()).toBe(false)
    expect(reader.tail().length).toBe(1024 - 5)
    receive(reader, Buffer.alloc(1024 - 5))
    expect(reader.tail().length).toBe(1024)
  })

  it('of a frame of the full limit grows to the limit and no further', () => {
    const reader = new FrameReader(5000, { capacity: 64 })
    const [frame] = readAll(reader, write(1, 5000 - 23), () => 5000)
    expect(frame).toHaveLength(5000)
    expect(reader.tail()).toHaveLength(5000)
  })

  it('moves a partial frame to the front once it cannot end in its place', () => {
    const reader = new FrameReader(MSIZE, { capacity: 100 })
    receive(reader, Buffer.concat([write(1, 37), write(2, 37).subarray(0, 30)]))
    expect(reader.next()).toBe(true)
    expect(reader.next()).toBe(false)
    expect(reader.tail().length).toBe(70)
    receive(reader, write(2, 37).subarray(30))
    expect(reader.next()).toBe(true)
    expect(copyOf(reader)).toEqual(write(2, 37))
  })

  it('does not believe in more bytes than its tail had', () => {
    const reader = new FrameReader(MSIZE, { capacity: 100 })
    expect(() => reader.received(101)).toThrow(RangeError)
  })
})

describe('a frame of a bad size', () => {
  it.each([0, 6, MSIZE + 1, 0xffff_ffff])(
    '(%i bytes) ends the stream for good as soon as four bytes are there',
    (size) => {
      const reader = new FrameReader(MSIZE)
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32LE(size)
      reader.received(bytes.copy(reader.tail(), 0, 0, 3))
      expect(reader.next()).toBe(false)
      reader.received(bytes.copy(reader.tail(), 0, 3))
      expect(() => reader.next()).toThrow('EMSGSIZE')
      expect(() => reader.next()).toThrow('EMSGSIZE')
    },
  )

  it('is judged by the limit of now: a smaller one after Tversion applies to the very next frame', () => {
    const reader = new FrameReader(MSIZE)
    reader.received(Buffer.concat([write(1, 0), write(2, 5000)]).copy(reader.tail()))
    expect(reader.next()).toBe(true)
    reader.limit = 4096
    expect(() => reader.next()).toThrow('EMSGSIZE')
  })

  it('is none at exactly 7 bytes or exactly the limit', () => {
    const reader = new FrameReader(MSIZE)
    const frames = [Buffer.from('070000006d0100', 'hex'), write(1, MSIZE - 23)]
    expectSame(
      readAll(reader, Buffer.concat(frames), () => 100_000),
      frames,
    )
  })
})
