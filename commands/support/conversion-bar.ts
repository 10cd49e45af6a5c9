// How far a conversion has come, on a terminal's stderr: it is known how much there is to do, so there is a bar.

import { SingleBar } from 'cli-progress'

/** Whoever waits for less needs no company. */
const FIRST_AFTER_MS = 500
/** Over how many updates the remaining time is estimated. */
const ESTIMATED_OVER = 100
const BAR_COLUMNS = 30

/** A bar on one line, which is gone when it is cleared. */
export class ConversionBar implements Disposable {
  private readonly began = performance.now()
  private readonly bar: SingleBar
  private isShown = false

  constructor(terminal: NodeJS.WritableStream) {
    this.bar = new SingleBar({
      stream: terminal,
      format: '{bar} {percentage}%  {value} of {total} entries, {rate}/s, {eta_formatted} left',
      barsize: BAR_COLUMNS,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      etaBuffer: ESTIMATED_OVER,
      formatValue: (value, _options, type) => (type === 'percentage' ? String(value) : value.toLocaleString('en')),
      formatTime: durationText,
      clearOnComplete: true,
      // Otherwise the terminal would be left without wrapping by a signal.
      linewrap: true,
    })
  }

  /** A bar for a command that is to show one; undefined where stderr is no terminal, or where it was not wanted. */
  static on(terminal: NodeJS.WriteStream, isWanted: boolean): ConversionBar | undefined {
    return isWanted && terminal.isTTY ? new ConversionBar(terminal) : undefined
  }

  /** Shows how many entries are done of all that are to be, if it is time to. */
  show(done: number, total: number): void {
    const elapsed = performance.now() - this.began
    if (elapsed < FIRST_AFTER_MS) return
    const payload = { rate: Math.round((done * 1000) / elapsed).toLocaleString('en') }
    if (this.isShown) this.bar.update(done, payload)
    else this.bar.start(total, done, payload)
    this.isShown = true
  }

  /** Takes the line away, for what is to stand there. */
  clear(): void {
    if (this.isShown) this.bar.stop()
    this.isShown = false
  }

  [Symbol.dispose](): void {
    this.clear()
  }
}

/** Seconds as people say them; where cli-progress cannot know them, it has a word for them. */
function durationText(seconds: number | string): string {
  if (typeof seconds === 'string') return '?'
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  if (hours > 0) return `${hours}h${String(minutes).padStart(2, '0')}m`
  return minutes > 0 ? `${minutes}m${String(seconds % 60).padStart(2, '0')}s` : `${seconds}s`
}
