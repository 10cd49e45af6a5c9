// This process and its peers: how many descriptors it may hold, who is at the other end of a socket.

import { call, checked, scratch } from './call.js'
import { SO_PEERCRED, SOL_SOCKET } from './constants.js'
import { Fd } from './fd.js'

const RLIMIT_NOFILE = 7
const limits = scratch(32)

/** Raises the soft limit on open descriptors to the hard one; returns how many may be open. */
export function raiseDescriptorLimit(): number {
  const { view, address } = limits
  checked(call('prlimit64', 0, RLIMIT_NOFILE, 0, address), { op: 'ask for the descriptor limit' })
  const hard = view.getBigUint64(8, true)
  view.setBigUint64(16, hard, true)
  view.setBigUint64(24, hard, true)
  // A refusal (a sandbox) leaves the soft limit, which is then what counts.
  const raised = call('prlimit64', 0, RLIMIT_NOFILE, address + 16, 0) === 0
  const limit = raised ? hard : view.getBigUint64(0, true)
  return limit > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(limit)
}

/** Who connected to a unix socket, as the kernel recorded it. */
export interface PeerCredentials {
  readonly pid: number
  readonly uid: number
  readonly gid: number
}

/** struct ucred (pid, uid, gid) and the length word. */
const credentials = scratch(16)

/** The credentials of a unix socket's peer at the time it connected. */
export function peerCredentials(socket: number): PeerCredentials {
  const { view, address } = credentials
  view.setUint32(12, 12, true)
  const result = call('getsockopt', socket, SOL_SOCKET, SO_PEERCRED, address, address + 12)
  checked(result, { op: 'ask who is connected' })
  return { pid: view.getInt32(0, true), uid: view.getUint32(4, true), gid: view.getUint32(8, true) }
}

/** include/uapi/asm-generic/fcntl.h and include/uapi/linux/fcntl.h */
const F_SETFD = 2
const FD_CLOEXEC = 1
const F_DUPFD_CLOEXEC = 1030

/** Keeps a descriptor that was inherited from being handed on to programs that this process starts. */
export function closeOnExec(number: number): void {
  checked(call('fcntl', number, F_SETFD, FD_CLOEXEC), { op: 'keep a descriptor from being inherited', number })
}

/** Makes a second descriptor of what `number`, which somebody else owns, is open on. */
export function duplicate(number: number): Fd {
  return new Fd(checked(call('fcntl', number, F_DUPFD_CLOEXEC, 0), { op: 'duplicate a descriptor' }))
}
