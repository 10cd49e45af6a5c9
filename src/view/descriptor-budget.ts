// How many descriptors the views of this process may hold together. Handles are a cache and give way; descriptors of
// files that a client has open are not, and count too.

import { ErrnoError } from '../errors.js'

/** Something that can close idle descriptors. */
export interface HandleCache {
  /** Closes up to `count` idle descriptors; returns how many. */
  evict(count: number): number
}

/**
 * A count of descriptors shared by all views, kept near `most` by dropping idle handles. An operation may go a few
 * descriptors beyond it, since handles are dropped between operations only: never under one that holds them.
 */
export class DescriptorBudget {
  private used = 0
  private readonly caches = new Set<HandleCache>()

  /** `most` may change: a server shares what there is among its connections. */
  constructor(public most: number) {}

  /** Descriptors in use, for tests and metrics. */
  get inUse(): number {
    return this.used
  }

  register(cache: HandleCache): void {
    this.caches.add(cache)
  }

  unregister(cache: HandleCache): void {
    this.caches.delete(cache)
  }

  /** Called before each operation. Beyond the limit an eighth of the handles is dropped at once, so that it is seldom. */
  makeRoom(): void {
    if (this.used <= this.most) return
    let wanted = this.used - this.most + (this.most >>> 3)
    for (const cache of [...this.caches]) {
      wanted -= cache.evict(wanted)
      // Whoever has given comes last the next time.
      this.caches.delete(cache)
      this.caches.add(cache)
      if (wanted <= 0) return
    }
  }

  /** Refuses to open more (ENFILE) when what is open, and cannot give way, uses up the budget by itself. */
  refuseMore(): void {
    if (this.used > this.most) throw new ErrnoError('ENFILE', { op: 'open more', most: this.most })
  }

  acquired(): void {
    this.used += 1
  }

  released(): void {
    this.used -= 1
  }
}
