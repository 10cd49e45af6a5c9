// Sockets: what node:net does not say of one that somebody else made, and the single datagrams that it cannot send.

import { Errno, ErrnoError } from '../errors.js'
import { addressOf, call, checked, scratch } from './call.js'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_SNDTIMEO,
  SO_TYPE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from './constants.js'
import { Fd } from './fd.js'
import { inetText } from './inet-text.js'

/** What a socket is, whatever it is connected to (socket(7)). */
export interface SocketFacts {
  /** `other`: netlink, vsock and the like. */
  readonly family: 'unix' | 'inet' | 'inet6' | 'other'
  /** SOCK_STREAM; not a datagram or packet socket. */
  readonly isStream: boolean
  /** It accepts connections: listen(2) has been called. */
  readonly isListening: boolean
}

/** What a socket is called. Paths and abstract names are Latin-1 strings: one code unit a byte. */
export type SocketName =
  | { readonly kind: 'path'; readonly path: string }
  /** Without the NUL that it begins with. */
  | { readonly kind: 'abstract'; readonly name: string }
  /** A unix socket that was not bound, as a socketpair and the ends of clients are. */
  | { readonly kind: 'unnamed' }
  | { readonly kind: 'inet'; readonly host: string; readonly port: number }

const families: Readonly<Record<number, SocketFacts['family']>> = {
  [AF_UNIX]: 'unix',
  [AF_INET]: 'inet',
  [AF_INET6]: 'inet6',
}

/** An int and the length word of getsockopt(2). */
const option = scratch(8)

function optionOf(socket: number, name: number): number {
  option.view.setUint32(4, 4, true)
  const result = call('getsockopt', socket, SOL_SOCKET, name, option.address, option.address + 4)
  return result < 0 ? result : option.view.getInt32(0, true)
}

/** What kind of socket the descriptor is; undefined where it is something else. EBADF where nothing is open. */
export function socketFacts(socket: number): SocketFacts | undefined {
  const family = optionOf(socket, SO_DOMAIN)
  if (family === -Errno.ENOTSOCK) return undefined
  const context = { op: 'ask what a socket is', number: socket }
  return {
    family: families[checked(family, context)] ?? 'other',
    isStream: checked(optionOf(socket, SO_TYPE), context) === SOCK_STREAM,
    isListening: checked(optionOf(socket, SO_ACCEPTCONN), context) !== 0,
  }
}

/** struct sockaddr_storage (include/uapi/linux/socket.h), and the length word. */
const STORAGE = 128
const address = scratch(STORAGE + 4)

/** The name that a socket is bound to (getsockname(2)). EINVAL for a family other than unix and inet. */
export function socketName(socket: number): SocketName {
  return nameFrom(askForName('getsockname', socket))
}

/** The name of the other end (getpeername(2)); undefined while the socket is not connected, or no longer. */
export function peerName(socket: number): SocketName | undefined {
  const result = askForName('getpeername', socket)
  return result === -Errno.ENOTCONN ? undefined : nameFrom(result)
}

function askForName(ask: 'getsockname' | 'getpeername', socket: number): number {
  address.view.setUint32(STORAGE, STORAGE, true)
  return call(ask, socket, address.address, address.address + STORAGE)
}

/** Reads the address that was put into `address`, as unix(7), ip(7) and ipv6(7) lay it out. */
function nameFrom(result: number): SocketName {
  checked(result, { op: 'ask for the name of a socket' })
  const { bytes, view } = address
  const family = view.getUint16(0, true)
  if (family === AF_UNIX) return unixName(bytes.toString('latin1', 2, view.getUint32(STORAGE, true)))
  const port = view.getUint16(2, false)
  if (family === AF_INET) return { kind: 'inet', host: inetText(bytes.subarray(4, 8)), port }
  if (family === AF_INET6) {
    const scope = view.getUint32(24, true)
    return { kind: 'inet', host: inetText(bytes.subarray(8, 24)) + (scope === 0 ? '' : `%${scope}`), port }
  }
  throw new ErrnoError('EINVAL', { op: 'read the name of a socket', family })
}

/** A path ends with its NUL, or with sun_path; an abstract name may hold NULs and ends with the address. */
function unixName(text: string): SocketName {
  if (text === '') return { kind: 'unnamed' }
  if (text.startsWith('\0')) return { kind: 'abstract', name: text.slice(1) }
  return { kind: 'path', path: text.replace(/\0.*$/s, '') }
}

/** Where a datagram goes. Latin-1 bytes, as in SocketName. */
export type DatagramTarget = Extract<SocketName, { readonly kind: 'path' | 'abstract' }>

/** sun_path of struct sockaddr_un (include/uapi/linux/un.h). */
const SUN_PATH = 108
/** struct sockaddr_un, and the struct timeval of SO_SNDTIMEO. */
const target = scratch(2 + SUN_PATH)
const patience = scratch(16)

/**
 * Sends one datagram to a unix socket, from a socket without a name. While the receiver's queue is full it waits
 * `patienceMs`, then throws EAGAIN; by default it does not wait. Throws ENOENT or ECONNREFUSED where nobody receives.
 */
export function sendDatagram(to: DatagramTarget, payload: Uint8Array, patienceMs = 0): void {
  const context = { op: 'send a datagram', to: to.kind === 'path' ? to.path : `@${to.name}` }
  const length = putTarget(to)
  using socket = new Fd(checked(call('socket', AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), context))
  if (patienceMs > 0) {
    patience.view.setBigInt64(0, BigInt(Math.floor(patienceMs / 1000)), true)
    patience.view.setBigInt64(8, BigInt((patienceMs % 1000) * 1000), true)
    checked(call('setsockopt', socket.number, SOL_SOCKET, SO_SNDTIMEO, patience.address, 16), context)
  }
  const flags = MSG_NOSIGNAL | (patienceMs > 0 ? 0 : MSG_DONTWAIT)
  const { number } = socket
  checked(call('sendto', number, addressOf(payload), payload.length, flags, target.address, length), context)
}

/** Lays the address out; returns its length. A path that holds a NUL would lead elsewhere than it says. */
function putTarget(to: DatagramTarget): number {
  const text = to.kind === 'path' ? to.path : `\0${to.name}`
  if (text.length === 0 || (to.kind === 'path' && text.includes('\0'))) {
    throw new ErrnoError('EINVAL', { op: 'send a datagram', to: text })
  }
  if (text.length >= SUN_PATH + (to.kind === 'path' ? 0 : 1)) {
    throw new ErrnoError('ENAMETOOLONG', { op: 'send a datagram', length: text.length })
  }
  target.bytes.fill(0)
  target.view.setUint16(0, AF_UNIX, true)
  target.bytes.write(text, 2, 'latin1')
  return 2 + text.length + (to.kind === 'path' ? 1 : 0)
}
