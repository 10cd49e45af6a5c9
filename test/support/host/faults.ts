// Making system calls fail, one at a time, or all from one on, as a crash would.

import { Errno, type ErrnoName } from '../../../src/errors.js'
import type { SyscallName } from '../../../src/sys/abi.js'
import { type FaultInjector, injectFaults } from '../../../src/sys/call.js'
import { O_CREAT } from '../../../src/sys/constants.js'

/** Says of a system call whether it counts; `third` is as in FaultInjector. */
type Counted = (call: SyscallName, third: number | bigint) => boolean

/** Closing never fails here: Linux releases the descriptor whatever close(2) answers. */
const isCounted: Counted = (call) => call !== 'close'

const LOOKS: ReadonlySet<SyscallName> = new Set<SyscallName>([
  ...(['close', 'fgetxattr', 'flistxattr', 'flock', 'fstatfs', 'fsync', 'getxattr', 'lgetxattr', 'listxattr'] as const),
  ...(['llistxattr', 'lseek', 'statx', 'syncfs'] as const),
])

/**
 * Calls that may change what is in a tree; those that read change times. To be killed before another one is to be killed
 * before the next of these.
 */
export const changesTree: Counted = (call, third) =>
  call === 'openat' ? (Number(third) & O_CREAT) !== 0 : !LOOKS.has(call)

/** Fails the n-th system call. */
class Fault {
  failed: SyscallName | undefined
  private calls = 0

  constructor(
    private readonly n: number,
    private readonly errno: ErrnoName,
  ) {}

  readonly inject: FaultInjector = (call, third) => {
    if (!isCounted(call, third) || ++this.calls !== this.n) return 0
    this.failed = call
    return Errno[this.errno]
  }
}

/** Runs `action` with its n-th system call (from 1) failing so; returns that call, or undefined when there were fewer. */
export function withFault(n: number, errno: ErrnoName, action: () => void): SyscallName | undefined {
  const fault = new Fault(n, errno)
  injectFaults(fault.inject)
  try {
    action()
  } finally {
    injectFaults(undefined)
  }
  return fault.failed
}

/** The same for an `action` that takes its time: nothing else may make system calls in this thread meanwhile. */
export async function whileFaulty(
  n: number,
  errno: ErrnoName,
  action: () => Promise<unknown>,
): Promise<SyscallName | undefined> {
  const fault = new Fault(n, errno)
  injectFaults(fault.inject)
  try {
    await action()
  } finally {
    injectFaults(undefined)
  }
  return fault.failed
}

/** Thrown where the simulated process is killed. */
class Killed extends Error {}

/** Ends everything right before the n-th system call of those that count. */
class Death {
  isDone = false
  private calls = 0

  constructor(
    private readonly n: number,
    private readonly counts: Counted,
  ) {}

  readonly inject: FaultInjector = (call, third) => {
    if (this.counts(call, third)) this.calls += 1
    // Closing is what the kernel does for the dead.
    if (this.calls < this.n || call === 'close') return 0
    this.isDone = true
    throw new Killed(call)
  }

  /** Throws what was not thrown by the death itself. */
  forgive(cause: unknown): void {
    if (!(cause instanceof Killed)) throw cause
  }
}

/**
 * Runs `action` as if the process were killed right before its n-th system call: that one and all later ones do not
 * happen, except closing, which the kernel does for the dead. Returns false when there were fewer.
 */
export function killedAt(n: number, action: () => void): boolean {
  const death = new Death(n, isCounted)
  injectFaults(death.inject)
  try {
    action()
  } catch (cause) {
    death.forgive(cause)
  } finally {
    injectFaults(undefined)
  }
  return death.isDone
}

/**
 * The same for an `action` that takes its time, and for the n-th call of those that count: nothing else may make system calls
 * in this thread meanwhile.
 */
export async function killedWhile(
  n: number,
  action: () => Promise<unknown>,
  counts: Counted = isCounted,
): Promise<boolean> {
  const death = new Death(n, counts)
  injectFaults(death.inject)
  try {
    await action()
  } catch (cause) {
    death.forgive(cause)
  } finally {
    injectFaults(undefined)
  }
  return death.isDone
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
