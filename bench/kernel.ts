// The few system calls the benchmark needs and Node has no function for: a blocking unix socket, and which processors a
// process may run on. Linux only, glibc or musl. The product's own system calls live in src/sys; none of them is used
// here, so that what is measured cannot change the measuring.

import { readdirSync } from 'node:fs'
import koffi from 'koffi'
import { ErrnoError } from '../src/errors.js'

const libc = koffi.load(null)
const call = {
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  connect: libc.func('int connect(int fd, const void *address, unsigned int length)'),
  setsockopt: libc.func('int setsockopt(int fd, int level, int name, const void *value, unsigned int length)'),
  sched_getaffinity: libc.func('int sched_getaffinity(int pid, size_t size, void *mask)'),
  sched_setaffinity: libc.func('int sched_setaffinity(int pid, size_t size, const void *mask)'),
}

// sys/socket.h, bits/socket.h and asm-generic/socket.h: the same on x86-64 and arm64.
const AF_UNIX = 1
const SOCK_STREAM = 1
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_RCVTIMEO = 20
const SO_SNDTIMEO = 21
const SUN_PATH_SIZE = 108
const ESRCH = 3

/** Room for 1,024 processors, glibc's cpu_set_t. */
const MASK_SIZE = 128

function check(result: unknown, op: string, object: string | number): number {
  if (typeof result !== 'number') throw new TypeError(`Cannot ${op}: not a number was returned`)
  if (result < 0) throw new ErrnoError(koffi.errno(), { op, object })
  return result
}

/**
 * Connects to a unix socket and returns a blocking descriptor. Reading or writing it for longer than `timeoutSeconds`
 * fails with EAGAIN, so that a server that hangs cannot hang the benchmark. The caller closes it.
 */
export function connectUnix(path: string, timeoutSeconds: number): number {
  const address = Buffer.alloc(2 + SUN_PATH_SIZE)
  address.writeUInt16LE(AF_UNIX, 0)
  if (Buffer.byteLength(path) >= SUN_PATH_SIZE) throw new ErrnoError('ENAMETOOLONG', { op: 'connect', object: path })
  address.write(path, 2)
  const fd = check(call.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), 'make a socket', path)
  const timeout = Buffer.alloc(16) // struct timeval: two 64-bit numbers
  timeout.writeBigInt64LE(BigInt(timeoutSeconds), 0)
  for (const option of [SO_RCVTIMEO, SO_SNDTIMEO]) {
    check(call.setsockopt(fd, SOL_SOCKET, option, timeout, timeout.length), 'set a timeout', path)
  }
  check(call.connect(fd, address, address.length), 'connect', path)
  return fd
}

/** The processors this process may run on, lowest first. */
export function allowedProcessors(): number[] {
  const mask = Buffer.alloc(MASK_SIZE)
  check(call.sched_getaffinity(0, mask.length, mask), 'read the processors of', process.pid)
  return Array.from({ length: MASK_SIZE * 8 }, (_, n) => n).filter((n) => ((mask[n >> 3] ?? 0) >> (n & 7)) & 1)
}

/** Confines every thread of a process, and those it will start, to the given processors. */
export function confine(pid: number, processors: readonly number[]): void {
  const mask = Buffer.alloc(MASK_SIZE)
  for (const n of processors) mask[n >> 3] = (mask[n >> 3] ?? 0) | (1 << (n & 7))
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const failed = Number(call.sched_setaffinity(Number(thread), mask.length, mask)) < 0
    // A thread may end between being listed and being confined.
    if (failed && koffi.errno() !== ESRCH) check(-1, 'confine process', pid)
  }
}
