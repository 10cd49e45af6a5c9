// The machine of someone who moves a tree, as docs/migrate.md speaks of it: /srv and /home are empty but for what a test puts
// there, its users are root, alice and libvirt's, and what is typed behind one prompt finds what the one before has left.
// It is a mount namespace of this machine's; virsh and podman stand in for themselves.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guestPrograms, projectRoot } from '../guest/project.js'
import { which } from '../guest/requirements.js'
import { reachableProject } from '../guest/unprivileged.js'
import type { ShownCommand } from '../pages.js'
import { READER } from '../readers-machine.js'

/** The user whom Debian's libvirt runs QEMU as. */
export const LIBVIRT_QEMU = 64055

/** What this machine lacks for it. */
export const missingForMigrating: readonly string[] = [
  ...['unshare', 'nsenter', 'setpriv', 'bash', 'setsid', 'perl', 'tar', 'getfattr', 'setfattr'].filter(
    (program) => which(program) === undefined,
  ),
  ...(process.getuid?.() === 0 ? [] : ['root']),
]

const passwd = `root:x:0:0:root:/root:/bin/sh
alice:x:${READER}:${READER}::/home/alice:/bin/sh
libvirt-qemu:x:${LIBVIRT_QEMU}:${LIBVIRT_QEMU}::/var/lib/libvirt:/usr/sbin/nologin
`
const group = `root:x:0:
alice:x:${READER}:
libvirt-qemu:x:${LIBVIRT_QEMU}:
`

const setUp = `
  mount --bind "$SCRATCH/srv" /srv
  mount --bind "$SCRATCH/home" /home
  mount --bind "$SCRATCH/etc" /etc
  echo ready
  exec sleep infinity`

const live = new Set<ChildProcess>()
process.once('exit', () => live.forEach((child) => child.kill('SIGKILL')))

/** All that a command printed, on stdout and stderr, in the order in which it did. */
export interface Typed {
  readonly printed: string
  readonly exitCode: number | null
}

export class MigratingHost implements AsyncDisposable {
  private readonly project = reachableProject()
  private holder: ChildProcess | undefined

  private constructor(private readonly scratch: string) {}

  static async boot(): Promise<MigratingHost> {
    const host = new MigratingHost(mkdtempSync(join(tmpdir(), 'virtfs-migrating-')))
    host.furnish()
    await host.enter()
    return host
  }

  /** Where a path of the machine's /srv or /home is for the test. */
  at(path: string): string {
    return join(this.scratch, path)
  }

  /** Puts a directory of the test's file system where the machine has `path`. */
  move(directory: string, path: string): void {
    execFileSync('mv', ['-T', '--', directory, this.at(path)])
  }

  /** Types a line behind a prompt. */
  type({ text, prompt }: Pick<ShownCommand, 'text' | 'prompt'>): Typed {
    // newuidmap(1), which podman has them mapped by, is set-user-id.
    const id = prompt === '#' || text.startsWith('podman ') ? 0 : READER
    const user = ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups']
    const shell = ['bash', '--norc', '-o', 'pipefail', '-c', `exec 2>&1\n${text}`]
    const { stdout, status, error } = spawnSync(
      'nsenter',
      ['--target', String(this.holder?.pid), '--mount', '--wd=/', ...user, ...shell],
      { env: this.environment(prompt), encoding: 'utf8', timeout: 60_000 },
    )
    if (error !== undefined) throw error
    return { printed: stdout, exitCode: status }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pid = this.at('libvirt/pid')
    if (existsSync(pid)) process.kill(Number(readFileSync(pid, 'utf8')))
    const { holder } = this
    if (holder !== undefined && holder.exitCode === null) {
      const ended = new Promise((resolve) => holder.once('close', resolve))
      holder.kill('SIGKILL')
      await ended
      live.delete(holder)
    }
    this.project[Symbol.dispose]()
    execFileSync('rm', ['-rf', '--', this.scratch])
  }

  private environment(prompt: '$' | '#'): Record<string, string> {
    return {
      PATH: `${this.at('bin')}:/usr/sbin:/usr/bin:/sbin:/bin`,
      HOME: prompt === '#' ? '/root' : '/home/alice',
      LIBVIRT: this.at('libvirt'),
      EDITOR: this.at('bin/editor'),
      ...{ LC_ALL: 'C.UTF-8', TZ: 'UTC', COLUMNS: '80' },
    }
  }

  private furnish(): void {
    chmodSync(this.scratch, 0o755)
    for (const path of ['srv', 'home', 'home/alice', 'etc', 'bin', 'libvirt']) mkdirSync(this.at(path))
    chownSync(this.at('home/alice'), READER, READER)
    const ranges = 'alice:100000:65536\n'
    const files = { passwd, group, subuid: ranges, subgid: ranges }
    for (const [name, content] of Object.entries(files)) writeFileSync(this.at(`etc/${name}`), content)
    if (existsSync('/etc/ld.so.cache')) copyFileSync('/etc/ld.so.cache', this.at('etc/ld.so.cache'))
    const { node, root } = this.project
    this.program('virtfs', `exec '${node}' '${join(root, 'bin/run.js')}' "$@"`)
    this.program('virsh', `exec sh '${join(projectRoot, 'test/support/migrating/virsh.sh')}' "$@"`)
    this.program('podman', podman(join(guestPrograms, 'container.pl')))
    copyFileSync(which('sleep') ?? '/bin/sleep', this.at('libvirt/qemu-system-x86_64'))
  }

  /** Puts a shell script on the machine's PATH. */
  program(name: string, script: string): void {
    writeFileSync(this.at(`bin/${name}`), `#!/bin/sh\n${script}\n`)
    chmodSync(this.at(`bin/${name}`), 0o755)
  }

  private async enter(): Promise<void> {
    const options = {
      env: { PATH: process.env['PATH'], SCRATCH: this.scratch },
      stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'],
    }
    const holder = spawn('unshare', ['--mount', '/bin/sh', '-e', '-c', setUp], options)
    live.add(holder)
    this.holder = holder
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', resolve)
      holder.once('error', reject)
      holder.once('exit', () => reject(new Error('Cannot make a machine: its namespace ended')))
    })
  }
}

/** `podman unshare COMMAND` runs it as root of alice's user namespace, which is a real one. */
const podman = (container: string): string => `
  [ "$1" = unshare ] || { echo "podman: not on the page: $*" >&2; exit 1; }
  shift
  exec perl '${container}' "$*"`
