// Linux errno numbers and the two kinds of failure: answers, which a client or user is told, and defects.

/** Linux errno numbers (asm-generic/errno-base.h, errno.h). They cross the wire in Rlerror, so they are Linux's on any host. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  ECHILD: 10,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  ENOTBLK: 15,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  EDOM: 33,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOLCK: 37,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENODATA: 61,
  EPROTO: 71,
  EOVERFLOW: 75,
  EILSEQ: 84,
  ENOTSOCK: 88,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENOTCONN: 107,
  ECONNREFUSED: 111,
  ESTALE: 116,
  EUCLEAN: 117,
  EREMOTEIO: 121,
  EDQUOT: 122,
} as const
export type ErrnoName = keyof typeof Errno

const names = new Map<number, ErrnoName>((Object.keys(Errno) as ErrnoName[]).map((name) => [Errno[name], name]))

/** What was being attempted: the operation first, then whatever identifies its object. */
export interface ErrorContext {
  readonly op: string
  readonly [detail: string]: string | number | bigint
}

/**
 * A failure that a 9P client or the user can be told about.
 *
 * A client receives only `errno`; `context` is for the operator's log. No stack is captured: "no such file" is an
 * answer, not a defect, and the trace costs more than the syscall it reports.
 */
export class ErrnoError extends Error {
  override readonly name = 'ErrnoError'
  readonly errno: number
  /** The errno's name, or `E` and the number for one that Linux gained after this table. */
  readonly code: string

  constructor(
    code: ErrnoName | number,
    readonly context: ErrorContext,
    options?: ErrorOptions,
  ) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(undefined, options)
    Error.stackTraceLimit = limit
    this.errno = typeof code === 'number' ? code : Errno[code]
    this.code = typeof code === 'number' ? (names.get(code) ?? `E${code}`) : code
  }

  /** The message is made when somebody reads it: a client never does. */
  override get message(): string {
    const { op, ...details } = this.context
    const rest = Object.entries(details).map(([key, value]) => `${key}=${JSON.stringify(printable(value))}`)
    return [`Cannot ${op}: ${this.code}`, ...rest].join(' ')
  }
}

const printable = (value: string | number | bigint): string | number =>
  typeof value === 'bigint' ? value.toString() : value

/** True for an ErrnoError that carries `code`. */
export function isErrno(thrown: unknown, code: ErrnoName): boolean {
  return thrown instanceof ErrnoError && thrown.errno === Errno[code]
}

/** Turns an exception into the errno a client is told. A defect has none: it is reported, and the client sees EIO. */
export function errnoOf(thrown: unknown, reportDefect: (defect: unknown) => void): number {
  if (thrown instanceof ErrnoError) return thrown.errno
  reportDefect(thrown)
  return Errno.EIO
}

/** Runs a rollback or release whose own failure must not replace the error being reported. */
export function bestEffort(rollback: () => void): void {
  try {
    rollback()
  } catch {
    // The caller is already throwing, or has already answered with, the error that matters.
  }
}

/** A request that is refused before anything changed: one line for the user, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** One line for people about anything that was thrown. */
export const errorLine = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))
