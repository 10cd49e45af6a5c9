// What anything that was thrown means to the user: one line, and an exit code.

import { stripVTControlCharacters } from 'node:util'
import { CLIError, ExitError } from '@oclif/core/errors'
import { errorLine, printable, UsageError } from '../../src/index.js'

/** Exit codes, as docs/cli.md promises them. */
export const EXIT_FAILED = 1
export const EXIT_USAGE = 2
export const EXIT_INTERRUPTED = 3

/** Says one line on stderr. */
export function complain(line: string): void {
  process.stderr.write(`virtfs: ${line}\n`)
}

/** How a command ends that was not carried out. */
export interface Failure {
  /** Absent where all has been said already. */
  readonly line?: string
  readonly exitCode: number
}

/** Explains what was thrown while `command` (or, when undefined, the choice of one) was being carried out. */
export function failureOf(thrown: unknown, command?: string): Failure {
  if (thrown instanceof ExitError) return { exitCode: thrown.oclif.exit ?? EXIT_FAILED }
  if (thrown instanceof UsageError) return { line: thrown.message, exitCode: EXIT_USAGE }
  if (thrown instanceof CLIError) return { line: usageLine(thrown, command), exitCode: EXIT_USAGE }
  return { line: errorLine(thrown).replaceAll(/\s*\n\s*/g, ' '), exitCode: EXIT_FAILED }
}

/** oclif's refusals span several lines and call things otherwise than we do. */
function usageLine(error: Error, command: string | undefined): string {
  const help = `(see virtfs ${command === undefined ? '' : `${command} `}--help)`
  const missing = names(error, 'args', 'Missing ')
  if (missing.length > 0) return `Cannot run ${command ?? 'virtfs'}: no ${missing.join(' and no ')} given ${help}`
  const surplus = names(error, 'args', 'Unexpected ')
  if (surplus.length > 0) return `Cannot use ${surplus.map(quoted).join(', ')}: one argument is enough ${help}`
  const unknown = names(error, 'flags', 'Nonexistent ')
  if (unknown.length > 0) return `Cannot use ${unknown.map(printable).join(', ')}: there is no such flag ${help}`
  // oclif takes the arguments for parts of the name.
  const [, name] = /^command ([^:]*).* not found\.?$/is.exec(error.message) ?? []
  if (name !== undefined) return `Cannot run ${quoted(name)}: there is no such command ${help}`
  return `Cannot read the command line: ${sentence(error.message)} ${help}`
}

const quoted = (bytes: string): string => `"${printable(bytes)}"`

/** The arguments or flags that a refusal of oclif's is about, if its message begins so. */
function names(error: Error, member: 'args' | 'flags', beginning: string): string[] {
  const subjects: unknown = Reflect.get(error, member)
  if (!error.message.startsWith(beginning) || !Array.isArray(subjects)) return []
  return subjects.map((subject: unknown) =>
    typeof subject === 'object' && subject !== null
      ? String(Reflect.get(subject, 'name')).toUpperCase()
      : String(subject),
  )
}

/** What oclif has to say, in one line, without its colours and its advice. */
const sentence = (message: string): string =>
  printable(
    stripVTControlCharacters(message)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !/^(See more help|The following errors? occurred)/.test(line))
      .join('; '),
  )
