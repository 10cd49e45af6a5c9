// A clock that a test moves: minutes pass in no time, and what is due then is done.

import type { Clock, Timer } from '../../src/clock.js'

export class ManualClock implements Clock {
  #now = 1000
  readonly #due = new Set<{ at: number; action: () => void }>()

  now(): number {
    return this.#now
  }

  after(ms: number, action: () => void): Timer {
    const entry = { at: this.#now + ms, action }
    this.#due.add(entry)
    return { cancel: () => void this.#due.delete(entry) }
  }

  /** Lets time pass, step by step where something is due on the way. */
  pass(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = [...this.#due].sort((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > end) break
      this.#due.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.action()
    }
    this.#now = end
  }
}
