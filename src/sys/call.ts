// The one door to the kernel: libc's syscall(2) through koffi, synchronous, with errno read before anything else can run.
//
// Only this file imports koffi. Asynchronous koffi calls are never used: they lose errno.

import { Errno, type ErrorContext, ErrnoError } from '../errors.js'
import { isSupportedHost, NR, type SyscallName } from './abi.js'

type Argument = number | bigint

/** Not needed on other hosts, and there may be none for them: they lend only constants and types from this layer. */
const koffi = isSupportedHost ? (await import('koffi')).default : undefined
const libc = koffi?.load(null)

type Native = (nr: number, ...args: readonly Argument[]) => number
const syscall = (parameters: string): Native | undefined =>
  libc && (libc.func(`int64_t syscall(int64_t nr, ${parameters})`) as Native)

// Each argument takes koffi a while to look at, so calls of a few are made with a few.
const nativeShort = syscall('int64_t a, int64_t b, int64_t c')
const nativeLong = syscall('int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f')

const nativeStrerror = libc && (libc.func('const char *strerror(int errnum)') as (errno: number) => string)

/** strerror(3): what the C library calls an errno. */
export const strerror = (errno: number): string => nativeStrerror?.(errno) ?? `Error ${errno}`

/**
 * Decides the fate of each call before it is made: an errno makes it fail so, 0 lets it through. `third` is the call's third
 * argument, where openat has its flags. Tests only.
 */
export type FaultInjector = (call: SyscallName, third: Argument) => number
let injector: FaultInjector | undefined

/** Installs (or, with `undefined`, removes) the fault injector. */
export function injectFaults(next: FaultInjector | undefined): void {
  injector = next
}

/**
 * Makes one system call and returns its result, or the negated errno. EINTR is retried here and nowhere else.
 * Pointers are addresses from `addressOf`; what they point at must be referenced by the caller until this returns.
 */
export function call(
  name: SyscallName,
  a: Argument,
  b: Argument = 0,
  c: Argument = 0,
  d?: Argument,
  e: Argument = 0,
  f: Argument = 0,
): number {
  if (koffi === undefined || nativeShort === undefined || nativeLong === undefined)
    throw new ErrnoError('ENOSYS', { op: `call ${name} on this host`, host: process.platform })
  for (;;) {
    const forced = injector === undefined ? 0 : injector(name, c)
    if (forced !== 0) {
      if (forced === Errno.EINTR) continue
      return -forced
    }
    const result = d === undefined ? nativeShort(NR[name], a, b, c) : nativeLong(NR[name], a, b, c, d, e, f)
    if (result !== -1) return result
    const errno = koffi.errno()
    if (errno !== Errno.EINTR) return -errno
  }
}

/** Turns a negated errno into an ErrnoError; anything else is the call's result. */
export function checked(result: number, context: ErrorContext): number {
  if (result < 0) throw new ErrnoError(-result, context)
  return result
}

const bases = new WeakMap<ArrayBufferLike, number>()

/**
 * The address of a view's first byte. Backing stores do not move; asking for `.buffer` first makes V8 put a small
 * array's bytes outside its heap, where they stay.
 */
export function addressOf(view: Uint8Array): number {
  const store = view.buffer
  let base = bases.get(store)
  if (base === undefined) {
    // Where nothing can be called, no address is used.
    base = Number(koffi?.address(view) ?? 0) - view.byteOffset
    bases.set(store, base)
  }
  return base + view.byteOffset
}

/** A buffer that this layer owns for good, with its address: structures and strings are passed through such. */
export interface Scratch {
  readonly bytes: Buffer
  readonly view: DataView
  readonly address: number
}

// An address does not keep its buffer alive, and V8 frees even a module's constant that no function mentions.
const owned: Buffer[] = []

/** Allocates a scratch buffer that is never freed: for module constants. */
export function scratch(size: number): Scratch {
  const bytes = Buffer.allocUnsafeSlow(size)
  owned.push(bytes)
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, size), address: addressOf(bytes) }
}

// Wire strings are at most 65,535 bytes and PATH_MAX is 4,096: nothing longer is ever passed.
const STRING_MAX = 65_536
const NAME_USUAL = 48
const stringSlot = (): Scratch & { text: string | undefined } => ({ ...scratch(STRING_MAX), text: undefined })
const strings = [stringSlot(), stringSlot()] as const

/**
 * Puts a Latin-1 string, NUL-terminated, into one of two scratch buffers and returns its address, which is good until
 * the next string is put there: pass it on at once.
 */
export function cString(latin1: string, slot: 0 | 1 = 0): number {
  const string = strings[slot]
  // One name is often passed to several calls.
  if (latin1 === string.text) return string.address
  if (latin1.length >= STRING_MAX) throw new ErrnoError('ENAMETOOLONG', { op: 'pass string', length: latin1.length })
  // A NUL would silently cut the string: the kernel would act on another name than the one that was checked.
  if (latin1.includes('\0')) throw new ErrnoError('EINVAL', { op: 'pass string', text: latin1 })
  const { bytes } = string
  // Names are short: a call into Node takes longer than to put their bytes there one after the other.
  if (latin1.length > NAME_USUAL) bytes.latin1Write(latin1, 0, latin1.length)
  else for (let at = 0; at < latin1.length; at += 1) bytes[at] = latin1.charCodeAt(at)
  bytes[latin1.length] = 0
  string.text = latin1
  return string.address
}

const empty = scratch(1)
empty.bytes[0] = 0
/** The address of "", for the calls that act on the descriptor itself (AT_EMPTY_PATH). */
export const EMPTY_PATH = empty.address
