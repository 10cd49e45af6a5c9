// Time as the server uses it: handed in, so that a test can let minutes pass in no time.

export interface Clock {
  /** Milliseconds since some moment, never going back. */
  now(): number
  /** Does `action` after `ms` milliseconds, unless it is cancelled before. It keeps no process alive. */
  after(ms: number, action: () => void): Timer
}

export interface Timer {
  cancel(): void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timeout = setTimeout(action, ms)
    timeout.unref()
    return { cancel: () => clearTimeout(timeout) }
  },
}
