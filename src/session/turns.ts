// Who may go on: at most so many at once, the others in the order in which they came.

export class Turns {
  private underWay = 0
  private readonly waiting: (() => void)[] = []

  constructor(private readonly most: number) {}

  /** Does `action` once it may go on. */
  async take<T>(action: () => Promise<T>): Promise<T> {
    if (this.underWay >= this.most) await new Promise<void>((resolve) => this.waiting.push(resolve))
    else this.underWay += 1
    try {
      return await action()
    } finally {
      // The place goes to whoever waits longest.
      const next = this.waiting.shift()
      if (next === undefined) this.underWay -= 1
      else next()
    }
  }
}
