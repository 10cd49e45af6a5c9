// A small 9P2000.L client: enough to look at, test and measure any server. Calls may overlap freely; data that it
// returns is the caller's own.

import { ErrnoError } from '../errors.js'
import { guestUid } from '../ids.js'
import { nameFromText } from '../name.js'
import { DOTL_RDONLY, IOHDRSZ, MAXWELEM, NOFID } from '../wire/constants.js'
import { type Dirent, readDirents } from '../wire/dirents.js'
import type { WalkName } from '../name.js'
import type { Body, ReplyTo, Request } from '../wire/messages.js'
import type { Address } from './address.js'
import { type Call, Rpc } from './rpc.js'

/** What Linux offers over sockets at most (net/9p/trans_fd.c). */
const DEFAULT_MSIZE = 1024 * 1024

export interface ClientOptions {
  /** Most bytes of a frame that we offer; the server may lower it. */
  readonly msize?: number
}

export class Client implements AsyncDisposable {
  readonly #rpc: Rpc
  readonly #freeFids: number[] = []
  #fidsMade = 0

  private constructor(rpc: Rpc) {
    this.#rpc = rpc
  }

  /**
   * Connects to `unix:PATH` or `tcp:HOST:PORT` and agrees on 9P2000.L. Rejects with the socket's error, or EREMOTEIO if
   * the server speaks no 9P2000.L.
   */
  static async connect(address: string | Address, { msize = DEFAULT_MSIZE }: ClientOptions = {}): Promise<Client> {
    const client = new Client(await Rpc.open(address, msize))
    try {
      await client.negotiate(msize)
      return client
    } catch (refusal) {
      await client.close()
      throw refusal
    }
  }

  /** Begins a session anew: the server forgets every fid. */
  async negotiate(msize: number): Promise<void> {
    this.#rpc.msize = Math.max(this.#rpc.msize, msize)
    const answer = await this.call('Tversion', { msize, version: '9P2000.L' })
    if (answer.version !== '9P2000.L') {
      throw new ErrnoError('EREMOTEIO', { op: 'agree on 9P2000.L', version: answer.version })
    }
    this.#rpc.msize = Math.min(msize, answer.msize)
  }

  /** Most bytes of a frame, as agreed. */
  get msize(): number {
    return this.#rpc.msize
  }

  get isOpen(): boolean {
    return this.#rpc.isOpen
  }

  /** Most bytes that one Tread, Twrite or Treaddir carries, as Linux counts them. */
  get ioSize(): number {
    return this.msize - IOHDRSZ
  }

  /** Sends a request and gives its reply; rejects with ErrnoError (see Rpc.start). */
  call<N extends Request>(message: N, body: Body<N>): Promise<Body<ReplyTo<N>>> {
    return this.#rpc.call(message, body)
  }

  /** Sends a request that may be flushed by its tag. */
  start<N extends Request>(message: N, body: Body<N>): Call<N> {
    return this.#rpc.start(message, body)
  }

  /** Cancels a started call: it settles with its reply if that comes before Rflush, otherwise rejects with EINTR. */
  flush(call: { readonly tag: number }): Promise<void> {
    return this.#rpc.flush(call)
  }

  /** Takes a fid number that is not in use; `clunk` gives it back. */
  newFid(): number {
    return this.#freeFids.pop() ?? this.#fidsMade++
  }

  /** Attaches as the guest's user `nUname` and gives the root's fid. */
  async attach(nUname: number, { uname = '', aname = '' } = {}): Promise<number> {
    return this.#withNewFid((fid) => this.call('Tattach', { fid, afid: NOFID, uname, aname, nUname: guestUid(nUname) }))
  }

  /**
   * Walks from `fid` to a new one. `path` is UTF-8 text with "/" between names, or the names; empty clones the fid.
   * A path that ends early is ENOENT, as in Linux: only the first element's own error is told.
   */
  async walk(fid: number, path: string | readonly WalkName[] = []): Promise<number> {
    const names = typeof path === 'string' ? namesOf(path) : path
    const newfid = await this.#withNewFid((made) => this.#step(fid, made, names.slice(0, MAXWELEM)))
    try {
      for (let done = MAXWELEM; done < names.length; done += MAXWELEM) {
        await this.#step(newfid, newfid, names.slice(done, done + MAXWELEM))
      }
      return newfid
    } catch (missing) {
      await this.clunk(newfid)
      throw missing
    }
  }

  /** Every entry of a directory, "." and ".." included. `fid` stays as it is. */
  async readdir(fid: number): Promise<Dirent[]> {
    return this.#whileOpen(fid, async (open) => {
      const entries: Dirent[] = []
      for (let offset = 0n; ; offset = entries.at(-1)!.offset) {
        const { data } = await this.call('Treaddir', { fid: open, offset, count: this.ioSize })
        if (data.length === 0) return entries
        entries.push(...readDirents(data))
      }
    })
  }

  /** The content of a file from beginning to end. `fid` stays as it is. */
  async readFile(fid: number): Promise<Buffer> {
    return this.#whileOpen(fid, async (open) => {
      const chunks: Uint8Array[] = []
      for (let offset = 0; ; offset += chunks.at(-1)!.length) {
        const { data } = await this.call('Tread', { fid: open, offset, count: this.ioSize })
        if (data.length === 0) return Buffer.concat(chunks)
        chunks.push(data)
      }
    })
  }

  /** Writes all of `bytes` to an open fid, in as many messages as it takes. A write of nothing is ENOSPC. */
  async write(fid: number, offset: number, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const data = bytes.subarray(done, done + this.ioSize)
      const { count } = await this.call('Twrite', { fid, offset: offset + done, data })
      if (count === 0) throw new ErrnoError('ENOSPC', { op: 'write', fid, offset: offset + done })
      done += count
    }
  }

  /** Gives a fid back. Its number is free again even if the server reports an error, as the protocol has it. */
  async clunk(fid: number): Promise<void> {
    try {
      await this.call('Tclunk', { fid })
    } finally {
      this.#freeFids.push(fid)
    }
  }

  /** Ends the connection; calls in flight reject with EPIPE. */
  async close(): Promise<void> {
    await this.#rpc.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #step(fid: number, newfid: number, wnames: readonly WalkName[]): Promise<void> {
    const { wqids } = await this.call('Twalk', { fid, newfid, wnames })
    if (wqids.length < wnames.length) throw new ErrnoError('ENOENT', { op: 'walk', name: wnames[wqids.length]! })
  }

  async #withNewFid(use: (fid: number) => Promise<unknown>): Promise<number> {
    const fid = this.newFid()
    try {
      await use(fid)
      return fid
    } catch (refusal) {
      this.#freeFids.push(fid)
      throw refusal
    }
  }

  async #whileOpen<T>(fid: number, use: (open: number) => Promise<T>): Promise<T> {
    const open = await this.walk(fid)
    try {
      await this.call('Tlopen', { fid: open, flags: DOTL_RDONLY })
      return await use(open)
    } finally {
      await this.clunk(open)
    }
  }
}

/** The elements of a path in UTF-8 text; empty ones are left out. */
export function namesOf(path: string): WalkName[] {
  return path
    .split('/')
    .filter((element) => element !== '')
    .map((element) => (element === '.' || element === '..' ? element : nameFromText(element)))
}
