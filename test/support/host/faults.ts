// Making system calls fail, one at a time, or all from one on, as a crash would.

import { Errno, type ErrnoName } from '../../../src/errors.js'
import type { SyscallName } from '../../../src/sys/abi.js'
import { injectFaults } from '../../../src/sys/call.js'

/** Closing never fails here: Linux releases the descriptor whatever close(2) answers. */
const isCounted = (call: SyscallName): boolean => call !== 'close'

/** Runs `action` with its n-th system call (from 1) failing so; returns that call, or undefined when there were fewer. */
export function withFault(n: number, errno: ErrnoName, action: () => void): SyscallName | undefined {
  let calls = 0
  let failed: SyscallName | undefined
  injectFaults((call) => {
    if (!isCounted(call) || ++calls !== n) return 0
    failed = call
    return Errno[errno]
  })
  try {
    action()
  } finally {
    injectFaults(undefined)
  }
  return failed
}

/** Thrown where the simulated process is killed. */
class Killed extends Error {}

/**
 * Runs `action` as if the process were killed right before its n-th system call: that one and all later ones do not
 * happen, except closing, which the kernel does for the dead. Returns false when there were fewer.
 */
export function killedAt(n: number, action: () => void): boolean {
  let calls = 0
  injectFaults((call) => {
    if (isCounted(call) && ++calls >= n) throw new Killed(call)
    return 0
  })
  try {
    action()
  } catch (cause) {
    if (!(cause instanceof Killed)) throw cause
  } finally {
    injectFaults(undefined)
  }
  return calls >= n
}

/** Runs `action` and counts its system calls, by name. */
export function countCalls(action: () => void): Partial<Record<SyscallName, number>> {
  const counts: Partial<Record<SyscallName, number>> = {}
  injectFaults((call) => {
    counts[call] = (counts[call] ?? 0) + 1
    return 0
  })
  try {
    action()
  } finally {
    injectFaults(undefined)
  }
  return counts
}
