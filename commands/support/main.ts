// The program around the commands: hands argv to oclif and ends the process with the promised exit code, whatever
// happens and wherever the output goes.

import { fileURLToPath } from 'node:url'
import { run } from '@oclif/core/run'
import { complain, EXIT_FAILED, failureOf } from './failure.js'

/** Runs the command that `argv` names. `location` is the URL of a file inside the package. */
export async function main(argv: string[], location: string): Promise<void> {
  endWithOutput()
  process.on('uncaughtException', end)
  try {
    // Plugins that somebody installed into their home are none of this program's, and that home may not be readable.
    await run(argv, { root: fileURLToPath(location), userPlugins: false, devPlugins: false })
  } catch (thrown) {
    end(thrown)
  }
  // What a slow reader has not taken yet is still here, and a failed write is told of a moment later.
  process.stdout.write('', () => setImmediate(() => process.exit()))
}

function end(thrown: unknown): never {
  const { line, exitCode } = failureOf(thrown)
  if (line !== undefined) complain(line)
  process.exit(exitCode)
}

/** Nobody listening any more (EPIPE) is no news. Output that cannot be written otherwise is: a full disk. */
function endWithOutput(): void {
  process.stdout.prependListener('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    complain(`Cannot write the output: ${error.code ?? error.message} (it is incomplete)`)
    process.exit(EXIT_FAILED)
  })
  process.stderr.on('error', () => undefined)
}
