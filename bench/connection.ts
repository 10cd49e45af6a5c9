// One connection to a server: a blocking socket, read and written by the thread that measures. Blocking calls cost two
// system calls a turn and no event loop, so that the time seen is the server's rather than the generator's.

import { closeSync, readSync, writeSync } from 'node:fs'
import { connectUnix } from './kernel.js'

/** How long a server may be silent before the run fails. */
const SILENCE_SECONDS = 60

export class Connection implements Disposable {
  private readonly fd: number

  constructor(readonly path: string) {
    this.fd = connectUnix(path, SILENCE_SECONDS)
  }

  /** Waits until something arrives and puts what has arrived at `position`. Returns how many bytes. */
  read(into: Buffer, position: number): number {
    const count = this.receive(into, position)
    if (count === 0) throw new Error(`Cannot read from "${this.path}": the server closed the connection`)
    return count
  }

  private receive(into: Buffer, position: number): number {
    try {
      return readSync(this.fd, into, position, into.length - position, null)
    } catch (cause) {
      const isSilence = cause instanceof Error && 'code' in cause && cause.code === 'EAGAIN'
      if (!isSilence) throw cause
      throw new Error(`Cannot read from "${this.path}": no answer within ${SILENCE_SECONDS} s`, { cause })
    }
  }

  /** Sends the first `length` bytes. */
  write(bytes: Buffer, length: number): void {
    let sent = 0
    while (sent < length) sent += writeSync(this.fd, bytes, sent, length - sent, null)
  }

  [Symbol.dispose](): void {
    closeSync(this.fd)
  }
}
