// How a guest saw a tree before a conversion, in a file: so that a run that goes on after an interruption compares with what
// was before the first one.
//
// One part after another: two numbers of 32 bits (how many records; how many bytes of paths), the records, their paths. The
// last part has no records and the number of all instead: without it the file was never finished. It is read on the
// machine that wrote it only, so numbers are in its own order of bytes.

import { ErrnoError } from '../errors.js'
import { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } from '../sys/constants.js'
import type { Fd } from '../sys/fd.js'
import { fsync, pread, pwrite } from '../sys/io.js'
import { openat, openPath, reopen } from '../sys/open.js'
import { statx } from '../sys/stat.js'
import { VIEW } from './converting-mark.js'
import { dropIfThere } from './journal.js'
import { RECORD_BYTES, RECORD_WORDS } from './view-record.js'

/** Records, and the path of each as a packed PathList, in the order of the walk. */
export interface ViewPart {
  readonly records: Uint32Array<ArrayBuffer>
  readonly paths: Uint8Array<ArrayBuffer>
}

const HEAD_WORDS = 2
const HEAD_BYTES = HEAD_WORDS * Uint32Array.BYTES_PER_ELEMENT

export class ViewWriter implements Disposable {
  private readonly file: Fd
  private position = 0
  private entries = 0

  /** Begins a file in a conversion's directory, in place of one that may be there. */
  constructor(directory: Fd) {
    dropIfThere(directory, VIEW)
    this.file = openat(directory, VIEW, O_RDWR | O_CREAT | O_EXCL, 0o600)
  }

  add({ records, paths }: ViewPart): void {
    const entries = records.length / RECORD_WORDS
    if (entries === 0) return
    this.writeHead(entries, paths.length)
    this.write(new Uint8Array(records.buffer, records.byteOffset, records.byteLength))
    this.write(paths)
    this.entries += entries
  }

  /** Afterwards it is whole, and on the disk. */
  finish(): void {
    this.writeHead(0, this.entries)
    fsync(this.file)
  }

  [Symbol.dispose](): void {
    this.file.close()
  }

  private writeHead(entries: number, second: number): void {
    this.write(new Uint8Array(Uint32Array.of(entries, second).buffer))
  }

  private write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const written = pwrite(this.file, bytes.subarray(done), this.position)
      if (written === 0) throw new ErrnoError('EIO', { op: 'write down how a guest sees the tree' })
      done += written
      this.position += written
    }
  }
}

interface Span {
  readonly position: number
  readonly entries: number
  readonly pathBytes: number
}

/** A finished file. It stays readable when its name is removed. */
export class ViewFile implements Disposable {
  private constructor(
    private readonly file: Fd,
    private readonly spans: readonly Span[],
    readonly entries: number,
  ) {}

  /** Undefined where there is none, or none that was finished. */
  static openIn(directory: Fd): ViewFile | undefined {
    using handle = openPath(directory, VIEW)
    if (handle === undefined) return undefined
    const file = reopen(handle, O_RDONLY)
    const found = spansOf(file)
    if (found === undefined) file.close()
    return found && new ViewFile(file, found.spans, found.entries)
  }

  /** The records, part by part. */
  *records(): Generator<Uint32Array> {
    for (const { position, entries } of this.spans) {
      const records = new Uint32Array(entries * RECORD_WORDS)
      readAll(this.file, new Uint8Array(records.buffer), position)
      yield records
    }
  }

  /** The packed lists of their paths, likewise. */
  *paths(): Generator<Buffer> {
    for (const { position, entries, pathBytes } of this.spans) {
      const paths = Buffer.allocUnsafeSlow(pathBytes)
      readAll(this.file, paths, position + entries * RECORD_BYTES)
      yield paths
    }
  }

  [Symbol.dispose](): void {
    this.file.close()
  }
}

/** Where the parts are; undefined where they do not fill the file to its end. */
function spansOf(file: Fd): { readonly spans: readonly Span[]; readonly entries: number } | undefined {
  const { size } = statx(file)
  const head = new Uint32Array(HEAD_WORDS)
  const spans: Span[] = []
  let all = 0
  for (let at = 0; at + HEAD_BYTES <= size;) {
    readAll(file, new Uint8Array(head.buffer), at)
    const [entries, second] = [head[0]!, head[1]!]
    const position = at + HEAD_BYTES
    if (entries === 0) return second === all && position === size ? { spans, entries: all } : undefined
    spans.push({ position, entries, pathBytes: second })
    all += entries
    at = position + entries * RECORD_BYTES + second
  }
  return undefined
}

function readAll(file: Fd, into: Uint8Array, position: number): void {
  for (let done = 0; done < into.length;) {
    const read = pread(file, into.subarray(done), position + done)
    if (read === 0) throw new ErrnoError('EIO', { op: 'read how a guest saw the tree' })
    done += read
  }
}
