// What all commands have in common: one line for each failure, the exit codes, and output in bytes.

import { Command } from '@oclif/core'
import { bytesOf } from '../../src/index.js'
import { complain, EXIT_FAILED, failureOf } from './failure.js'

/** The version of every JSON document that a command prints. */
export const SCHEMA = 1

export abstract class BaseCommand extends Command {
  /** Ends the command: the only place where its exit code is decided when it was not carried out. */
  protected override catch(thrown: Error): Promise<never> {
    const { line, exitCode } = failureOf(thrown, this.id)
    if (line !== undefined) {
      complain(line)
      if (this.jsonEnabled()) this.logJson({ schema: SCHEMA, error: line })
    }
    return Promise.resolve(this.exit(exitCode))
  }

  /** Names something that went wrong, or was found to be wrong, while the command goes on: it will exit with 1. */
  protected report(line: string): void {
    complain(line)
    process.exitCode = EXIT_FAILED
  }

  /** Prints bytes as they are; a string of them is Latin-1. */
  protected write(bytes: Uint8Array | string): void {
    process.stdout.write(typeof bytes === 'string' ? bytesOf(bytes) : bytes)
  }

  /** False once nobody reads what is printed any more: `virtfs … | head`. */
  protected get isHeard(): boolean {
    return process.stdout.errored === null || process.stdout.errored === undefined
  }

  /** Documents are for programs: no colours, whatever FORCE_COLOR says. */
  override logJson(document: unknown): void {
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`)
  }
}
