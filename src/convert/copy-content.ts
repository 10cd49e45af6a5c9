// The content of a regular file, in a new one: shared with it where the file system can do that, copied by the kernel
// where that can, else through memory. Holes stay holes.

import { ErrnoError } from '../errors.js'
import { cloneFile, copyFileRange, type Extent, nextData } from '../sys/copy.js'
import type { Fd } from '../sys/fd.js'
import { ftruncate } from '../sys/inode.js'
import { pread, pwrite } from '../sys/io.js'
import { type HostStat, statx } from '../sys/stat.js'

/** How much of a file is copied through memory at a time: from here on larger buffers gain nothing. */
const BUFFER_SIZE = 256 * 1024
let buffer: Buffer | undefined

/** The kernel copies no more than 2 GiB less a page in one call; a round number below. */
const RANGE_MAX = 2 ** 30

/**
 * How many bytes copying a file will move, for a plan: those that are no holes, as far as the blocks it occupies tell. A
 * file system that compresses, or keeps small files in their inodes, says less.
 */
export const dataBytesOf = ({ size, blocks }: HostStat): number => Math.min(size, blocks * 512)

/**
 * Copies the `size` bytes of `from`, open for reading, to `to`, which is empty and open for writing. Answers ESTALE when
 * `from` turns out shorter, since somebody is changing it; what is in `to` is then of no use, as after any error. Both
 * descriptors' positions are moved.
 */
export function copyContent(from: Fd, to: Fd, size: number): void {
  if (!cloneFile(from, to)) copyData(from, to, size)
  // A hole at the end has no data that would have made the file as long; a clone may have what was added meanwhile.
  ftruncate(to, size)
  if (statx(from).size < size) throw shrunk(size)
}

const shrunk = (size: number): ErrnoError =>
  new ErrnoError('ESTALE', { op: 'copy a file that was cut meanwhile', size })

function copyData(from: Fd, to: Fd, size: number): void {
  let copy = copyInKernel
  for (let position = 0; position < size;) {
    const data = nextData(from, position)
    if (data === undefined || data.start >= size) return
    const end = Math.min(data.end, size)
    const reached = copy(from, to, { start: data.start, end })
    if (reached < end) {
      // Once refused it would be refused for the rest of this file too.
      copy = copyThroughMemory
      copy(from, to, { start: reached, end })
    }
    position = end
  }
}

/** Copies as far as the kernel can do it, and says up to where. */
function copyInKernel(from: Fd, to: Fd, { start, end }: Extent): number {
  let position = start
  while (position < end) {
    const copied = copyFileRange(from, to, position, Math.min(end - position, RANGE_MAX))
    // 0: the end, or so says a file system whose files have no sizes to go by.
    if (copied === undefined || copied === 0) break
    position += copied
  }
  return position
}

function copyThroughMemory(from: Fd, to: Fd, { start, end }: Extent): number {
  buffer ??= Buffer.allocUnsafeSlow(BUFFER_SIZE)
  for (let position = start; position < end;) {
    const read = pread(from, buffer.subarray(0, Math.min(end - position, BUFFER_SIZE)), position)
    if (read === 0) throw shrunk(end)
    for (let written = 0; written < read;) written += pwrite(to, buffer.subarray(written, read), position + written)
    position += read
  }
  return end
}
