// What the service manager hears of us: perl receives, and what systemd-notify sends is compared with what we send.

import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Every, Notifier } from '../../src/serve/notify.js'
import { DatagramReceiver } from '../support/datagram-receiver.js'
import { projectRoot } from '../support/guest/project.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { HostTree } from '../support/host/tree.js'
import { describeSystemd } from '../support/systemd.js'

let host: HostTree
beforeAll(() => {
  host = new HostTree()
})
afterAll(() => host[Symbol.dispose]())

/** A clock that a test winds: what was asked to happen again and again, and how often. */
class Clock {
  readonly periods: number[] = []
  private readonly actions = new Set<() => void>()

  readonly every: Every = (ms, action) => {
    this.periods.push(ms)
    this.actions.add(action)
    return () => void this.actions.delete(action)
  }

  tick(): void {
    for (const action of this.actions) action()
  }

  get isStopped(): boolean {
    return this.actions.size === 0
  }
}

const pid = 4711

describe('a service manager that waits for us', () => {
  it.each([
    ['a path', (name: string) => host.at(name), (name: string) => host.at(name)],
    ['an abstract name', (name: string) => `\0${name}-${process.pid}`, (name: string) => `@${name}-${process.pid}`],
  ])('at %s hears that we are ready, how we are, and that we stop', async (what, at, written) => {
    using receiver = await DatagramReceiver.at(at(what.replaceAll(' ', '-')))
    using notifier = Notifier.take({ NOTIFY_SOCKET: written(what.replaceAll(' ', '-')) })
    notifier.ready('listening unix:/run/x.sock')
    expect(await receiver.text()).toBe('READY=1\nSTATUS=listening unix:/run/x.sock')
    notifier.status('3 connections é')
    expect(await receiver.text()).toBe('STATUS=3 connections é')
    notifier.stopping('answering what is in flight')
    expect(await receiver.text()).toBe('STOPPING=1\nSTATUS=answering what is in flight')
  })

  it('hears one assignment a line, whatever a path is called', async () => {
    using receiver = await DatagramReceiver.at(host.at('lines'))
    using notifier = Notifier.take({ NOTIFY_SOCKET: host.at('lines') })
    notifier.ready('listening unix:/a\nMAINPID=1\r\0\u0085')
    expect(await receiver.text()).toBe('READY=1\nSTATUS=listening unix:/a?MAINPID=1???')
  })
})

describe('a watchdog', () => {
  it.each([
    ['30 s', { WATCHDOG_USEC: '30000000' }, 15_000],
    ['30 s, for this process', { WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(pid) }, 15_000],
    ['an odd time', { WATCHDOG_USEC: '3001' }, 1],
    ['less than a timer can do', { WATCHDOG_USEC: '1' }, 1],
    ['more than a timer can do', { WATCHDOG_USEC: '999999999999999' }, 0x7fff_ffff],
  ])('of %s is told twice in that time that we are alive, once we are ready', async (what, variables, period) => {
    const path = host.at(`watchdog ${what}`)
    using receiver = await DatagramReceiver.at(path)
    const clock = new Clock()
    const notifier = Notifier.take({ NOTIFY_SOCKET: path, ...variables }, { every: clock.every, pid })
    clock.tick()
    expect(clock.periods).toEqual([])
    notifier.ready('ready')
    notifier.ready('ready again')
    expect(clock.periods).toEqual([period])
    clock.tick()
    clock.tick()
    notifier.stopping('stopping')
    clock.tick()
    notifier[Symbol.dispose]()
    notifier[Symbol.dispose]()
    expect(clock.isStopped).toBe(true)
    const heard = []
    for (let count = 0; count < 6; count++) heard.push((await receiver.text()).split('\n')[0])
    expect(heard).toEqual(['READY=1', 'READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'STOPPING=1', 'WATCHDOG=1'])
  })

  it.each([
    ['that watches another process', { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' }],
    ['of no time', { WATCHDOG_USEC: '0' }],
    ['of no number', { WATCHDOG_USEC: '30s' }],
    ['that is not there', {}],
  ])('%s is told nothing', async (what, variables) => {
    const path = host.at(`unwatched ${what}`)
    using receiver = await DatagramReceiver.at(path)
    const clock = new Clock()
    using notifier = Notifier.take({ NOTIFY_SOCKET: path, ...variables }, { every: clock.every, pid })
    notifier.ready('ready')
    expect(await receiver.text()).toContain('READY=1')
    expect(clock.periods).toEqual([])
  })
})

describe('without anybody to tell', () => {
  it.each([
    ['there is no variable', {}],
    ['it is empty', { NOTIFY_SOCKET: '' }],
    ['it is no path', { NOTIFY_SOCKET: 'relative' }],
    ['it is of another family', { NOTIFY_SOCKET: 'vsock:2:1234' }],
  ])('nothing is done: %s', (_what, variables) => {
    const clock = new Clock()
    const log: string[] = []
    const before = openDescriptors()
    using notifier = Notifier.take(
      { ...variables, WATCHDOG_USEC: '30000000' },
      { every: clock.every, log: (line) => log.push(line) },
    )
    notifier.ready('ready')
    notifier.status('status')
    notifier.stopping('stopping')
    expect(clock.periods).toEqual([])
    expect(log).toEqual([])
    expect(openDescriptors()).toEqual(before)
  })

  it.each([
    ['@nobody-is-there', 'ECONNREFUSED to="@nobody-is-there"'],
    ['/nobody/is/there', 'ENOENT to="/nobody/is/there"'],
    [`/${'x'.repeat(200)}`, 'ENAMETOOLONG length=201'],
  ])('who can be reached, it is said once and nothing is thrown: %s', (target, why) => {
    const log: string[] = []
    const clock = new Clock()
    using notifier = Notifier.take(
      { NOTIFY_SOCKET: target, WATCHDOG_USEC: '30000000' },
      { every: clock.every, log: (line) => log.push(line) },
    )
    notifier.ready('ready')
    clock.tick()
    notifier.stopping('stopping')
    expect(log).toEqual([`Cannot tell the service manager: Cannot send a datagram: ${why}`])
  })

  it('who reads, nothing is thrown either', async () => {
    using receiver = await DatagramReceiver.at(host.at('suspended'))
    receiver.suspend()
    const log: string[] = []
    using notifier = Notifier.take({ NOTIFY_SOCKET: host.at('suspended') }, { log: (line) => log.push(line) })
    while (log.length === 0) notifier.status('status')
    expect(log[0]).toContain('EAGAIN')
  })
})

describe('the variables', () => {
  it('are gone, whomever they were meant for; others stay', () => {
    const environment = { NOTIFY_SOCKET: '/x', WATCHDOG_USEC: '1', WATCHDOG_PID: '1', LISTEN_FDS: '1', HOME: '/' }
    Notifier.take(environment)
    expect(environment).toEqual({ LISTEN_FDS: '1', HOME: '/' })
  })

  it('are not seen by a program that is started afterwards', () => {
    const script = `
      const { Notifier } = await import(process.argv[1])
      Notifier.take(process.env)
      const { execFileSync } = await import('node:child_process')
      process.stdout.write(execFileSync('env', { encoding: 'utf8' }))`
    const built = join(projectRoot, 'dist', 'src', 'serve', 'notify.js')
    const env = { PATH: process.env['PATH'], NOTIFY_SOCKET: '@x', WATCHDOG_USEC: '1', WATCHDOG_PID: '1', OTHER: '1' }
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, built], {
      env,
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    expect(stdout.split('\n').filter((line) => !/^(PATH|_|PWD|SHLVL)=/.test(line))).toEqual(['OTHER=1', ''])
  })
})

describeSystemd("systemd's own client", ['systemd-notify'], () => {
  it('says the same', async () => {
    using receiver = await DatagramReceiver.at(host.at('same'))
    const env = { PATH: process.env['PATH'], NOTIFY_SOCKET: host.at('same') }
    using notifier = Notifier.take({ ...env })
    const lines = (text: string): string[] =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .sort()
    // It adds whom it speaks for, as it is not the main process.
    const heard = async (): Promise<string[]> =>
      lines(await receiver.text()).filter((line) => !line.startsWith('MAINPID='))
    execFileSync('systemd-notify', ['--no-block', '--ready', '--status=listening'], { env })
    const theirs = await heard()
    notifier.ready('listening')
    expect(await heard()).toEqual(theirs)
  })
})
