// Workloads that move file content, all of it in the host's page cache.

import { content, FILE_SIZE, type Fixture, LONG_SIZE } from './fixture.js'
import { HEADER_SIZE, u32, u64 } from './frames.js'
import { type Lane, lanesOf, step } from './lane.js'
import { drive } from './load.js'
import { expect, microseconds, perSecond, type Workload } from './workload.js'

const LONG_TRANSFER = 128 * 1024
/** Where the offset stands in the frame of a Tread or Twrite. */
const OFFSET_AT = HEADER_SIZE + 4
/** Rread without its data. */
const RREAD_SIZE = HEADER_SIZE + 4
/** The whole of Rwrite. */
const RWRITE_SIZE = HEADER_SIZE + 4

/** 4 KiB from the start of a file that is in the host's page cache. */
export function read(inFlight: number): Workload {
  const operations = inFlight === 1 ? 400 : 1_000
  return {
    title: '4 KiB Tread',
    unit: inFlight === 1 ? 'µs' : '/s',
    prepare: ({ client, opened }) => {
      const wanted = content(FILE_SIZE)
      const replySize = RREAD_SIZE + FILE_SIZE
      const lanes = lanesOf(inFlight, (n) => [
        step(n, 'Tread', [u32(opened[n] ?? 0), u64(0), u32(FILE_SIZE)], { replySize }),
      ])
      return () => {
        for (const fid of opened) {
          const reply = client.call('Tread', u32(fid), u64(0), u32(FILE_SIZE))
          expect('content that differs', reply.subarray(4).equals(wanted), true)
        }
        const seconds = drive(client.connection, lanes, operations)
        return inFlight === 1 ? microseconds(operations, seconds) : perSecond(operations, seconds)
      }
    },
  }
}

/** The most of 128 KiB that the server's msize allows, as the Linux client would ask for. */
const transferSize = ({ client }: Fixture): number => Math.min(LONG_TRANSFER, client.ioSize)

/** Transfers every part of the long file in order. */
function transfer(fixture: Fixture, lane: Lane, size: number): number {
  const operations = Math.floor(LONG_SIZE / size)
  return (operations * size) / drive(fixture.client.connection, [lane], operations) / 1e6
}

const patchOffset =
  (size: number) =>
  (bytes: Buffer, operation: number): void => {
    bytes.writeUInt32LE(size * operation, OFFSET_AT)
  }

export const sequentialRead: Workload = {
  title: 'sequential Tread of up to 128 KiB',
  unit: 'MB/s',
  prepare: (fixture) => {
    const size = transferSize(fixture)
    const body = [u32(fixture.long), u64(0), u32(size)]
    const more = { replySize: RREAD_SIZE + size, patch: patchOffset(size) }
    const lane: Lane = [step(0, 'Tread', body, more)]
    return () => transfer(fixture, lane, size)
  },
}

export const sequentialWrite: Workload = {
  title: 'sequential Twrite of up to 128 KiB',
  unit: 'MB/s',
  prepare: (fixture) => {
    const size = transferSize(fixture)
    const body = [u32(fixture.long), u64(0), u32(size), content(size)]
    const lane: Lane = [step(0, 'Twrite', body, { replySize: RWRITE_SIZE, patch: patchOffset(size) })]
    return () => transfer(fixture, lane, size)
  },
}
