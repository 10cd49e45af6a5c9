// A machine with the addresses, ports and directories of someone who reads the pages, in namespaces of the command's own.

import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { which } from './guest/requirements.js'
import { reachableProject } from './guest/unprivileged.js'
import type { ShownCommand } from './pages.js'

/** The one who types what stands behind `$`. */
export const READER = 1000

/** What this machine lacks for it. */
export const missingForReader: readonly string[] = [
  ...['unshare', 'setpriv', 'ip', 'bash'].filter((program) => which(program) === undefined),
  ...(process.getuid?.() === 0 ? [] : ['root']),
]

/** Runs the line $LINE as user $ID in the project's directory, with $TREE as /srv/guest. */
const machine = `
  ip link set lo up
  ip address add 192.168.122.1/32 dev lo
  mount --bind "$SCRATCH/srv" /srv
  mount --bind "$SCRATCH/run" /run
  mount --bind "$TREE" /srv/guest
  exec setpriv --reuid="$ID" --regid="$ID" --clear-groups bash --norc -o pipefail -c '
    node() { exec "$NODE" "$@"; }
    virtfs() { node bin/run.js "$@"; }
    eval "$LINE"'`

const live = new Set<ChildProcess>()
process.once('exit', () => live.forEach((child) => child.kill('SIGKILL')))

/** How a command ended, and what it printed. */
export interface Said {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
}

export interface Machine {
  /** What /srv/guest is; otherwise an empty directory of the reader's. */
  readonly tree?: string
  /** Says when a command that would run for ever has said enough. */
  readonly isEnough?: (said: Omit<Said, 'exitCode'>) => boolean
}

/** Runs a command as its reader would, and waits for its end. */
export async function typedByReader(
  { text, prompt }: Pick<ShownCommand, 'text' | 'prompt'>,
  { tree, isEnough = () => false }: Machine = {},
): Promise<Said> {
  using project = reachableProject()
  const scratch = mkdtempSync(join(tmpdir(), 'virtfs-reader-'))
  try {
    const id = prompt === '#' ? 0 : READER
    const own = ['srv', 'srv/guest', 'run', 'run/user', `run/user/${id}`].map((path) => join(scratch, path))
    for (const path of own) mkdirSync(path)
    for (const path of own.filter((path) => !path.endsWith('/run/user'))) chownSync(path, id, id)
    const env = {
      ...{ PATH: process.env['PATH'], NODE: project.node, SCRATCH: scratch, ID: String(id) },
      TREE: tree ?? join(scratch, 'srv/guest'),
      XDG_RUNTIME_DIR: `/run/user/${id}`,
      // The README’s tree is made by the line above it.
      LINE: text.replaceAll('/tmp/guest-files', '/srv/guest'),
    }
    const options = { env, cwd: project.root, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] }
    const child = spawn('unshare', ['--net', '--mount', '/bin/sh', '-e', '-c', machine], options)
    live.add(child)
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        said[stream] += chunk
        if (isEnough(said)) child.kill('SIGTERM')
      })
    }
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    live.delete(child)
    return { ...said, exitCode }
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

/** True when a server has said where it listens and how to mount what it serves. */
export const isServing = ({ stdout, stderr }: Omit<Said, 'exitCode'>): boolean =>
  stdout.includes('listening ') && /^mount .*\n/m.test(stderr)
