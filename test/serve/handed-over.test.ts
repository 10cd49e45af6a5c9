// Sockets that a service manager hands over to the process that it starts: sd_listen_fds(3), and systemd's own tool.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { InheritedAddress } from '../../src/serve/sockets/address.js'
import { takeHandedOver } from '../../src/serve/sockets/inherited.js'
import { HostTree } from '../support/host/tree.js'
import { type Inherited, inheriting } from '../support/inheriting.js'
import { atEnd, closeSockets, connection, freePort, listening, numberOf, portOf } from '../support/sockets.js'
import { describeSystemd } from '../support/systemd.js'

let host: HostTree
beforeAll(() => {
  host = new HostTree()
})
afterEach(closeSockets)
afterAll(() => host[Symbol.dispose]())

const fd = (number: number): InheritedAddress => ({ kind: 'fd', number })

/** Starts a process that inherits descriptors; they begin at 3 if stdio has more than three. */
function start(command: readonly string[], stdio: readonly unknown[] = [], env: Record<string, string> = {}): Child {
  const [program = '', ...args] = command
  return new Child(
    spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe', ...stdio] as 'pipe'[],
      env: { PATH: process.env['PATH'], ...env },
    }),
  )
}

class Child {
  private stderr = ''
  private isOver = false

  constructor(child: ChildProcess) {
    atEnd(() => child.kill('SIGKILL'))
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    child.once('close', () => (this.isOver = true))
  }

  /** What it says of its sockets. */
  async said(): Promise<Inherited> {
    for (;;) {
      const lines = this.stderr.split('\n').slice(0, -1)
      const line = lines.find((line) => line.startsWith('{'))
      if (line !== undefined) return JSON.parse(line) as Inherited
      if (this.isOver) throw new Error(`The process said nothing of its sockets: ${this.stderr}`)
      await sleep(5)
    }
  }
}

/** Connects as soon as somebody listens: all that is sent, or `reset` where nobody takes the connection. */
async function read(where: string | number): Promise<string> {
  for (;;) {
    const socket = typeof where === 'string' ? connect(where) : connect(where, '127.0.0.1')
    atEnd(() => socket.destroy())
    const chunks: Buffer[] = []
    try {
      for await (const chunk of socket) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString()
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'ECONNRESET') return 'reset'
      if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw cause
      await sleep(10)
    }
  }
}

/** What a shell does that stands in for a service manager: the variables name the process that it becomes. */
const handing = (variables: string, command: readonly string[]): string[] => [
  'sh',
  '-c',
  `${variables} exec "$@"`,
  'sh',
  ...command,
]

describe('a process that was handed sockets', () => {
  it('takes them if they are meant for it, and hands them on to nobody', async () => {
    const unix = await listening({ path: host.at('handed') })
    const tcp = await listening({ host: '127.0.0.1', port: 0 })
    const command = handing('LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=files:', inheriting())
    const child = start(command, [numberOf(unix), numberOf(tcp)])
    const port = portOf(tcp)
    expect(await child.said()).toEqual({
      taken: [
        { address: fd(3), name: 'files' },
        { address: fd(4), name: '' },
      ],
      sockets: [
        { address: fd(3), state: 'listening', family: 'unix', place: { kind: 'unix', path: host.at('handed') } },
        { address: fd(4), state: 'listening', family: 'tcp', place: { kind: 'tcp', host: '127.0.0.1', port } },
      ],
      variables: [],
      childInherits: [],
    })
  })

  it.each([
    ['are meant for another process', 'LISTEN_PID=1 LISTEN_FDS=1'],
    ['are meant for nobody', 'LISTEN_FDS=1'],
    ['are none', 'LISTEN_PID=$$ LISTEN_FDS=0 LISTEN_FDNAMES= LISTEN_PIDFDID=1'],
  ])('leaves alone those that %s', async (_what, variables) => {
    const unix = await listening({ path: host.at('others') })
    const said = await start(handing(variables, inheriting()), [numberOf(unix)]).said()
    expect(said).toMatchObject({ taken: [], sockets: [], variables: [] })
  })

  it.each([
    ['LISTEN_PID=$$ LISTEN_FDS=x', 'Cannot use the sockets handed over: LISTEN_FDS is "x", which is no number'],
    ['LISTEN_PID=$$ LISTEN_FDS=-1', 'Cannot use the sockets handed over: LISTEN_FDS is "-1", which is no number'],
    ['LISTEN_PID=$$ LISTEN_FDS=999999', /^Cannot serve on "fd:\d+": EBADF \(nothing is open there\)$/],
  ])('refuses what cannot be: %s', async (variables, why) => {
    const { refused, variables: left } = await start(handing(variables, inheriting())).said()
    expect(refused?.slice(0, 12)).toBe('UsageError: ')
    if (typeof why === 'string') expect(refused?.slice(12)).toBe(why)
    else expect(refused?.slice(12)).toMatch(why)
    expect(left).toEqual([])
  })

  it('refuses a socket on which it prints', async () => {
    const server = await listening({ path: host.at('printing') })
    const socket = numberOf((await connection(server)).accepted)
    // As inetd starts programs: one connection is input, output and error.
    const child = spawn(inheriting(0)[0] ?? '', inheriting(0).slice(1), { stdio: [socket, socket, 'pipe'] })
    expect((await new Child(child).said()).refused).toBe(
      'UsageError: Cannot serve on "fd:0": it is standard output or error as well, where lines are printed (redirect both)',
    )
  })

  it('names that are too few are unknown', () => {
    // Descriptors 3 and 4 are node's own here, which closes them on exec anyway.
    const environment = { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'only', HOME: '/' }
    expect(takeHandedOver(environment, 7).map(({ name }) => name)).toEqual(['only', 'unknown'])
    expect(environment).toEqual({ HOME: '/' })
  })
})

describeSystemd('systemd-socket-activate', ['systemd-socket-activate'], () => {
  it('starts it with listening sockets; their files are not ours to remove', async () => {
    const path = host.at('activated')
    const port = await freePort()
    const child = start([
      ...['systemd-socket-activate', '-l', path, '-l', `127.0.0.1:${port}`, '--fdname=files:tcp'],
      ...inheriting(),
    ])
    expect([await read(path), await read(port)]).toEqual(['served', 'served'])
    expect(await child.said()).toEqual({
      taken: [
        { address: fd(3), name: 'files' },
        { address: fd(4), name: 'tcp' },
      ],
      sockets: [
        { address: fd(3), state: 'listening', family: 'unix', place: { kind: 'unix', path } },
        { address: fd(4), state: 'listening', family: 'tcp', place: { kind: 'tcp', host: '127.0.0.1', port } },
      ],
      variables: [],
      childInherits: [],
    })
    expect(existsSync(path)).toBe(true)
  })

  it('starts it for each connection, which it is handed', async () => {
    const path = host.at('accepting')
    start(['systemd-socket-activate', '--accept', '-l', path, ...inheriting()])
    expect(await read(path)).toBe('served')
    expect(await read(path)).toBe('served')
  })

  it('starts it with an address that others can reach: refused, unless that is allowed', async () => {
    const port = await freePort()
    const activate = (...args: string[]): Child =>
      start(['systemd-socket-activate', '-l', `0.0.0.0:${port}`, ...inheriting(...args)])
    const refused = activate()
    expect(await read(port)).toBe('reset')
    expect((await refused.said()).refused).toContain(`tcp:0.0.0.0:${port} is not a loopback address`)
    activate('allowRemote')
    expect(await read(port)).toBe('served')
  })
})
