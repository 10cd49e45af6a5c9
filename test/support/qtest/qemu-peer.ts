// QEMU's local back end as something that takes 9P frames and gives frames back.

import type { HostUser } from '../guest/qemu.js'
import { QtestChannel } from './channel.js'
import { type QtestExport, type QtestMachine, startMachine } from './machine.js'
import { enableDevice } from './pci.js'
import { Ring, SLOTS } from './ring.js'

/** QEMU gave the device up: what was sent has no answer, and nothing has one until the device is reset. */
export class DeviceBroken extends Error {
  override readonly name = 'DeviceBroken'
}

/** QEMU's process has ended by itself; nothing has an answer any more. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded'
}

/** Longer than any request takes on a machine that does other things too: whoever waits this long waits for ever. */
const PATIENCE_MS = 30_000
/** How QEMU announces that it marks a virtio device broken (virtio_error in hw/9pfs/virtio-9p-device.c). */
const GAVE_UP = /VirtFS (?:request|reply)/

export interface QemuPeerOptions {
  /** The user QEMU runs as. */
  readonly user?: HostUser | undefined
  /** How long an answer may take before QEMU is ended. */
  readonly patienceMs?: number | undefined
}

export class QemuPeer implements AsyncDisposable {
  private readonly channel: QtestChannel
  private readonly ring: Ring
  private complaints = ''
  private raised = 0
  private wake: (() => void) | undefined
  private failure: Error | undefined

  private constructor(
    private readonly machine: QtestMachine,
    private readonly patienceMs: number,
  ) {
    this.channel = new QtestChannel(machine.channel, () => {
      this.raised += 1
      this.wake?.()
    })
    this.ring = new Ring(this.channel)
    machine.complaints.on('data', (text: Buffer) => {
      this.complaints += text.toString('latin1')
      this.wake?.()
    })
    void machine.ended.then((how) => this.fail(new ProcessEnded(this.complaint('go on', how))))
  }

  /** Starts a QEMU that exports `exported`, and readies its device. */
  static async start(
    qemu: string,
    exported: QtestExport,
    { user, patienceMs = PATIENCE_MS }: QemuPeerOptions = {},
  ): Promise<QemuPeer> {
    const peer = new QemuPeer(startMachine(qemu, exported, user), patienceMs)
    try {
      await peer.within('ready the device', enableDevice(peer.channel))
      await peer.reset()
      return peer
    } catch (cause) {
      await peer[Symbol.asyncDispose]()
      throw cause
    }
  }

  /** True when there is nobody to talk to any more. */
  get hasFailed(): boolean {
    return this.failure !== undefined
  }

  get pid(): number {
    return this.machine.process.pid!
  }

  /** Resets the device as a driver that is loaded anew would: every fid is gone, and a broken device works again. */
  async reset(): Promise<void> {
    this.complaints = ''
    await this.within('reset the device', this.ring.reset())
    this.raised = 0
  }

  /** Sends a frame and gives its reply, which may be empty; rejects with DeviceBroken when QEMU gives the device up. */
  async exchange(frame: Buffer): Promise<Buffer> {
    const [reply] = await this.exchangeAll([frame])
    return reply!
  }

  /** Sends frames together; gives the replies in the order in which they came. */
  async exchangeAll(frames: readonly Buffer[]): Promise<Buffer[]> {
    if (frames.length > SLOTS) throw new RangeError(`Cannot have ${frames.length} requests under way`)
    if (this.failure !== undefined) throw this.failure
    frames.forEach((frame, slot) => this.ring.offer(slot, frame))
    this.ring.notify()
    return this.within(`answer ${describe(frames)}`, this.gather(frames.length))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.machine.process.kill('SIGKILL')
    await this.machine.ended
  }

  private async gather(count: number): Promise<Buffer[]> {
    const replies: Buffer[] = []
    while (replies.length < count) {
      await this.raise()
      for (const used of await this.ring.used()) replies.push(await this.ring.reply(used))
    }
    return replies
  }

  /** Waits until the device interrupts. */
  private async raise(): Promise<void> {
    while (this.raised === 0) {
      if (this.failure !== undefined) throw this.failure
      if (GAVE_UP.test(this.complaints)) throw new DeviceBroken(this.complaints.trim())
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
    this.raised = 0
  }

  /** Waits for `event`, but not for ever: when the time is over QEMU is ended and the error says what it was doing. */
  private async within<T>(what: string, event: Promise<T>): Promise<T> {
    const giveUp = (): void => this.fail(new Error(this.complaint(what, `it took more than ${this.patienceMs} ms`)))
    const timer = setTimeout(giveUp, this.patienceMs)
    try {
      return await event
    } finally {
      clearTimeout(timer)
    }
  }

  private complaint(what: string, how: string): string {
    const said = this.complaints.trim()
    return `QEMU cannot ${what}: ${how}${said === '' ? '' : ` (it says: ${said})`}`
  }

  private fail(failure: Error): void {
    this.failure ??= failure
    this.channel.end(this.failure)
    this.machine.process.kill('SIGKILL')
    this.wake?.()
  }
}

const describe = (frames: readonly Buffer[]): string =>
  frames.map((frame) => frame.toString('hex', 0, Math.min(frame.length, 64))).join(', ')
