// Asking whoever sits at the terminal.

import { createInterface } from 'node:readline'

/**
 * Asks a question (bytes) that is answered with y or n, and n if with nothing. The answer is a line of `input`; it is left
 * to the terminal to edit it, so that Ctrl-C ends the program.
 */
export async function confirmed(
  question: string,
  input: NodeJS.ReadableStream = process.stdin,
  output: Pick<NodeJS.WritableStream, 'write'> = process.stderr,
): Promise<boolean> {
  output.write(Buffer.from(`${question} [y/N] `, 'latin1'))
  const lines = createInterface({ input, terminal: false })
  try {
    for await (const line of lines) return /^\s*y(es)?\s*$/i.test(line)
    return false
  } finally {
    lines.close()
  }
}
