// Where a server is reached, as the user writes it: unix:PATH, tcp:HOST:PORT, or fd:N for a socket that was inherited.

import { BlockList, isIP, isIPv6 } from 'node:net'
import { UsageError } from '../../errors.js'

/** A place where the server binds a socket of its own. */
export type ListenAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/** A socket that whoever started this process left open for it, by its descriptor: see inherited.ts. */
export interface InheritedAddress {
  readonly kind: 'fd'
  readonly number: number
}

/** All that `--listen` takes. */
export type ServeAddress = ListenAddress | InheritedAddress

/** What the user allows addresses to be. */
export interface AddressRules {
  /** TCP on addresses that other machines can reach. Default false: 9P has no authentication. */
  readonly allowRemote?: boolean
}

/** sun_path of struct sockaddr_un (include/uapi/linux/un.h), less its NUL. */
const UNIX_PATH_MAX = 107

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/**
 * True for an address of this machine alone: 127.0.0.0/8, ::1, 127.0.0.0/8 written as IPv6, or `localhost`. Any other
 * name may mean anything tomorrow, so none is.
 */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  const family = host.includes('%') ? 0 : isIP(host)
  return family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/** What is wrong with a TCP address that others can reach, for the end of a refusal. */
export const NOT_LOOPBACK =
  'not a loopback address (9P has no authentication; use 127.0.0.1 or a unix socket, or insist with --allow-remote)'

/**
 * Reads an address. Refuses (UsageError) what is malformed, too long for a socket, or, unless the rules allow it,
 * reachable from other machines.
 */
export function parseAddress(text: string, { allowRemote = false }: AddressRules = {}): ServeAddress {
  const address = unixAddress(text) ?? tcpAddress(text) ?? inheritedAddress(text)
  if (address === undefined) throw refusal(text, 'not an address (write unix:PATH, tcp:HOST:PORT or fd:N)')
  if (address.kind === 'tcp' && !allowRemote && !isLoopback(address.host)) throw refusal(text, NOT_LOOPBACK)
  return address
}

const refusal = (text: string, why: string): UsageError => new UsageError(`Cannot listen on "${text}": ${why}`)

function unixAddress(text: string): ListenAddress | undefined {
  const [, path] = /^unix:(.*)$/s.exec(text) ?? []
  if (path === undefined) return undefined
  if (path === '') throw refusal(text, 'no path (write unix:/run/virtfs.sock)')
  if (Buffer.byteLength(path) > UNIX_PATH_MAX) {
    throw refusal(text, `ENAMETOOLONG (a socket's path has at most ${UNIX_PATH_MAX} bytes)`)
  }
  return { kind: 'unix', path }
}

function tcpAddress(text: string): ListenAddress | undefined {
  const [, bracketed, plain, digits] = /^tcp:(?:\[([^\]]*)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || (bracketed !== undefined && !isIPv6(bracketed)) || Number(digits) > 65_535) return undefined
  return { kind: 'tcp', host, port: Number(digits) }
}

function inheritedAddress(text: string): InheritedAddress | undefined {
  const [, digits] = /^fd:(\d{1,9})$/.exec(text) ?? []
  return digits === undefined ? undefined : { kind: 'fd', number: Number(digits) }
}

/** The address as `parseAddress` reads it. */
export function formatAddress(address: ServeAddress): string {
  if (address.kind === 'fd') return `fd:${address.number}`
  if (address.kind === 'unix') return `unix:${address.path}`
  return `tcp:${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}

/** Stands where only the reader knows what this machine is called. */
const THIS_MACHINE = 'ADDRESS-OF-THIS-HOST'

/** The command with which a Linux client mounts what is served there. */
export function mountHint(address: ListenAddress, msize: number): string {
  const options = (transport: string): string => `trans=${transport},version=9p2000.L,msize=${msize},access=client`
  if (address.kind === 'unix') return `mount -t 9p -o ${options('unix')} ${quoted(address.path)} /mnt`
  const host = isWildcard(address.host) ? THIS_MACHINE : address.host
  return `mount -t 9p -o ${options('tcp')},port=${address.port} ${host} /mnt`
}

/** A word of a shell's command line. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** Every address of this machine, to which nobody can connect by that name. */
const isWildcard = (host: string): boolean => host === '0.0.0.0' || (isIPv6(host) && /^[0:]+$/.test(host))
