import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import {
  formatAddress,
  isLoopback,
  mountHint,
  parseAddress,
  type ServeAddress,
} from '../../src/serve/sockets/address.js'

const remote = { allowRemote: true }

/** Why an address is refused, behind what every refusal begins with. */
function refusalOf(text: string, read: () => unknown): string {
  try {
    read()
    return 'read'
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause
    const beginning = `Cannot listen on "${text}": `
    expect(cause.message.slice(0, beginning.length)).toBe(beginning)
    return cause.message.slice(beginning.length)
  }
}

describe('an address is read, and written as it was read', () => {
  const addresses: readonly (readonly [text: string, address: ServeAddress])[] = [
    ['unix:/run/virtfs.sock', { kind: 'unix', path: '/run/virtfs.sock' }],
    ['unix:relative', { kind: 'unix', path: 'relative' }],
    ['unix:fd:3', { kind: 'unix', path: 'fd:3' }],
    ['unix:/with\nline', { kind: 'unix', path: '/with\nline' }],
    [`unix:/${'é'.repeat(53)}`, { kind: 'unix', path: `/${'é'.repeat(53)}` }],
    ['tcp:127.0.0.1:5640', { kind: 'tcp', host: '127.0.0.1', port: 5640 }],
    ['tcp:localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }],
    ['tcp:[::1]:65535', { kind: 'tcp', host: '::1', port: 65_535 }],
    ['fd:0', { kind: 'fd', number: 0 }],
    ['fd:3', { kind: 'fd', number: 3 }],
  ]
  it.each(addresses)('%j', (text, address) => {
    expect(parseAddress(text, {})).toEqual(address)
    expect(formatAddress(address)).toBe(text)
  })
})

describe('what is no address is refused', () => {
  const forms = 'not an address (write unix:PATH, tcp:HOST:PORT or fd:N)'
  it.each([
    ...['', 'nonsense', 'tcp:', 'tcp:127.0.0.1', 'tcp:127.0.0.1:', 'tcp:127.0.0.1:65536', 'tcp:127.0.0.1:x', 'tcp::80'],
    ...['tcp:::1:80', 'tcp:[::1:80', 'tcp:::1]:80', 'tcp:[]:80', 'tcp:[127.0.0.1]:80', 'tcp:[localhost]:80'],
    ...['tcp:local host:80', 'tcp:127.0.0.1:80\n', 'fd:', 'fd:-1', 'fd:3x', 'fd: 3', 'fd:0x3', 'fd:9999999999', 'FD:3'],
  ])('%j', (text) => {
    expect(refusalOf(text, () => parseAddress(text, remote))).toBe(forms)
  })

  it('as is a path that no socket can have', () => {
    expect(refusalOf('unix:', () => parseAddress('unix:', remote))).toBe('no path (write unix:/run/virtfs.sock)')
    const long = `unix:/${'é'.repeat(53)}x`
    expect(refusalOf(long, () => parseAddress(long, remote))).toBe(
      "ENAMETOOLONG (a socket's path has at most 107 bytes)",
    )
  })
})

describe('TCP', () => {
  const loopback = ['127.0.0.1', '127.255.255.254', 'localhost', '[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]']
  const others = [
    ...['0.0.0.0', '[::]', '[::ffff:0.0.0.0]', '192.0.2.1', '128.0.0.1', '126.255.255.255', '[2001:db8::1]'],
    // Names, and what getaddrinfo(3) reads as numbers.
    ...['example.org', 'localhost.', 'LOCALHOST', 'localhost.example.org', '127.1', '127', '2130706433', '0x7f.1'],
    ...['127.0.0.256', '[fe80::1%1]', '[::1%lo]', '[::127.0.0.1]', '[::ffff:128.0.0.1]'],
  ]
  it.each(loopback)('on %s is this machine alone', (host) => {
    expect(parseAddress(`tcp:${host}:80`, {})).toEqual(parseAddress(`tcp:${host}:80`, remote))
  })

  it.each(others)('on %s needs --allow-remote', (host) => {
    const text = `tcp:${host}:80`
    const refusal =
      'not a loopback address (9P has no authentication; use 127.0.0.1 or a unix socket, or insist with --allow-remote)'
    for (const rules of [{}, { allowRemote: false }]) {
      expect(refusalOf(text, () => parseAddress(text, rules))).toBe(refusal)
    }
    expect(refusalOf(text, () => parseAddress(text))).toBe(refusal)
    expect(formatAddress(parseAddress(text, remote))).toBe(text)
  })

  it('an empty name is no loopback address', () => {
    expect(isLoopback('')).toBe(false)
  })
})

describe('how a client mounts', () => {
  const options = (transport: string): string => `trans=${transport},version=9p2000.L,msize=8192,access=client`
  it.each([
    ['unix:/run/x.sock', `mount -t 9p -o ${options('unix')} /run/x.sock /mnt`],
    ['tcp:127.0.0.1:5640', `mount -t 9p -o ${options('tcp')},port=5640 127.0.0.1 /mnt`],
    ['tcp:[2001:db8::1]:5640', `mount -t 9p -o ${options('tcp')},port=5640 2001:db8::1 /mnt`],
    ['tcp:0.0.0.0:5640', `mount -t 9p -o ${options('tcp')},port=5640 ADDRESS-OF-THIS-HOST /mnt`],
    ['tcp:[::]:5640', `mount -t 9p -o ${options('tcp')},port=5640 ADDRESS-OF-THIS-HOST /mnt`],
    ['tcp:[0:0::0]:5640', `mount -t 9p -o ${options('tcp')},port=5640 ADDRESS-OF-THIS-HOST /mnt`],
  ])('%s', (text, command) => {
    const address = parseAddress(text, remote)
    if (address.kind === 'fd') throw new Error('no place')
    expect(mountHint(address, 8192)).toBe(command)
  })
})
