// Running part of a test without privilege: as the user nobody when the tests run as root, else as whoever runs them.

import { hostGid, hostUid } from '../../../src/ids.js'

const NOBODY = 65534

export const isRoot = process.getuid?.() === 0

/** The ids that `asNobody` acts under. */
export const nobody = {
  uid: hostUid(isRoot ? NOBODY : (process.getuid?.() ?? 0)),
  gid: hostGid(isRoot ? NOBODY : (process.getgid?.() ?? 0)),
}

/** Runs synchronous `action` without privilege; a process's effective ids count for all its threads. */
export function asNobody<T>(action: () => T): T {
  const regain = giveUpPrivilege()
  try {
    return action()
  } finally {
    regain()
  }
}

/** The same for an `action` that takes its time: nothing else may run in this process meanwhile. */
export async function whileNobody<T>(action: () => Promise<T>): Promise<T> {
  const regain = giveUpPrivilege()
  try {
    return await action()
  } finally {
    regain()
  }
}

function giveUpPrivilege(): () => void {
  if (!isRoot) return () => undefined
  const groups = process.getgroups?.() ?? []
  process.setgroups?.([])
  process.setegid?.(NOBODY)
  process.seteuid?.(NOBODY)
  return () => {
    process.seteuid?.(0)
    process.setegid?.(0)
    process.setgroups?.(groups)
  }
}
