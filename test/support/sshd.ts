// A real OpenSSH server for a test: on a free port of 127.0.0.1, with keys, users and a /run of its own, gone with the test.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { guestCache } from './guest/project.js'
import { which } from './guest/requirements.js'
import { describeWhereFound } from './guest/suite.js'
import { freePort } from './sockets.js'

/** Unpacked there by provision.sh, never installed: an installed one would be started as a service. */
const PROGRAM = join(guestCache, 'sshd', 'usr', 'sbin', 'sshd')
const START_MS = 30_000

/** Declares a suite that needs ssh's client and server. */
export function describeSsh(title: string, declare: () => void): void {
  const missing = ['ssh', 'ssh-keygen', 'unshare'].filter((program) => which(program) === undefined)
  if (!existsSync(PROGRAM)) missing.push('sshd in .cache/guest/sshd (test/support/guest/provision.sh fetches it)')
  if (process.getuid?.() !== 0) missing.push('root')
  describeWhereFound(title, { kind: 'ssh', missing, timeout: 120_000 }, declare)
}

export interface SshdOptions {
  /** The one who may log in, by the name USER. */
  readonly user: { readonly uid: number; readonly gid: number }
  /** A directory of this machine that is to be /run/user/1000/virtfs for the server. */
  readonly runtimeDirectory: string
}

/** A server that listens. Dispose ends it. */
export interface Sshd extends AsyncDisposable {
  readonly port: number
  /** The private key that lets USER in. */
  readonly key: string
  /** The server's public key, as it stands in a file of known hosts behind the name. */
  readonly hostKey: string
}

/** Who logs in. */
export const USER = 'user'

/** The server in a mount namespace, so that it finds users and sockets which this machine does not have. */
const inNamespace = `
  mount --bind "$DIRECTORY/passwd" /etc/passwd
  if [ -e /etc/shadow ]; then mount --bind "$DIRECTORY/shadow" /etc/shadow; fi
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/sshd /run/user/1000
  ln -s "$SOCKETS" /run/user/1000/virtfs
  exec "$SSHD" -D -e -f "$DIRECTORY/config"`

const configuration = (directory: string, port: number): string => `
ListenAddress 127.0.0.1
Port ${port}
HostKey ${directory}/host
AuthorizedKeysFile ${directory}/user.pub
StrictModes no
UsePAM no
PidFile none
`

const live = new Set<ChildProcess>()
process.once('exit', () => live.forEach((child) => child.kill('SIGKILL')))

/** Starts a server; rejects with what it says when it does not come to listen. */
export async function startSshd({ user, runtimeDirectory }: SshdOptions): Promise<Sshd> {
  const directory = mkdtempSync(join(tmpdir(), 'virtfs-sshd-'))
  const port = await freePort()
  // The user's own public key is read with the user's rights.
  chmodSync(directory, 0o755)
  for (const name of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(directory, name)])
  }
  const passwd = `root:x:0:0::/root:/bin/sh\nsshd:x:65533:65533::/:/bin/false\n${USER}:x:${user.uid}:${user.gid}::/:/bin/sh\n`
  writeFileSync(join(directory, 'passwd'), passwd)
  writeFileSync(join(directory, 'shadow'), ['root', 'sshd', USER].map((name) => `${name}:*:20000::::::\n`).join(''))
  writeFileSync(join(directory, 'config'), configuration(directory, port))
  const env = { ...process.env, DIRECTORY: directory, SOCKETS: runtimeDirectory, SSHD: PROGRAM }
  const child = spawn('unshare', ['-m', 'sh', '-e', '-c', inNamespace], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  live.add(child)
  let said = ''
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`))
  })
  const listening = new Promise<undefined>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('Server listening on')) resolve(undefined)
    })
  })
  const end = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    live.delete(child)
    rmSync(directory, { recursive: true })
  }
  const problem = await Promise.race([listening, ended, sleep(START_MS, 'no answer', { ref: false })])
  if (problem !== undefined) {
    await end()
    throw new Error(`Cannot start sshd: ${problem}\n${said}`)
  }
  return {
    port,
    key: readFileSync(join(directory, 'user'), 'utf8'),
    hostKey: readFileSync(join(directory, 'host.pub'), 'utf8').trim(),
    [Symbol.asyncDispose]: end,
  }
}
