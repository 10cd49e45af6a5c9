// How far a walk has come, on a terminal's stderr. What is left nobody knows before the end, so there is no bar.

/** Whoever waits for less needs no company, and too quick a counter cannot be read. */
const FIRST_AFTER_MS = 500
const EVERY_MS = 200

const CLEAR = '\r\x1b[K'

/** A counter on one line, which is gone when it is cleared. */
export class Progress implements Disposable {
  private readonly began = performance.now()
  private shownAt = this.began + FIRST_AFTER_MS - EVERY_MS
  private isShown = false

  constructor(private readonly terminal: Pick<NodeJS.WriteStream, 'write'>) {}

  /** A counter for a command that is to show one; undefined where stderr is no terminal, or where it was not wanted. */
  static on(terminal: NodeJS.WriteStream, isWanted: boolean): Progress | undefined {
    return isWanted && terminal.isTTY ? new Progress(terminal) : undefined
  }

  /** Shows the count of entries, if it is time to. */
  show(visited: number): void {
    const now = performance.now()
    if (now - this.shownAt < EVERY_MS) return
    this.shownAt = now
    this.isShown = true
    const rate = Math.round((visited * 1000) / (now - this.began))
    this.terminal.write(`${CLEAR}${visited.toLocaleString('en')} entries, ${rate.toLocaleString('en')}/s`)
  }

  /** Takes the line away, for what is to stand there; the next count shows it again. */
  clear(): void {
    if (this.isShown) this.terminal.write(CLEAR)
    this.isShown = false
  }

  [Symbol.dispose](): void {
    this.clear()
  }
}
