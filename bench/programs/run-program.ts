// A program run to its end: how long it took, and how much memory it ever held. What it prints goes nowhere.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A program and its arguments. */
export type Argv = readonly [program: string, ...args: string[]]

/** This file is built into dist/bench/programs. */
const project = join(import.meta.dirname, '../../..')

/** A file of this repository that is not built. */
export const projectFile = (path: string): string => join(project, path)

/** Our program, as users start it. */
export const virtfs = (...args: string[]): Argv => [process.execPath, projectFile('bin/run.js'), ...args]

export interface Run {
  readonly milliseconds: number
  /** The most memory that was seen, in megabytes of 10^6 bytes. */
  readonly peak: number
}

/** Between two looks at how much memory a program has: VmHWM remembers the most, but ends with the process. */
const LOOK_EVERY_MS = 20

/** Runs a program; rejects where it cannot be run, or does not end with 0. */
export function runProgram([program, ...args]: Argv): Promise<Run> {
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint()
    const child = spawn(program, args, { stdio: 'ignore' })
    let peak = 0
    const looking = setInterval(() => {
      peak = Math.max(peak, peakOf(child.pid))
    }, LOOK_EVERY_MS)
    child.on('error', (cause) => {
      clearInterval(looking)
      reject(new Error(`Cannot run ${program}: ${cause.message}`))
    })
    child.on('exit', (code, signal) => {
      const milliseconds = Number(process.hrtime.bigint() - began) / 1e6
      clearInterval(looking)
      if (code === 0) resolve({ milliseconds, peak })
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code ?? signal ?? 'nothing'}`))
    })
  })
}

/** VmHWM of proc(5) in megabytes; 0 for a process that has ended. */
function peakOf(pid: number | undefined): number {
  try {
    const [, kilobytes = 0] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return (Number(kilobytes) * 1024) / 1e6
  } catch {
    return 0
  }
}
