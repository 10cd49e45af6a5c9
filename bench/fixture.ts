// What every server is made to hold before it is measured, created through the server itself, so that under each security
// model the files are what a guest would have left.

import type { Client } from './client.js'
import { createLane, FILE_GID, FILE_MODE } from './create-lane.js'
import { O_RDONLY, O_RDWR } from './frames.js'
import { lanesOf } from './lane.js'
import { drive } from './load.js'

/** As many files as requests are in flight, so that no two of them meet in one inode. */
export const FILES = 32
export const FILE_SIZE = 4096
export const LONG_SIZE = 16 * 2 ** 20
export const ENTRIES = 10_000

export const fileName = (n: number): string => `file-${n}`

/** Fids of the prepared tree, ready for the load. */
export interface Fixture {
  readonly client: Client
  /** The files' directory. */
  readonly files: number
  /** Walked to the files, not opened. */
  readonly walked: readonly number[]
  /** The files, opened for reading. */
  readonly opened: readonly number[]
  /** A file of LONG_SIZE, opened for reading and writing. */
  readonly long: number
  /** A directory of ENTRIES files, opened. */
  readonly crowd: number
}

/** Every file's content: no two neighbouring blocks of 256 bytes are alike. */
export function content(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, n) => (n ^ (n >> 8)) & 0xff))
}

/** Creates the tree through `client`. */
export function prepare(client: Client): Fixture {
  for (const name of ['files', 'crowd', 'made']) client.mkdir(client.root, name)
  const files = client.walk(client.root, 'files')
  const crowd = client.walk(client.root, 'crowd')
  const bytes = content(FILE_SIZE)
  const names = Array.from({ length: FILES }, (_, n) => fileName(n))
  for (const name of names) client.create(files, name, FILE_MODE, FILE_GID, bytes)
  client.create(files, 'long', FILE_MODE, FILE_GID, content(LONG_SIZE))
  const lanes = lanesOf(FILES, (n) => createLane(n, crowd, client.newFid()))
  drive(client.connection, lanes, ENTRIES)
  return {
    client,
    files,
    walked: names.map((name) => client.walk(files, name)),
    opened: names.map((name) => client.open(files, O_RDONLY, name)),
    long: client.open(files, O_RDWR, 'long'),
    crowd: client.open(client.root, O_RDONLY, 'crowd'),
  }
}
