// The qtest protocol: one line a command, one line an answer, in order; and lines in between that tell of interrupts.

import type { Duplex } from 'node:stream'

interface Waiting {
  readonly command: string
  readonly resolve: (answer: string) => void
  readonly reject: (cause: Error) => void
}

/** Longest part of a command or an answer that an error quotes: a frame may be a quarter of a megabyte. */
const QUOTED_MAX = 80

/** Our end of QEMU's qtest socket. Commands are gathered until `flush`, so that a batch costs one write. */
export class QtestChannel {
  private readonly waiting: Waiting[] = []
  private gathered: string[] = []
  private partial = ''
  private failure: Error | undefined

  /** `onRaise` is called whenever an interrupt line that was intercepted goes up. */
  constructor(
    private readonly stream: Duplex,
    private readonly onRaise: () => void,
  ) {
    stream.on('data', (chunk: Buffer) => this.accept(chunk.toString('latin1')))
    // The end of QEMU is noticed by the end of its process, which says more than a broken pipe.
    stream.on('error', () => stream.destroy())
  }

  /** Puts a command behind those gathered; resolves with what follows "OK" in its answer. */
  command(text: string): Promise<string> {
    if (this.failure !== undefined) return Promise.reject(this.failure)
    this.gathered.push(text)
    const answer = new Promise<string>((resolve, reject) => this.waiting.push({ command: text, resolve, reject }))
    // Of a batch often one answer only is waited for; when QEMU ends, all of them fail, and one says so.
    answer.catch(() => undefined)
    return answer
  }

  /** Sends what was gathered. */
  flush(): void {
    if (this.gathered.length === 0) return
    this.stream.write(`${this.gathered.join('\n')}\n`)
    this.gathered = []
  }

  /** Sends the command at once. */
  now(text: string): Promise<string> {
    const answer = this.command(text)
    this.flush()
    return answer
  }

  /** Fails every command that waits, and every later one. */
  end(cause: Error): void {
    this.failure ??= cause
    for (const { reject } of this.waiting.splice(0)) reject(cause)
    this.stream.destroy()
  }

  private accept(text: string): void {
    const lines = (this.partial + text).split('\n')
    this.partial = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('IRQ raise')) this.onRaise()
      else if (!line.startsWith('IRQ')) this.answer(line)
    }
  }

  private answer(line: string): void {
    const waiting = this.waiting.shift()
    if (waiting === undefined) throw new Error(`Cannot tell what qtest answers: ${line.slice(0, QUOTED_MAX)}`)
    if (line === 'OK' || line.startsWith('OK ')) waiting.resolve(line.slice(3))
    else {
      const [command, answer] = [waiting.command, line].map((text) => text.slice(0, QUOTED_MAX))
      waiting.reject(new Error(`Cannot run the qtest command "${command}": ${answer}`))
    }
  }
}
