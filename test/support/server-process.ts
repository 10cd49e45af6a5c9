// `virtfs serve` as its user runs it: a process of its own, ready when this returns, stopped by pid at the end.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { asUnprivileged, directoryOfUnprivileged, reachableProject } from './guest/unprivileged.js'

type Child = ChildProcessByStdio<null, Readable, Readable>

/** A running server. Dispose stops it, and throws if it did not end well or has reported a defect. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number
  /** The exported directory. */
  readonly tree: string
  /** The address as printed: `tcp:HOST:PORT` or `unix:PATH`. */
  readonly address: string
  /** The TCP port, or NaN for a unix socket. */
  readonly port: number
  /** What was written on stderr so far. */
  stderr(): string
  /** Paths of all that the process has open at or below the exported directory. */
  openInTree(): string[]
}

export interface ServeOptions {
  /** `root` runs the server as the user who runs the tests; otherwise it is a user without privilege. */
  readonly as?: 'root' | 'nobody'
  readonly flags?: readonly string[]
  readonly listen?: string
}

const START_MS = 60_000
/** The promise to the user is five seconds; a machine under load gets more. */
const STOP_MS = 15_000

const live = new Set<Child>()
process.once('exit', () => live.forEach((child) => child.kill('SIGKILL')))

/** Starts the server on `tree`; rejects with its stderr when it does not come to listen. */
export function serveTree(
  tree: string,
  securityModel: string,
  { as, flags = [], listen = 'tcp:127.0.0.1:0' }: ServeOptions = {},
): Promise<ServerProcess> {
  const args = ['serve', tree, '--security-model', securityModel, '--listen', listen, ...flags]
  return serve(tree, (node, program) => [node, program, ...args], as)
}

/** Starts the server by a line of shell, `virtfs serve …`, which exports `tree`. */
export function serveByLine(
  tree: string,
  line: string,
  env: Readonly<Record<string, string>>,
  as?: ServeOptions['as'],
): Promise<ServerProcess> {
  const script = `virtfs() { exec "$NODE" "$PROGRAM" "$@"; }\n${line}`
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const command = ['/bin/sh', '-c', script]
  return serve(tree, (node, program) => ['env', `NODE=${node}`, `PROGRAM=${program}`, ...assignments, ...command], as)
}

/** Starts the command that `commandOf` makes of node and the program, which must become the server. */
async function serve(
  tree: string,
  commandOf: (node: string, program: string) => readonly string[],
  as: ServeOptions['as'] = 'nobody',
): Promise<ServerProcess> {
  const project = reachableProject()
  const [program = '', ...args] = commandOf(project.node, join(project.root, 'bin', 'run.js'))
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(as === 'nobody' ? project.spawnOptions : { cwd: '/' }),
  })
  live.add(child)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = endOf(child).finally(() => {
    live.delete(child)
    project[Symbol.dispose]()
  })
  const answer = await Promise.race([firstLine(child), ended, sleep(START_MS, 'no answer', { ref: false })])
  const [, address] = /^listening ((?:unix|tcp):.+)$/.exec(answer) ?? []
  if (address === undefined) {
    child.kill('SIGKILL')
    throw new Error(`Cannot serve "${tree}": ${answer}\n${said}`)
  }
  return {
    pid: child.pid ?? 0,
    tree,
    address,
    port: Number(address.split(':').at(-1)),
    stderr: () => said,
    openInTree: () => openBelow(child.pid ?? 0, realpathSync(tree)),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      const end = await Promise.race([ended, sleep(STOP_MS, 'did not stop', { ref: false })])
      child.kill('SIGKILL')
      if (end !== 'exit code 0' || said.includes('defect:')) {
        throw new Error(`The server of "${tree}" ended badly: ${end}\n${said}`)
      }
    },
  }
}

/** Serves a new, empty directory that belongs to a user without privilege; dispose removes it too. */
export async function serveNewTree(securityModel: string, options?: ServeOptions): Promise<ServerProcess> {
  const directory = directoryOfUnprivileged()
  try {
    const tree = join(directory.path, 'tree')
    asUnprivileged(() => mkdirSync(tree, 0o755))
    const server = await serveTree(tree, securityModel, options)
    return {
      ...server,
      [Symbol.asyncDispose]: async () => {
        try {
          await server[Symbol.asyncDispose]()
        } finally {
          directory[Symbol.dispose]()
        }
      },
    }
  } catch (cause) {
    directory[Symbol.dispose]()
    throw cause
  }
}

async function firstLine(child: Child): Promise<string> {
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return line
}

/** Resolves when the process has ended and all it wrote has arrived. */
function endOf(child: Child): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
}

function openBelow(pid: number, tree: string): string[] {
  const descriptors = `/proc/${pid}/fd`
  return readdirSync(descriptors)
    .flatMap((number) => {
      try {
        return [readlinkSync(join(descriptors, number), { encoding: 'latin1' })]
      } catch {
        // Closed since it was listed.
        return []
      }
    })
    .filter((path) => path === tree || path.startsWith(`${tree}/`))
    .sort()
}
