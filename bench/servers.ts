// The servers that are compared, each a child process on a unix socket of its own: ours, Debian's diod, and a responder
// that does nothing, which shows what the generator itself can carry.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isErrno } from '../src/errors.js'
import { Client } from './client.js'
import { Connection } from './connection.js'

const START_SECONDS = 10
const STOP_SECONDS = 10
const DIOD = '/usr/sbin/diod'
/** From dist/bench to the top of the repository. */
const TOP = fileURLToPath(new URL('../..', import.meta.url))

/** Which of our security models serves. The peer knows only passthrough. */
export type Model = 'passthrough' | 'mapped-xattr'

/** A server that accepts connections. */
export class Server implements AsyncDisposable {
  private exited = false

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    readonly pid: number,
    readonly path: string,
    private readonly aname: string,
    private readonly log: string,
  ) {
    child.once('exit', () => (this.exited = true))
  }

  /**
   * Starts a server in `scratch` and waits until it accepts: until it says `ready` on stdout, or, where that is not given,
   * until connecting succeeds. What it writes on stderr is shown if it does not.
   */
  static async start(
    scratch: string,
    name: string,
    command: readonly [string, ...string[]],
    path: string,
    { ready, aname = '' }: { ready?: string; aname?: string },
  ): Promise<Server> {
    const log = `${path}.log`
    const stderr = openSync(log, 'w')
    const [program, ...args] = command
    const child = spawn(program, args, { cwd: scratch, stdio: ['ignore', 'pipe', stderr] })
    closeSync(stderr)
    await once(child, 'spawn')
    const server = new Server(name, child, child.pid ?? 0, path, aname, log)
    let said = ''
    child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const isReady = (): boolean => (ready === undefined ? accepts(path) : said.split('\n').includes(ready))
    for (let waited = 0; !isReady(); waited += 10) {
      if (server.exited || waited >= START_SECONDS * 1000) {
        await server[Symbol.asyncDispose]()
        const why = server.exited ? 'it ended' : `it did not accept within ${START_SECONDS} s`
        throw new Error(`Cannot start ${name}: ${why}${server.logged()}`)
      }
      await sleep(10)
    }
    return server
  }

  /** Connects without attaching. */
  connect(): Connection {
    return new Connection(this.path)
  }

  /** Connects and attaches as root. The caller closes `client.connection`. */
  attach(): Client {
    return new Client(this.connect(), this.aname)
  }

  /** What the server wrote on stderr, for a message: empty, or a colon and the text. */
  logged(): string {
    const text = readFileSync(this.log, 'utf8').trim()
    return text === '' ? '' : `: ${text.split('\n').slice(-10).join('\n')}`
  }

  /** Runs `work`, which uses this server; what it throws names the server and what that wrote on stderr. */
  blaming<T>(work: () => T): T {
    try {
      return work()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`Cannot measure ${this.name}: ${reason}${this.logged()}`, { cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.exited) return
    const exit = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    const killer = setTimeout(() => this.child.kill('SIGKILL'), STOP_SECONDS * 1000)
    await exit
    clearTimeout(killer)
  }
}

function accepts(path: string): boolean {
  try {
    new Connection(path)[Symbol.dispose]()
    return true
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT') || isErrno(thrown, 'ECONNREFUSED')) return false
    throw thrown
  }
}

/** Starts `virtfs serve` on `tree`. */
export function startVirtfs(scratch: string, name: string, tree: string, model: Model): Promise<Server> {
  const path = join(scratch, `${name}.sock`)
  const run = [process.execPath, join(TOP, 'bin/run.js'), 'serve', tree] as const
  const flags = ['--security-model', model, '--listen', `unix:${path}`]
  return Server.start(scratch, `virtfs (${model})`, [...run, ...flags], path, { ready: `listening unix:${path}` })
}

/** Starts diod on `tree`: no authentication, no user database, no configuration but its own defaults. */
export function startDiod(scratch: string, name: string, tree: string): Promise<Server> {
  const path = join(scratch, `${name}.sock`)
  const flags = ['-f', '-n', '-N', '-L', 'stderr', '-c', '/dev/null', '-e', tree, '-l', path]
  return Server.start(scratch, 'diod', [DIOD, ...flags], path, { aname: tree })
}

/** Starts the responder: it answers every request with the same Rgetattr. */
export function startResponder(scratch: string): Promise<Server> {
  const path = join(scratch, 'responder.sock')
  const program = fileURLToPath(new URL('./responder.js', import.meta.url))
  return Server.start(scratch, 'responder', [process.execPath, program, path], path, { ready: 'listening' })
}

/** True where diod can be started. */
export function isDiodInstalled(): boolean {
  try {
    accessSync(DIOD, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** diod's name and, where the package manager knows it, its version. */
export function diodVersion(): string {
  try {
    return `diod ${execFileSync('dpkg-query', ['-W', '-f', '${Version}', 'diod'], { encoding: 'utf8', stdio: 'pipe' })}`
  } catch {
    return 'diod'
  }
}
