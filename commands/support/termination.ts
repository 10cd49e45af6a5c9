// Ending a long-running command: the first signal asks, the second one insists.

const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const

/** Watches for SIGINT and SIGTERM while it lives. After the first, a further one ends the process at once, with 130 or 143. */
export class Termination implements Disposable {
  /** Fulfilled by the first signal. */
  readonly requested: Promise<void>
  private first: number | undefined
  private readonly handlers: readonly (readonly [signal: string, handler: () => void])[]

  constructor() {
    let fulfil: () => void
    this.requested = new Promise((resolve) => (fulfil = resolve))
    this.handlers = Object.entries(SIGNALS).map(([signal, number]) => {
      const handler = (): void => {
        if (this.first !== undefined) process.exit(128 + number)
        this.first = 128 + number
        fulfil()
      }
      process.on(signal, handler)
      return [signal, handler]
    })
  }

  /** What the process exits with that was asked to end; undefined while nobody has asked. */
  get exitCode(): number | undefined {
    return this.first
  }

  [Symbol.dispose](): void {
    for (const [signal, handler] of this.handlers) process.off(signal, handler)
  }
}
