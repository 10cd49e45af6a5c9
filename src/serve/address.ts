// Where a server listens, as the user writes it: unix:PATH or tcp:HOST:PORT.

import { UsageError } from '../errors.js'

export type ListenAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/** sun_path of struct sockaddr_un (include/uapi/linux/un.h), less its NUL. */
const UNIX_PATH_MAX = 107

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** Reads an address; refuses what is malformed, too long for a socket, or reachable from other machines. */
export function parseAddress(text: string): ListenAddress {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length)
    if (path === '') throw new UsageError(`Cannot listen on "${text}": no path (write unix:/run/virtfs.sock)`)
    if (Buffer.byteLength(path) > UNIX_PATH_MAX) {
      throw new UsageError(
        `Cannot listen on "${text}": ENAMETOOLONG (a socket's path has at most ${UNIX_PATH_MAX} bytes)`,
      )
    }
    return { kind: 'unix', path }
  }
  const [, host, digits] = /^tcp:(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(digits) > 65_535) {
    throw new UsageError(`Cannot listen on "${text}": not an address (write unix:PATH or tcp:HOST:PORT)`)
  }
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (!isLoopback(bare)) {
    throw new UsageError(
      `Cannot listen on "${text}": not a loopback address (9P has no authentication; use 127.0.0.1 or a unix socket)`,
    )
  }
  return { kind: 'tcp', host: bare, port: Number(digits) }
}

/** The address as `parseAddress` reads it. */
export function formatAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  return `tcp:${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}

/** The command with which a Linux client mounts what is served there. */
export function mountHint(address: ListenAddress, msize: number): string {
  const options = (transport: string): string => `trans=${transport},version=9p2000.L,msize=${msize},access=client`
  if (address.kind === 'unix') return `mount -t 9p -o ${options('unix')} ${address.path} /mnt`
  return `mount -t 9p -o ${options('tcp')},port=${address.port} ${address.host} /mnt`
}
