// The program as a server, started for a test and always ended with it.

import { type ChildProcess, spawn } from 'node:child_process'
import { environment, PROGRAM, type Surroundings } from './run.js'

/** A `virtfs serve` that is running. */
export class Serving implements AsyncDisposable {
  stdout = ''
  stderr = ''
  /** Resolves when the process is gone: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>
  private readonly child: ChildProcess
  private readonly watchers = new Set<() => void>()

  /** `starter` is a command that starts the one behind it. */
  constructor(args: readonly string[], { env, ...surroundings }: Surroundings = {}, starter: readonly string[] = []) {
    const options = {
      ...surroundings,
      env: environment(env),
      stdio: ['ignore', 'pipe', 'pipe'] as ('ignore' | 'pipe')[],
    }
    const [program = '', ...rest] = [...starter, process.execPath, PROGRAM, 'serve', ...args]
    this.child = spawn(program, rest, options)
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        this[stream] += text
        for (const watch of this.watchers) watch()
      })
    }
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve(code ?? signal)
        for (const watch of this.watchers) watch()
      })
    })
  }

  /** Starts and waits until every listener accepts and how to mount was said. */
  static async start(args: readonly string[], surroundings: Surroundings = {}): Promise<Serving> {
    const serving = new Serving(args, surroundings)
    await serving.until(({ stdout, stderr }) => stdout.includes('listening ') && stderr.includes('mount '))
    return serving
  }

  /** Waits for something to be said; throws what was said instead when the process ends first. */
  async until(said: (serving: Serving) => boolean): Promise<void> {
    let isOver = false
    void this.ended.then(() => (isOver = true))
    while (!said(this)) {
      if (isOver) throw new Error(`the server ended: ${this.stderr}`)
      await new Promise<void>((resolve) => {
        const watch = (): void => {
          this.watchers.delete(watch)
          // Once more around the loop of events, so that `isOver` is set.
          setImmediate(resolve)
        }
        this.watchers.add(watch)
      })
    }
  }

  /** The addresses that it says it listens on. */
  get addresses(): string[] {
    return this.stdout
      .split('\n')
      .filter((line) => line.startsWith('listening '))
      .map((line) => line.slice('listening '.length))
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** No longer reads what it prints. */
  stopReading(): void {
    this.child.stdout?.destroy()
    this.child.stderr?.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}
