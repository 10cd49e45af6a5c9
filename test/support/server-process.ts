// `virtfs serve` as its user runs it: a process of its own, ready when this returns, stopped by pid at the end.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type ReachableProject, reachableProject } from './guest/unprivileged.js'

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number
  /** The address as printed, less its `tcp:` or `unix:`. */
  readonly address: string
  /** The TCP port, or NaN for a unix socket. */
  readonly port: number
  /** What was written on stderr so far. */
  stderr(): string
}

export interface ServeOptions {
  /** `root` runs the server as the user who runs the tests; otherwise it is a user without privilege. */
  readonly as?: 'root' | 'nobody'
  readonly flags?: readonly string[]
  readonly listen?: string
}

/** Starts the server on `tree`. Dispose stops it, and throws if it did not end well or reported a defect. */
export async function serveTree(
  tree: string,
  securityModel: string,
  { as = 'nobody', flags = [], listen = 'tcp:127.0.0.1:0' }: ServeOptions = {},
): Promise<ServerProcess> {
  const project: ReachableProject = reachableProject()
  const run = [join(project.root, 'bin/run.js'), 'serve', tree, '--security-model', securityModel, '--listen', listen]
  const server = spawn(project.node, [...run, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(as === 'nobody' ? project.spawnOptions : { cwd: '/' }),
  })
  let said = ''
  server.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const exited = once(server, 'exit')
  const line = await Promise.race([
    once(createInterface(server.stdout), 'line').then(([first]) => String(first)),
    exited.then(() => Promise.reject(new Error(`Cannot serve "${tree}": ${said}`))),
  ])
  const [, address = ''] = /^listening (?:unix|tcp):(.+)$/.exec(line) ?? []
  return {
    pid: server.pid ?? 0,
    address,
    port: Number(address.split(':').at(-1)),
    stderr: () => said,
    [Symbol.asyncDispose]: async () => {
      server.kill('SIGTERM')
      const [code] = (await exited) as [number | null]
      project[Symbol.dispose]()
      if (code !== 0 || said.includes('defect')) throw new Error(`The server ended with ${code}: ${said}`)
    },
  }
}
