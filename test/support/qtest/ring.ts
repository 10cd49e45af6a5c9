// A legacy virtio device with one split ring in guest memory (virtio 1.1, sections 2.6, 4.1.4.8): chains of two
// descriptors, a buffer that the device reads and one that it writes.

import type { QtestChannel } from './channel.js'
import { hex, REGISTERS } from './pci.js'

const QUEUE_ADDRESS = REGISTERS + 8
const QUEUE_SIZE = REGISTERS + 12
const QUEUE_SELECT = REGISTERS + 14
const QUEUE_NOTIFY = REGISTERS + 16
const DEVICE_STATUS = REGISTERS + 18
const INTERRUPT_STATUS = REGISTERS + 19
const GUEST_FEATURES = REGISTERS + 4

const ACKNOWLEDGE_DRIVER = 3
const DRIVER_OK = 4

const F_NEXT = 1
const F_WRITE = 2

const PAGE = 4096
const DESCRIPTOR = 16
/** The ring lies at the first page above the legacy hole, the buffers behind it. */
const RING = 0x10_0000
const BUFFERS = 0x20_0000

/** Chains that may be under way at once. */
export const SLOTS = 16
/** Bytes of each of a chain's two buffers: more than any message of a test. */
export const BUFFER_SIZE = 0x4_0000

const requestAt = (slot: number): number => BUFFERS + 2 * slot * BUFFER_SIZE
const replyAt = (slot: number): number => requestAt(slot) + BUFFER_SIZE

/** What the device says it has done: which chain, and how many bytes it wrote. */
export interface Used {
  readonly slot: number
  readonly length: number
}

export class Ring {
  private size = 0
  private available = 0
  private seen = 0

  constructor(private readonly channel: QtestChannel) {}

  /** Resets the device, which forgets all that was under way and revives one that gave up, and sets the ring up. */
  async reset(): Promise<void> {
    const { channel } = this
    void channel.command(`outb ${hex(DEVICE_STATUS)} 0`)
    void channel.command(`outb ${hex(DEVICE_STATUS)} ${ACKNOWLEDGE_DRIVER}`)
    void channel.command(`outl ${hex(GUEST_FEATURES)} 0`)
    void channel.command(`outw ${hex(QUEUE_SELECT)} 0`)
    this.size = Number(await channel.now(`inw ${hex(QUEUE_SIZE)}`))
    this.available = this.seen = 0
    void channel.command(`memset ${hex(RING)} ${hex(this.usedRing - RING + 4 + 8 * this.size)} 0`)
    void channel.command(`outl ${hex(QUEUE_ADDRESS)} ${hex(RING / PAGE)}`)
    void channel.command(`inb ${hex(INTERRUPT_STATUS)}`)
    await channel.now(`outb ${hex(DEVICE_STATUS)} ${ACKNOWLEDGE_DRIVER | DRIVER_OK}`)
  }

  /** Offers a request in a free slot; the device looks at it when it is notified. */
  offer(slot: number, request: Buffer): void {
    if (request.length > BUFFER_SIZE) throw new RangeError(`Cannot offer ${request.length} bytes: no buffer holds them`)
    const { channel } = this
    const chain = Buffer.alloc(2 * DESCRIPTOR)
    describe(chain, 0, requestAt(slot), request.length, F_NEXT, 2 * slot + 1)
    describe(chain, DESCRIPTOR, replyAt(slot), BUFFER_SIZE, F_WRITE, 0)
    void channel.command(write(RING + 2 * slot * DESCRIPTOR, chain))
    if (request.length > 0) void channel.command(write(requestAt(slot), request))
    void channel.command(`writew ${hex(this.availableRing + 4 + 2 * (this.available % this.size))} ${2 * slot}`)
    this.available = (this.available + 1) & 0xffff
    void channel.command(`writew ${hex(this.availableRing + 2)} ${this.available}`)
  }

  notify(): void {
    void this.channel.command(`outw ${hex(QUEUE_NOTIFY)} 0`)
    this.channel.flush()
  }

  /** What was done since the last call. The interrupt is taken back first, so that whatever is done later raises it. */
  async used(): Promise<Used[]> {
    const { channel } = this
    void channel.command(`inb ${hex(INTERRUPT_STATUS)}`)
    const bytes = decode(await channel.now(`b64read ${hex(this.usedRing)} ${4 + 8 * this.size}`))
    const index = bytes.readUInt16LE(2)
    const found: Used[] = []
    for (; this.seen !== index; this.seen = (this.seen + 1) & 0xffff) {
      const at = 4 + 8 * (this.seen % this.size)
      found.push({ slot: bytes.readUInt32LE(at) / 2, length: bytes.readUInt32LE(at + 4) })
    }
    return found
  }

  /** What the device wrote. */
  async reply({ slot, length }: Used): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0)
    return decode(await this.channel.now(`b64read ${hex(replyAt(slot))} ${length}`))
  }

  private get availableRing(): number {
    return RING + DESCRIPTOR * this.size
  }

  private get usedRing(): number {
    return Math.ceil((this.availableRing + 6 + 2 * this.size) / PAGE) * PAGE
  }
}

function describe(into: Buffer, at: number, address: number, length: number, flags: number, next: number): void {
  into.writeBigUInt64LE(BigInt(address), at)
  into.writeUInt32LE(length, at + 8)
  into.writeUInt16LE(flags, at + 12)
  into.writeUInt16LE(next, at + 14)
}

const write = (at: number, bytes: Buffer): string => `b64write ${hex(at)} ${bytes.length} ${bytes.toString('base64')}`

const decode = (base64: string): Buffer => Buffer.from(base64, 'base64')
