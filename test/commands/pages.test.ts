// What the pages tell their readers to start does start, as it stands there, and says what the page says it does: on a
// machine with the reader's addresses, ports and directories, which are namespaces of the command's own.

import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { which } from '../support/guest/requirements.js'
import { describeWhereFound } from '../support/guest/suite.js'
import { reachableProject } from '../support/guest/unprivileged.js'
import { readPage, type ShownCommand } from '../support/pages.js'

/** The one who types what stands behind `$`. */
const USER = 1000

const missing = ['unshare', 'setpriv', 'ip'].filter((program) => which(program) === undefined)
if (process.getuid?.() !== 0) missing.push('root')

/** Runs the shell's line $LINE as user $ID in the project's directory. */
const onReadersMachine = `
  ip link set lo up
  ip address add 192.168.122.1/32 dev lo
  mount --bind "$SCRATCH/srv" /srv
  mount --bind "$SCRATCH/run" /run
  exec setpriv --reuid="$ID" --regid="$ID" --clear-groups /bin/sh -c '
    node() { exec "$NODE" "$@"; }
    virtfs() { node bin/run.js "$@"; }
    eval "$LINE"'`

const live = new Set<ChildProcess>()
process.once('exit', () => live.forEach((child) => child.kill('SIGKILL')))

interface Said {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
}

/** Starts a command, waits until it listens and has said how to mount, and stops it. */
async function startAndStop({ text, prompt }: ShownCommand): Promise<Said> {
  using project = reachableProject()
  const scratch = mkdtempSync(join(tmpdir(), 'virtfs-reader-'))
  try {
    const id = prompt === '#' ? 0 : USER
    const own = ['srv', 'srv/guest', 'run', 'run/user', `run/user/${id}`].map((path) => join(scratch, path))
    for (const path of own) mkdirSync(path)
    for (const path of own.filter((path) => !path.endsWith('/run/user'))) chownSync(path, id, id)
    const env = {
      ...{ PATH: process.env['PATH'], NODE: project.node, SCRATCH: scratch, ID: String(id) },
      XDG_RUNTIME_DIR: `/run/user/${id}`,
      // The README’s tree is made by the line above it.
      LINE: text.replaceAll('/tmp/guest-files', '/srv/guest'),
    }
    const options = { env, cwd: project.root, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] }
    const child = spawn('unshare', ['--net', '--mount', '/bin/sh', '-e', '-c', onReadersMachine], options)
    live.add(child)
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        said[stream] += chunk
        if (said.stdout.includes('listening ') && /^mount .*\n/m.test(said.stderr)) child.kill('SIGTERM')
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

/** Where a command is to listen; a port that it may choose is not known before. */
function addressesOf({ text }: ShownCommand): RegExp[] {
  const given = Array.from(text.matchAll(/--listen (\S+)/g), ([, address = '']) => address)
  const addresses = given.length > 0 ? given : [`unix:/run/user/${USER}/virtfs/guest.sock`]
  return addresses.map((address) => new RegExp(`^listening ${address.replace(/:0$/, ':[1-9]\\d*')}$`, 'm'))
}

const start = /^(virtfs|node bin\/run\.js) serve /

describeWhereFound("the pages' commands", { kind: 'namespace', missing, timeout: 60_000 }, () => {
  for (const name of ['README.md', 'docs/serve.md']) {
    const { text, commands } = readPage(name)
    const starts = commands.filter((command) => start.test(command.text))

    it(`${name} shows servers in no form that would escape these tests`, () => {
      const lines = text.split('\n').filter((line) => /^\w*[$#] .*\bserve\b/.test(line) || /^(virtfs|node) /.test(line))
      expect(starts).toHaveLength(lines.length)
      expect(starts.length).toBeGreaterThan(2)
    })

    for (const command of starts) {
      it(`${name}, line ${command.line + 1}: ${command.text}`, async () => {
        const { stdout, stderr, exitCode } = await startAndStop(command)
        expect({ stderr, exitCode }).toEqual({
          stderr: expect.stringMatching(/^(mount .*\n)+$/) as string,
          exitCode: 0,
        })
        for (const address of addressesOf(command)) expect(stdout).toMatch(address)
        expect(`${stdout}${stderr}`).toContain(command.printed.join('\n'))
      })
    }
  }
})
