import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { duplicate, peerCredentials, raiseDescriptorLimit } from '../../src/sys/process.js'
import { statx } from '../../src/sys/stat.js'
import { HostTree } from '../support/host/tree.js'
import { refusalOf } from '../support/refusal.js'

/** The soft and the hard limit as the kernel shows them. */
function descriptorLimits(): string[] {
  const line = readFileSync('/proc/self/limits', 'latin1')
    .split('\n')
    .find((text) => text.startsWith('Max open files'))
  return /(\d+|unlimited)\s+(\d+|unlimited)/.exec(line ?? '')?.slice(1) ?? []
}

it('the limit on open descriptors is raised to the hard one', () => {
  const limit = raiseDescriptorLimit()
  const [soft, hard] = descriptorLimits()
  expect(soft).toBe(hard)
  expect(String(limit)).toBe(hard)
})

describe('the peer of a unix socket', () => {
  it('is who connected', async () => {
    using tree = new HostTree()
    const server = createServer().listen(tree.at('socket'))
    await once(server, 'listening')
    const before = socketsOpen()
    const client = connect(tree.at('socket'))
    const [accepted] = (await once(server, 'connection')) as [Socket]
    const numbers = socketsOpen().filter((number) => !before.includes(number))
    try {
      expect(numbers.length).toBeGreaterThan(0)
      for (const number of numbers) {
        expect(peerCredentials(number)).toEqual({ pid: process.pid, uid: process.getuid!(), gid: process.getgid!() })
      }
    } finally {
      client.destroy()
      accepted.destroy()
      server.close()
    }
  })

  it('is asked of sockets only', () => {
    using tree = new HostTree()
    expect(refusalOf(() => peerCredentials(tree.root.number))).toBe('ENOTSOCK')
  })
})

it('a descriptor that is not open cannot be duplicated', () => {
  expect(refusalOf(() => duplicate(1_000_000))).toBe('EBADF')
})

/** Numbers of the descriptors that are sockets. */
function socketsOpen(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((number) => {
      try {
        using copy = duplicate(number)
        return (statx(copy).mode & 0o170000) === 0o140000
      } catch {
        return false
      }
    })
}
