// Telling the service manager how we are: the protocol of sd_notify(3), in the form that systemd's own documentation
// promises to keep. One datagram a message, lines of NAME=VALUE.

import { errorLine } from '../errors.js'
import { type DatagramTarget, sendDatagram } from '../sys/socket.js'

/** Runs `action` every `ms` milliseconds, without keeping the process alive, until what it returns is called. */
export type Every = (ms: number, action: () => void) => () => void

const everyByTimer: Every = (ms, action) => {
  const timer = setInterval(action, ms).unref()
  return () => clearInterval(timer)
}

export interface NotifierOptions {
  /** Told once, when the service manager cannot be reached. */
  readonly log?: (line: string) => void
  readonly every?: Every
  readonly pid?: number
}

/** How long a message that comes only once waits for a queue that is full. */
const PATIENCE_MS = 1000

/**
 * Speaks to the service manager that started this process, if one did and wants to hear (Type=notify); otherwise does
 * nothing. Never throws: a service works whether it is heard or not.
 */
export class Notifier implements Disposable {
  private readonly log: (line: string) => void
  private readonly every: Every
  private stopWatchdog: (() => void) | undefined
  private isUnreachable = false

  private constructor(
    private readonly target: DatagramTarget | undefined,
    private readonly watchdogMs: number | undefined,
    { log = () => undefined, every = everyByTimer }: NotifierOptions,
  ) {
    this.log = log
    this.every = every
  }

  /** Takes the variables that are meant for this process out of `environment`, so that no child believes them its own. */
  static take(environment: NodeJS.ProcessEnv, options: NotifierOptions = {}): Notifier {
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name]
    const isWatched = WATCHDOG_PID === undefined || WATCHDOG_PID === String(options.pid ?? process.pid)
    return new Notifier(targetOf(NOTIFY_SOCKET), isWatched ? intervalOf(WATCHDOG_USEC) : undefined, options)
  }

  /**
   * Says that the service is up, with a line for `systemctl status`; from then on says regularly that it is alive, if
   * it is watched. The main process says so itself, so MAINPID is not needed.
   */
  ready(status: string): void {
    this.send(`READY=1\n${statusLine(status)}`, PATIENCE_MS)
    if (this.target === undefined || this.watchdogMs === undefined) return
    // A ping that is lost to a full queue is no loss: there are two in the time that is allowed.
    this.stopWatchdog ??= this.every(this.watchdogMs, () => this.send('WATCHDOG=1', 0))
  }

  /** Changes the line that `systemctl status` shows. */
  status(status: string): void {
    this.send(statusLine(status), 0)
  }

  /** Says that the service is ending of its own accord. Signs of life go on until the notifier is disposed of. */
  stopping(status: string): void {
    this.send(`STOPPING=1\n${statusLine(status)}`, PATIENCE_MS)
  }

  [Symbol.dispose](): void {
    this.stopWatchdog?.()
    this.stopWatchdog = undefined
  }

  private send(message: string, patienceMs: number): void {
    if (this.target === undefined) return
    try {
      sendDatagram(this.target, Buffer.from(message), patienceMs)
    } catch (cause) {
      if (!this.isUnreachable) this.log(`Cannot tell the service manager: ${errorLine(cause)}`)
      this.isUnreachable = true
    }
  }
}

/** A path, or an abstract name behind "@". Another kind of address (vsock:) is for machines, not for services. */
function targetOf(text: string | undefined): DatagramTarget | undefined {
  const bytes = Buffer.from(text ?? '').toString('latin1')
  if (bytes.startsWith('@')) return { kind: 'abstract', name: bytes.slice(1) }
  return bytes.startsWith('/') ? { kind: 'path', path: bytes } : undefined
}

/** Half of the time after which the service manager gives a silent service up, as sd_watchdog_enabled(3) advises. */
function intervalOf(microseconds: string | undefined): number | undefined {
  if (microseconds === undefined || !/^\d{1,15}$/.test(microseconds) || Number(microseconds) === 0) return undefined
  return Math.min(Math.max(1, Math.floor(Number(microseconds) / 2000)), TIMER_MOST)
}

/** setInterval takes what does not fit into 31 bits for 1 ms. */
const TIMER_MOST = 0x7fff_ffff

/** A path may hold a line end, behind which another assignment could follow. */
const statusLine = (status: string): string => `STATUS=${status.replaceAll(/\p{Cc}/gu, '?')}`
