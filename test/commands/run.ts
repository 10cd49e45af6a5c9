// Running commands for tests: in this process, where only what they print counts, and as the program that users start.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Config, Errors } from '@oclif/core'
import { projectRoot } from '../support/guest/project.js'

/** How a command ended. Output is Latin-1: each code unit is a byte. */
export interface Outcome {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
}

type CommandClass = new (argv: string[], config: Config) => Command

let config: Promise<Config> | undefined

/** oclif's configuration without a search for commands: the one under test is at hand. */
function loadConfig(): Promise<Config> {
  const pjson = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { name: string; version: string }
  config ??= Config.load({ root: projectRoot, pjson: { ...pjson, oclif: { bin: 'virtfs' } } })
  return config
}

/** Runs a command in this process. */
export async function run(
  command: CommandClass & { run: typeof Command.run },
  argv: readonly string[],
): Promise<Outcome> {
  const loaded = await loadConfig()
  const output = { stdout: '', stderr: '' }
  const write = { stdout: process.stdout.write, stderr: process.stderr.write }
  const collect = (stream: 'stdout' | 'stderr') => (chunk: Uint8Array | string) => {
    output[stream] += Buffer.from(chunk).toString('latin1')
    return true
  }
  process.stdout.write = collect('stdout')
  process.stderr.write = collect('stderr')
  try {
    await command.run([...argv], loaded)
    return { ...output, exitCode: Number(process.exitCode ?? 0) }
  } catch (thrown) {
    if (!(thrown instanceof Errors.ExitError)) throw thrown
    return { ...output, exitCode: thrown.oclif.exit ?? null }
  } finally {
    process.exitCode = undefined
    Object.assign(process.stdout, { write: write.stdout })
    Object.assign(process.stderr, { write: write.stderr })
  }
}

/** The program that users start. */
export const PROGRAM = join(projectRoot, 'bin', 'run.js')

export interface Surroundings {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
  readonly gid?: number
}

/** Runs the program and waits for its end. */
export function virtfs(args: readonly string[], { env, ...surroundings }: Surroundings = {}): Outcome {
  return outcomeOf(process.execPath, [PROGRAM, ...args], { ...surroundings, env: environment(env) })
}

/** Runs a shell line in which `"$@"` is the program: for what only a shell can do to it. */
export function shell(line: string, { env, ...surroundings }: Surroundings = {}): Outcome {
  const args = ['--norc', '-c', line, 'bash', process.execPath, PROGRAM]
  return outcomeOf('bash', args, { ...surroundings, env: environment(env) })
}

function outcomeOf(program: string, args: readonly string[], options: object): Outcome {
  if (!existsSync(join(projectRoot, 'dist', 'program')))
    throw new Error('Cannot run virtfs: build it first (npm run build)')
  const { stdout, stderr, status, error } = spawnSync(program, args, {
    ...options,
    encoding: 'latin1',
    timeout: 60_000,
    maxBuffer: 256 * 2 ** 20,
  })
  if (error !== undefined) throw error
  return { stdout, stderr, exitCode: status }
}

/** An environment of which the tests know everything that matters. */
export function environment(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { PATH = '/usr/bin:/bin', TZ } = process.env
  return { PATH, ...(TZ !== undefined && { TZ }), LC_ALL: 'C.UTF-8', COLUMNS: '80', ...env }
}
