// Where a 9P server listens, as text and as what net.connect takes.

import { ErrnoError } from '../errors.js'

export type Address = { readonly path: string } | { readonly host: string; readonly port: number }

/** Reads `unix:PATH` or `tcp:HOST:PORT`, HOST in brackets if it holds colons. Anything else is EINVAL. */
export function parseAddress(text: string): Address {
  const [, path] = /^unix:(.+)$/s.exec(text) ?? []
  if (path !== undefined) return { path }
  const [, bracketed, plain, port] = /^tcp:(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 0xffff)
    throw new ErrnoError('EINVAL', { op: 'parse address', address: text })
  return { host, port: Number(port) }
}
