// A Linux guest under QEMU's software emulation, for tests: boots in a few seconds, runs scripts as root, and cannot
// outlive the test. Needs what requirements.ts lists; needs no privilege.

import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Channel, type FrameType } from './channel.js'
import { buildImage } from './image.js'
import { type Machine, type MachineOptions, startMachine } from './qemu.js'
import { requireGuestTools } from './requirements.js'

export interface GuestOptions extends MachineOptions {
  /** How long the kernel may take until its agent answers. Default 90 s: emulation on a busy machine is slow. */
  readonly bootTimeoutMs?: number
}

/** What one script printed, and how it ended (128 + N for signal N). */
export interface ScriptResult {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: Buffer
}

export interface RunOptions {
  /** After this long the guest is given up: default 60 s. */
  readonly timeoutMs?: number
  /** The script's arguments, each without NUL. */
  readonly args?: readonly string[]
}

/** A script that is running; the frames from the agent are collected here. */
interface Run {
  readonly stdout: Buffer[]
  readonly stderr: Buffer[]
  readonly ended: (exitCode: number) => void
}

const live = new Set<ChildProcess>()
// The agent powers off when our end of its channel closes; this is for a guest that no longer listens.
process.once('exit', () => live.forEach((child) => child.kill('SIGKILL')))

/** A booted guest. Scripts run one after another, in the order of the calls. */
export class Guest implements AsyncDisposable {
  /** The kernel release, as `uname -r` prints it. */
  release = ''
  /** Where the guest's console is written. Removed by `shutdown`, kept when the guest failed. */
  readonly consoleLog: string
  private readonly directory: string
  private readonly machine: Machine
  private readonly channel: Channel
  private readonly exited: Promise<string>
  private readonly ready: Promise<void>
  private announceReady: () => void = () => {}
  private current: Run | undefined
  private queue: Promise<unknown> = Promise.resolve()
  private failure: Error | undefined

  private constructor(options: GuestOptions) {
    const tools = requireGuestTools()
    this.directory = mkdtempSync(join(tmpdir(), 'virtfs-guest-'))
    this.consoleLog = join(this.directory, 'console.log')
    writeFileSync(this.consoleLog, '')
    this.ready = new Promise((resolve) => (this.announceReady = resolve))
    this.machine = startMachine(tools.programs.qemu, buildImage(tools), this.consoleLog, options)
    const child = this.machine.process
    live.add(child)
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(`QEMU did not start: ${error.message}`))
      child.once('exit', (code, signal) => resolve(`QEMU ended with ${signal ?? `exit code ${code}`}`))
    })
    void this.exited.then(() => live.delete(child))
    this.channel = new Channel(this.machine.channel, (type, payload) => this.receive(type, payload))
  }

  /** Boots a guest; rejects with the end of its console when it panics, exits or is not ready in time. */
  static async boot(options: GuestOptions = {}): Promise<Guest> {
    const guest = new Guest(options)
    await guest.expect('boot a guest', guest.ready, options.bootTimeoutMs ?? 90_000)
    return guest
  }

  /**
   * Runs a script as root, with sh or with the interpreter that its #! line names, in `/` with an empty stdin.
   * Rejects, and gives the guest up, when the guest dies or the time is over; the console's end is in the message.
   */
  run(script: string | Buffer, { timeoutMs = 60_000, args = [] }: RunOptions = {}): Promise<ScriptResult> {
    const result = this.queue.then(() => this.runNow(requestOf(script, args), timeoutMs))
    this.queue = result.catch(() => undefined)
    return result
  }

  /** Runs a script with `sh -e` semantics that must succeed; returns its stdout as Latin-1 text, one unit a byte. */
  async check(script: string, options: RunOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(script.startsWith('#!') ? script : `set -e\n${script}`, options)
    if (exitCode === 0) return stdout.toString('latin1')
    const printed = `${stdout.subarray(-2000).toString()}${stderr.subarray(-2000).toString()}`
    const start = script.split('\n').slice(0, 20).join('\n')
    throw new Error(`Cannot run a script in the guest: exit code ${exitCode}\n${printed}--- the script\n${start}`)
  }

  /** The console's text so far: kernel messages, and what QEMU itself had to say. */
  console(): string {
    return readFileSync(this.consoleLog, 'latin1').replaceAll('\r', '')
  }

  /** Powers the guest off and waits for QEMU's end. May be called again, and after a failure. */
  async shutdown(): Promise<void> {
    if (this.failure === undefined) {
      this.channel.send('Q')
      await Promise.race([this.exited, sleep(10_000, undefined, { ref: false })])
      rmSync(this.directory, { recursive: true, force: true })
    }
    await this.end('the guest was shut down')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown()
  }

  private async runNow(request: Buffer, timeoutMs: number): Promise<ScriptResult> {
    if (this.failure !== undefined) throw this.failure
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    const ended = new Promise<number>((resolve) => (this.current = { stdout, stderr, ended: resolve }))
    this.channel.send('R', request)
    const printed = (): string =>
      Buffer.concat([...stdout, ...stderr])
        .subarray(-2000)
        .toString()
    const exitCode = await this.expect('run a script in the guest', ended, timeoutMs, printed)
    this.current = undefined
    return { exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }
  }

  private receive(type: FrameType, payload: Buffer): void {
    if (type === 'H') {
      this.release = payload.toString()
      this.announceReady()
    } else if (type === 'O') this.current?.stdout.push(Buffer.from(payload))
    else if (type === 'E') this.current?.stderr.push(Buffer.from(payload))
    else this.current?.ended(payload.readUInt32LE())
  }

  /** Waits for `event`; the guest's end, or the end of the time, gives the guest up and rejects instead. */
  private async expect<T>(what: string, event: Promise<T>, timeoutMs: number, output = (): string => ''): Promise<T> {
    const timer = new AbortController()
    const overdue = sleep(timeoutMs, `no answer within ${timeoutMs} ms`, timer).catch(() => 'not waiting any more')
    const arrived = event.then((value) => ({ value }))
    const outcome = await Promise.race([arrived, this.exited, overdue])
    timer.abort()
    if (typeof outcome !== 'string') return outcome.value
    if (this.machine.process.exitCode === null) {
      // Whatever hangs in the guest's kernel shows itself on the console.
      this.channel.send('B')
      await Promise.race([this.exited, sleep(1_000)])
    }
    const console = this.console().split('\n').slice(-60).join('\n')
    const printed = output() === '' ? '' : `\n--- the script printed\n${output()}`
    throw await this.end(`${outcome} (console: ${this.consoleLog})${printed}\n--- the console's end\n${console}`, what)
  }

  private async end(reason: string, what = 'use the guest'): Promise<Error> {
    const failure = (this.failure ??= new Error(`Cannot ${what}: ${reason}`))
    this.channel.close()
    this.machine.process.kill('SIGKILL')
    await this.exited
    return failure
  }
}

/** What the agent expects of a request to run: the length of the arguments, the arguments, the script. */
function requestOf(script: string | Buffer, args: readonly string[]): Buffer {
  const block = Buffer.from(args.map((argument) => `${argument}\0`).join(''))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(block.length)
  return Buffer.concat([length, block, Buffer.from(script)])
}

/** Boots a guest, runs one script that must succeed, and shuts the guest down; returns stdout as Latin-1 text. */
export async function runInGuest(script: string, options: GuestOptions & RunOptions = {}): Promise<string> {
  const guest = await Guest.boot(options)
  try {
    return await guest.check(script, options)
  } finally {
    await guest.shutdown()
  }
}
