// The command line as bytes. Node decodes argv as UTF-8 and so loses names in any other encoding; the kernel has them.

import { readFileSync } from 'node:fs'
import { utf8Of } from '../../src/index.js'

/** The arguments in bytes (Latin-1), given the last ones of the process as Node decoded them. */
export function rawArguments(decoded: readonly string[]): string[] {
  const raw = lastArguments(decoded.length)
  return decoded.map((argument, index) => {
    const bytes = raw[index]
    // A process that has given itself a title, or was given other arguments by a test, has no raw form of them.
    return bytes?.toString('utf8') === argument ? bytes.toString('latin1') : utf8Of(argument)
  })
}

function lastArguments(count: number): Buffer[] {
  let cmdline: Buffer
  try {
    cmdline = readFileSync('/proc/self/cmdline')
  } catch {
    return []
  }
  const all = cmdline.toString('latin1').split('\0').slice(0, -1)
  return all.slice(Math.max(0, all.length - count)).map((argument) => Buffer.from(argument, 'latin1'))
}

/** What decoding puts in place of bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd'

/** One argument, or the value of a flag, in bytes, wherever it stands. */
export function rawArgument(decoded: string): string {
  if (!decoded.includes(REPLACEMENT)) return utf8Of(decoded)
  for (const argument of lastArguments(Number.MAX_SAFE_INTEGER)) {
    const value = argument.subarray(argument.indexOf('=') + 1)
    for (const bytes of [argument, value]) if (bytes.toString('utf8') === decoded) return bytes.toString('latin1')
  }
  return utf8Of(decoded)
}
