// The names in a directory of the host, for what the stores look through themselves.

import { bytesOf, type Name, nameFromBytes } from '../name.js'
import { getdents64, seekDirectory } from '../sys/directory.js'
import type { Fd } from '../sys/fd.js'

const BATCH_BYTES = 32_768

/** Every name in the directory (opened for reading), from its beginning, without "." and "..". */
export function* namesIn(directory: Fd): Generator<Name> {
  const buffer = Buffer.allocUnsafe(BATCH_BYTES)
  seekDirectory(directory, 0n)
  for (;;) {
    const entries = getdents64(directory, buffer)
    if (entries.length === 0) return
    for (const { name } of entries) {
      if (name !== '.' && name !== '..') yield nameFromBytes(bytesOf(name))
    }
  }
}
