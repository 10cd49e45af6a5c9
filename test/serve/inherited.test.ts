// Sockets that were open before we were: which may be served on, and which are refused.

import type { Server, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import type { InheritedAddress } from '../../src/serve/sockets/address.js'
import { inheritedSockets } from '../../src/serve/sockets/inherited.js'
import { AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from '../../src/sys/constants.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { HostTree } from '../support/host/tree.js'
import {
  AF_NETLINK,
  closeSockets,
  connection,
  listening,
  numberOf,
  portOf,
  rawSocket,
  SOCK_RAW,
  SOCK_SEQPACKET,
} from '../support/sockets.js'

let host: HostTree
beforeAll(() => {
  host = new HostTree()
})
afterAll(() => host[Symbol.dispose]())

afterEach(closeSockets)

const fd = (number: number): InheritedAddress => ({ kind: 'fd', number })
const accepted = async (server: Server, host?: string): Promise<Socket> => (await connection(server, host)).accepted

/** An address of this machine that others can reach; undefined where it has none. */
const reachable = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address

/** Why a socket is refused; it is left as it is. */
function refusalOf(number: number, rules = {}): string {
  const before = openDescriptors()
  try {
    inheritedSockets([fd(number)], rules)
    return 'served'
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause
    expect(openDescriptors()).toEqual(before)
    const beginning = `Cannot serve on "fd:${number}": `
    expect(cause.message.slice(0, beginning.length)).toBe(beginning)
    return cause.message.slice(beginning.length)
  }
}

describe('an inherited socket', () => {
  it('that listens is described with the place where clients connect', async () => {
    const unix = await listening({ path: host.at('sockét') })
    const tcp = await listening({ host: '127.0.0.1', port: 0 })
    const tcp6 = await listening({ host: '::1', port: 0 })
    const [first, second, third] = [unix, tcp, tcp6].map(numberOf) as [number, number, number]
    const before = openDescriptors()
    expect(inheritedSockets([first, second, third].map(fd))).toEqual([
      { address: fd(first), state: 'listening', family: 'unix', place: { kind: 'unix', path: host.at('sockét') } },
      {
        address: fd(second),
        state: 'listening',
        family: 'tcp',
        place: { kind: 'tcp', host: '127.0.0.1', port: portOf(tcp) },
      },
      {
        address: fd(third),
        state: 'listening',
        family: 'tcp',
        place: { kind: 'tcp', host: '::1', port: portOf(tcp6) },
      },
    ])
    expect(openDescriptors()).toEqual(before)
  })

  it('that is connected is a client already, and no place for others', async () => {
    const unix = numberOf(await accepted(await listening({ path: host.at('connected') })))
    const tcp = numberOf(await accepted(await listening({ host: '127.0.0.1', port: 0 }), '127.0.0.1'))
    expect(inheritedSockets([fd(unix), fd(tcp)])).toEqual([
      { address: fd(unix), state: 'connected', family: 'unix', place: undefined },
      { address: fd(tcp), state: 'connected', family: 'tcp', place: undefined },
    ])
  })

  it('with an abstract name has no place that Linux can mount from', async () => {
    const number = numberOf(await listening({ path: `\0virtfs-inherited-${process.pid}` }))
    expect(inheritedSockets([fd(number)])).toEqual([
      { address: fd(number), state: 'listening', family: 'unix', place: undefined },
    ])
  })

  it('that nobody can reach from elsewhere may listen on 127.0.0.1 as an IPv6 socket sees it', async () => {
    const number = numberOf(await listening({ host: '::ffff:127.0.0.1', port: 0 }))
    expect(inheritedSockets([fd(number)])[0]?.place).toMatchObject({ host: '::ffff:127.0.0.1' })
  })
})

describe('what is refused', () => {
  it('is not open, is no socket, or is one of another kind', () => {
    expect(refusalOf(1_000_000)).toBe('EBADF (nothing is open there)')
    expect(refusalOf(host.root.number)).toBe('ENOTSOCK (what is open there is no socket)')
    expect(refusalOf(rawSocket(AF_NETLINK, SOCK_RAW))).toBe('neither a unix nor a TCP socket')
    for (const [family, type] of [
      [AF_INET, SOCK_DGRAM],
      [AF_UNIX, SOCK_DGRAM],
      [AF_UNIX, SOCK_SEQPACKET],
    ] as const) {
      expect(refusalOf(rawSocket(family, type))).toBe('not a stream socket (9P needs SOCK_STREAM)')
    }
  })

  it.each([AF_UNIX, AF_INET])('neither listens nor is connected: family %i', (family) => {
    expect(refusalOf(rawSocket(family, SOCK_STREAM))).toBe('ENOTCONN (it is neither listening nor connected)')
  })

  const insist = '(9P has no authentication; use 127.0.0.1 or a unix socket, or insist with --allow-remote)'

  it.each(['0.0.0.0', '::'])('can be reached from elsewhere, unless that is allowed: %s', async (host) => {
    const server = await listening({ host, port: 0 })
    const port = portOf(server)
    const shown = host === '::' ? '[::]' : host
    expect(refusalOf(numberOf(server))).toBe(`tcp:${shown}:${port} is not a loopback address ${insist}`)
    expect(inheritedSockets([fd(numberOf(server))], { allowRemote: true })[0]?.place).toEqual({
      kind: 'tcp',
      host,
      port,
    })
  })

  it.skipIf(reachable === undefined)('is connected from elsewhere, unless that is allowed', async () => {
    const server = await listening({ host: '0.0.0.0', port: 0 })
    const far = await accepted(server, reachable)
    const from = `tcp:${far.remoteAddress}:${far.remotePort}`
    expect(far.remoteAddress).toBe(reachable)
    expect(refusalOf(numberOf(far))).toBe(`${from} is not a loopback address ${insist}`)
    expect(refusalOf(numberOf(far), { allowRemote: true })).toBe('served')
    // Whom it comes from counts, not that others could come.
    expect(refusalOf(numberOf(await accepted(server, '127.0.0.1')))).toBe('served')
  })

  it('is given twice', async () => {
    const number = numberOf(await listening({ path: host.at('twice') }))
    expect(() => inheritedSockets([fd(number), fd(number)])).toThrow(
      new UsageError(`Cannot serve on "fd:${number}": it is given twice`),
    )
  })
})
