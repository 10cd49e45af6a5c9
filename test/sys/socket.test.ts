// What the kernel says of sockets, beside what node:net says of its own, /proc/net of all, and perl of what it received.

import { readFileSync, readlinkSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { call, checked } from '../../src/sys/call.js'
import { AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from '../../src/sys/constants.js'
import { inetText } from '../../src/sys/inet-text.js'
import { closeOnExec } from '../../src/sys/process.js'
import { peerName, sendDatagram, socketFacts, socketName } from '../../src/sys/socket.js'
import { DatagramReceiver } from '../support/datagram-receiver.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { HostTree } from '../support/host/tree.js'
import { refusalOf } from '../support/refusal.js'
import {
  AF_NETLINK,
  closeSockets,
  connection,
  listening,
  numberOf,
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

/** The line of /proc/net/FILE about the socket, by its inode number, in columns. */
function procLine(file: string, number: number, column: number): string[] {
  const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${number}`)) ?? []
  const lines = readFileSync(`/proc/net/${file}`, 'latin1').split('\n')
  const found = lines.map((line) => line.trim().split(/\s+/)).filter((columns) => columns[column] === inode)
  expect(found).toHaveLength(1)
  return found[0] ?? []
}

describe('what a socket is', () => {
  it.each([
    ['a unix socket', () => ({ path: host.at('facts') }), 'unix'],
    ['TCP over IPv4', () => ({ host: '127.0.0.1', port: 0 }), 'inet'],
    ['TCP over IPv6', () => ({ host: '::1', port: 0 }), 'inet6'],
  ] as const)('%s: listening, then a connection of it', async (_what, where, family) => {
    const server = await listening(where())
    expect(socketFacts(numberOf(server))).toEqual({ family, isStream: true, isListening: true })
    const { client, accepted } = await connection(server)
    for (const end of [client, accepted]) {
      expect(socketFacts(numberOf(end))).toEqual({ family, isStream: true, isListening: false })
    }
  })

  it('as /proc/net has it: type, and whether it accepts', async () => {
    const server = await listening({ path: host.at('proc') })
    const { accepted } = await connection(server)
    // Columns Flags (SO_ACCEPTCONN is 00010000), Type, and Inode.
    expect(procLine('unix', numberOf(server), 6).slice(3, 5)).toEqual(['00010000', '0001'])
    expect(procLine('unix', numberOf(accepted), 6).slice(3, 5)).toEqual(['00000000', '0001'])
    const tcp = await listening({ host: '127.0.0.1', port: 0 })
    // TCP_LISTEN is 0A (include/net/tcp_states.h).
    expect(procLine('tcp', numberOf(tcp), 9)[3]).toBe('0A')
  })

  it('datagrams, packets and other families are no streams of ours', () => {
    const udp = rawSocket(AF_INET, SOCK_DGRAM)
    expect(socketFacts(udp)).toEqual({ family: 'inet', isStream: false, isListening: false })
    const packets = rawSocket(AF_UNIX, SOCK_SEQPACKET)
    expect(socketFacts(packets)).toEqual({ family: 'unix', isStream: false, isListening: false })
    const netlink = rawSocket(AF_NETLINK, SOCK_RAW)
    expect(socketFacts(netlink)).toEqual({ family: 'other', isStream: false, isListening: false })
    expect(refusalOf(() => socketName(netlink))).toBe('EINVAL')
  })

  it('what is no socket has no facts, and what is not open is EBADF', () => {
    expect(socketFacts(host.root.number)).toBeUndefined()
    expect(refusalOf(() => socketFacts(1_000_000))).toBe('EBADF')
    expect(refusalOf(() => socketName(host.root.number))).toBe('ENOTSOCK')
    expect(refusalOf(() => socketName(1_000_000))).toBe('EBADF')
    expect(refusalOf(() => peerName(1_000_000))).toBe('EBADF')
  })
})

describe('the name of a socket', () => {
  it.each(['plain', 'with space\nand line', 'sockét', 'x'.repeat(60)])(
    'is the path it listens on: %j',
    async (name) => {
      const path = host.at(name)
      const server = await listening({ path })
      const bytes = Buffer.from(path, 'utf8').toString('latin1')
      expect(socketName(numberOf(server))).toEqual({ kind: 'path', path: bytes })
      const { client, accepted } = await connection(server)
      expect(socketName(numberOf(accepted))).toEqual({ kind: 'path', path: bytes })
      expect(peerName(numberOf(client))).toEqual({ kind: 'path', path: bytes })
      expect(socketName(numberOf(client))).toEqual({ kind: 'unnamed' })
      expect(peerName(numberOf(accepted))).toEqual({ kind: 'unnamed' })
    },
  )

  it('is abstract, without the NUL that it begins with', async () => {
    const name = `virtfs-test-${process.pid}`
    const server = await listening({ path: `\0${name}` })
    // Node may fill what is left of sun_path with NULs, which are then part of the name: /proc/net shows them as @.
    const [shown = ''] = procLine('unix', numberOf(server), 6).slice(7)
    const bytes = shown.slice(1).replaceAll('@', '\0')
    expect(bytes.replace(/\0*$/, '')).toBe(name)
    expect(socketName(numberOf(server))).toEqual({ kind: 'abstract', name: bytes })
  })

  it.each(['127.0.0.1', '127.1.2.3', '::1', '0.0.0.0', '::', '::ffff:127.0.0.1'])(
    'is the host and port that node says: %s',
    async (address) => {
      const server = await listening({ host: address, port: 0 })
      const { address: said, port } = server.address() as AddressInfo
      expect(socketName(numberOf(server))).toEqual({ kind: 'inet', host: said, port })
      const { client, accepted } = await connection(server)
      expect(socketName(numberOf(client))).toEqual({ kind: 'inet', host: client.localAddress, port: client.localPort })
      expect(peerName(numberOf(client))).toEqual({ kind: 'inet', host: client.remoteAddress, port })
      expect(peerName(numberOf(accepted))).toEqual({
        kind: 'inet',
        host: accepted.remoteAddress,
        port: accepted.remotePort,
      })
    },
  )

  it('of a peer is undefined where there is none', async () => {
    expect(peerName(numberOf(await listening({ path: host.at('alone') })))).toBeUndefined()
    expect(peerName(rawSocket(AF_UNIX, SOCK_STREAM))).toBeUndefined()
  })
})

describe('an IPv6 address as text', () => {
  // RFC 5952 section 4, and the examples of RFC 4291 section 2.2.
  it.each([
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['20010000000000010000000000000001', '2001:0:0:1::1'],
    ['fe800000000000000a00000000000000', 'fe80::a00:0:0:0'],
    ['ff010000000000000000000000000101', 'ff01::101'],
    ['00010000000000000000000000000000', '1::'],
    ['a000000000000000000000000000000a', 'a000::a'],
    ['00000000000000000000000000000000', '::'],
  ])('%s is %s', (hex, text) => {
    expect(inetText(Buffer.from(hex, 'hex'))).toBe(text)
    // What a URL makes of it says that both mean the same.
    expect(new URL(`http://[${hex.match(/.{4}/g)?.join(':')}]`).hostname).toBe(new URL(`http://[${text}]`).hostname)
  })
})

describe('a datagram', () => {
  it.each([
    ['a path', () => ({ kind: 'path', path: host.at('datagrams') }) as const, 0],
    ['a path, with patience', () => ({ kind: 'path', path: host.at('patience') }) as const, 1500],
    ['an abstract name', () => ({ kind: 'abstract', name: `virtfs-datagrams-${process.pid}` }) as const, 0],
  ] as const)('arrives whole at %s', async (_what, where, patience) => {
    const to = where()
    using receiver = await DatagramReceiver.at(to.kind === 'path' ? to.path : `\0${to.name}`)
    const before = openDescriptors()
    sendDatagram(to, Buffer.from('READY=1\nSTATUS=é'), patience)
    sendDatagram(to, Buffer.from([0, 255]), patience)
    expect(openDescriptors()).toEqual(before)
    expect(await receiver.next()).toBe(Buffer.from('READY=1\nSTATUS=é').toString('hex'))
    expect(await receiver.next()).toBe('00ff')
  })

  it('is refused where nobody receives, and leaves no descriptor', async () => {
    const before = openDescriptors()
    const send = (path: string): string | undefined =>
      refusalOf(() => sendDatagram({ kind: 'path', path }, Buffer.of(1)))
    expect(send(host.at('nothing'))).toBe('ENOENT')
    expect(send('')).toBe('EINVAL')
    expect(send('/a\0b')).toBe('EINVAL')
    expect(send(`/${'x'.repeat(107)}`)).toBe('ENAMETOOLONG')
    const abstract = { kind: 'abstract', name: 'x'.repeat(107) } as const
    expect(refusalOf(() => sendDatagram(abstract, Buffer.of(1)))).toBe('ECONNREFUSED')
    expect(refusalOf(() => sendDatagram({ ...abstract, name: 'x'.repeat(108) }, Buffer.of(1)))).toBe('ENAMETOOLONG')
    expect(openDescriptors()).toEqual(before)
    // EPROTOTYPE, which no part of the project names: a stream is no receiver.
    await listening({ path: host.at('stream') })
    expect(send(host.at('stream'))).toBe('E91')
  })

  it.each([0, 20])('that finds the queue full is EAGAIN, after %i ms of patience', async (patience) => {
    const path = host.at(`full-${patience}`)
    using receiver = await DatagramReceiver.at(path)
    receiver.suspend()
    const fill = (): void => {
      for (;;) sendDatagram({ kind: 'path', path }, Buffer.of(1), patience)
    }
    expect(refusalOf(fill)).toBe('EAGAIN')
  })
})

it('a descriptor that is to be closed on exec is not inherited', async () => {
  const server = await listening({ path: host.at('exec') })
  const flags = (): string => readFileSync(`/proc/self/fdinfo/${numberOf(server)}`, 'latin1')
  const F_SETFD = 2
  checked(call('fcntl', numberOf(server), F_SETFD, 0), { op: 'let a descriptor be inherited' })
  expect(flags()).not.toMatch(/^flags:\s+02\d{6}$/m)
  closeOnExec(numberOf(server))
  expect(flags()).toMatch(/^flags:\s+02\d{6}$/m)
  expect(refusalOf(() => closeOnExec(1_000_000))).toBe('EBADF')
})
