// Workloads that move no file content.

import { createLane, FILE_GID, FILE_MODE } from './create-lane.js'
import { ENTRIES, FILE_SIZE, fileName, FILES, type Fixture } from './fixture.js'
import { LOOKUP_MASK, STAT_MASK, str, u16, u32, u64 } from './frames.js'
import { type Lane, lanesOf, step } from './lane.js'
import { drive } from './load.js'
import { expect, microseconds, perSecond, type Workload } from './workload.js'

const RGETATTR_SIZE = 160
/** Rwalk of one name. */
const RWALK_SIZE = 22
/** Where a directory entry's name stands: behind qid[13], offset[8], type[1] and the name's length[2]. */
const DIRENT_NAME_AT = 24

function checkAttributes({ client }: Fixture, fid: number): void {
  const { mode, uid, gid, size } = client.getattr(fid)
  expect('mode', mode.toString(8), FILE_MODE.toString(8))
  expect('owner', `${uid}:${gid}`, `0:${FILE_GID}`)
  expect('size', size, BigInt(FILE_SIZE))
}

/** stat(2) of a file that the client knows: Tgetattr, with the mask that the Linux client sends. */
export function getattr(inFlight: number): Workload {
  const operations = inFlight === 1 ? 400 : 1_000
  return {
    title: 'Tgetattr',
    unit: inFlight === 1 ? 'µs' : '/s',
    prepare: (fixture) => {
      const { client, walked } = fixture
      const lanes = getattrLanes(inFlight, walked)
      return () => {
        for (const fid of walked) checkAttributes(fixture, fid)
        const seconds = drive(client.connection, lanes, operations)
        return inFlight === 1 ? microseconds(operations, seconds) : perSecond(operations, seconds)
      }
    },
  }
}

/** The lanes of `getattr`, for a server that knows `fids` or does not care. */
export const getattrLanes = (inFlight: number, fids: readonly number[]): Lane[] =>
  lanesOf(inFlight, (n) => [step(n, 'Tgetattr', [u32(fids[n] ?? 0), u64(STAT_MASK)], { replySize: RGETATTR_SIZE })])

/** A file looked up by name, its attributes read, and forgotten. */
export const lookup: Workload = {
  title: 'lookup (Twalk, Tgetattr, Tclunk)',
  unit: 'µs',
  prepare: (fixture) => {
    const { client, files } = fixture
    const fid = client.newFid()
    const lane: Lane = [
      step(0, 'Twalk', [u32(files), u32(fid), u16(1), str(fileName(FILES - 1))], { replySize: RWALK_SIZE }),
      step(0, 'Tgetattr', [u32(fid), u64(LOOKUP_MASK)], { replySize: RGETATTR_SIZE }),
      step(0, 'Tclunk', [u32(fid)]),
    ]
    const operations = 200
    return () => microseconds(operations, drive(client.connection, [lane], operations))
  },
}

/** Numbers the directories of all `create` slices, on whichever server. */
let slices = 0

/** A new file, created and closed, in a directory that is new in each slice. */
export const create: Workload = {
  title: 'create (Twalk, Tlcreate, Tclunk)',
  unit: 'µs',
  prepare: ({ client }) => {
    const operations = 100
    return () => {
      const name = `slice-${slices++}`
      const made = client.walk(client.root, 'made')
      client.mkdir(made, name)
      const dfid = client.walk(made, name)
      const lane = createLane(0, dfid, client.newFid())
      return microseconds(operations, drive(client.connection, [lane], operations))
    }
  },
}

/** The most that one Treaddir asks for. */
const MOST = 128 * 1024

/** A whole directory of ENTRIES files, read from its start. */
export const readdir: Workload = {
  title: 'Treaddir of 10,000 entries',
  unit: '/s',
  prepare: ({ client, crowd }) => {
    const count = u32(Math.min(MOST, client.ioSize))
    return () => {
      const begin = performance.now()
      let entries = 0
      for (let offset = 0n, end = -1; end !== 0;) {
        const reply = client.call('Treaddir', u32(crowd), u64(offset), count)
        end = reply.readUInt32LE(0)
        for (let at = 4; at < 4 + end; at += DIRENT_NAME_AT + reply.readUInt16LE(at + DIRENT_NAME_AT - 2)) {
          offset = reply.readBigUInt64LE(at + 13)
          entries++
        }
      }
      const seconds = (performance.now() - begin) / 1000
      // "." and ".." may or may not be listed.
      expect('a directory short of entries', entries === ENTRIES || entries === ENTRIES + 2, true)
      return perSecond(entries, seconds)
    }
  },
}
