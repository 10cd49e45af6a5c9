// Long work in one thread stops for a moment now and then: signals are heard only then.

import { turn } from '../pool/turn.js'

/** How often it does. */
const EVERY = 256

export class Breath {
  private count = 0

  async take(): Promise<void> {
    this.count += 1
    if (this.count % EVERY === 0) await turn()
  }
}
