// Requests that are answered later, by tag: how many there may be and how much memory they may hold, and who waits for
// one of them to be answered.

/** Most bytes that requests under way may hold for their replies: a cold read of msize bytes holds that many. */
const HELD_MAX = 16 * 1024 * 1024

/** One request under way. */
export interface Later {
  readonly tag: number
  readonly whenAnswered: Promise<void>
  readonly settle: () => void
  /** False once the session that it belongs to is over: its reply must not be sent any more. */
  isWanted: boolean
  /** Takes back what has not begun yet; undefined for what has. */
  cancel: (() => void) | undefined
}

export class Pending {
  private readonly byTag = new Map<number, Later>()
  private readonly wanted = new Set<Later>()
  // Those of former sessions count too: Tversion ends no system call, and must not be a way round the limit.
  private underWay = 0
  private heldBytes = 0
  private onIdle: (() => void) | undefined

  /** `most` requests may be under way at once. */
  constructor(private readonly most: number) {}

  get isFull(): boolean {
    return this.underWay >= this.most || this.heldBytes >= HELD_MAX
  }

  get count(): number {
    return this.underWay
  }

  /** Notes a request; `settle` must follow. */
  add(tag: number): Later {
    let settle: () => void = () => undefined
    const whenAnswered = new Promise<void>((resolve) => {
      settle = resolve
    })
    const later: Later = { tag, whenAnswered, settle, isWanted: true, cancel: undefined }
    // A client that uses a tag twice confuses itself alone: whoever flushes it waits for the later request.
    this.byTag.set(tag, later)
    this.wanted.add(later)
    this.underWay += 1
    return later
  }

  /**
   * Flushes the request with that tag: one that has not begun is not answered any more; one that has is waited for.
   * Undefined when there is nothing to wait for.
   */
  flushed(tag: number): Promise<void> | undefined {
    const later = this.byTag.get(tag)
    if (later?.cancel === undefined) return later?.whenAnswered
    later.isWanted = false
    later.cancel()
    this.settle(later)
    return undefined
  }

  /** Notes that a request has been answered and its reply, if it was wanted, is on its way. */
  settle(later: Later): void {
    if (this.byTag.get(later.tag) === later) this.byTag.delete(later.tag)
    this.wanted.delete(later)
    this.underWay -= 1
    later.settle()
    if (this.underWay === 0) this.onIdle?.()
  }

  /** Counts `bytes` as held until they are let go. */
  hold(bytes: number): void {
    this.heldBytes += bytes
  }

  letGo(bytes: number): void {
    this.heldBytes -= bytes
  }

  /** Counts `bytes` as held until `action` is done. */
  async holding<T>(bytes: number, action: () => Promise<T>): Promise<T> {
    this.hold(bytes)
    try {
      return await action()
    } finally {
      this.letGo(bytes)
    }
  }

  /** Calls `callback` once nothing is under way, at once if nothing is. */
  whenIdle(callback: () => void): void {
    if (this.underWay === 0) callback()
    else this.onIdle = callback
  }

  /** Forgets all requests: their replies are not wanted any more. */
  abandon(): void {
    for (const later of [...this.wanted]) {
      later.isWanted = false
      if (later.cancel === undefined) later.settle()
      else {
        later.cancel()
        this.settle(later)
      }
    }
    this.wanted.clear()
    this.byTag.clear()
  }
}
