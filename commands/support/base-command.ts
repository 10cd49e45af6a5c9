// What all commands have in common: one line for each failure, the exit codes, and output in bytes.

import { Command } from '@oclif/core/command'
import {
  allowRoaming,
  bytesOf,
  ErrnoError,
  type ExportFacts,
  interruption,
  printable,
  UsageError,
} from '../../src/index.js'
import { cannot } from './advice.js'
import { complain, EXIT_FAILED, failureOf } from './failure.js'
import type { Progress } from './progress.js'

/** The version of every JSON document that a command prints. */
export const SCHEMA = 1

export abstract class BaseCommand extends Command {
  /** Manual pages that its own one points to, besides those of this program. */
  static readonly seeAlso: readonly string[] = []

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
    this.progress?.clear()
    complain(line)
    process.exitCode = EXIT_FAILED
  }

  /** Reports that something could not be done to a path (bytes): there are others. A defect is thrown again. */
  protected reportRefusal(action: string, path: string, cause: unknown): void {
    if (cause instanceof UsageError) this.report(cause.message)
    else if (cause instanceof ErrnoError) this.report(cannot(action, path, cause))
    else throw cause
  }

  /** Reports that a conversion of a tree was interrupted, if one was. What is shown of it is partly another model's. */
  protected reportUnfinished({ root, unfinished }: ExportFacts): void {
    if (unfinished === undefined) return
    this.report(`Cannot tell what a guest sees of "${printable(root)}": ${interruption(unfinished, root)}`)
  }

  /** What is shown of how far the work has come, while something is. */
  protected progress: Pick<Progress, 'clear'> | undefined

  /** Prints bytes as they are; a string of them is Latin-1. */
  protected write(bytes: Uint8Array | string): void {
    process.stdout.write(typeof bytes === 'string' ? bytesOf(bytes) : bytes)
  }

  /** Waits until a slow reader has taken what was printed. */
  protected async drained(): Promise<void> {
    if (!process.stdout.writableNeedDrain) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'error', 'close']) process.stdout.off(event, done)
        resolve()
      }
      for (const event of ['drain', 'error', 'close']) process.stdout.on(event, done)
    })
  }

  /** False once nobody reads what is printed any more: `virtfs … | head`. */
  protected isHeard = true

  protected override async init(): Promise<void> {
    await super.init()
    // Nobody else uses this process.
    allowRoaming()
    // A stream that is a process's own is never marked as failed.
    process.stdout.on('error', this.becomeUnheard)
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    process.stdout.off('error', this.becomeUnheard)
    await super.finally(error)
  }

  private readonly becomeUnheard = (): void => {
    this.isHeard = false
  }

  /** Documents are for programs: no colours, whatever FORCE_COLOR says. */
  override logJson(document: unknown): void {
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`)
  }
}
