// Tfsync asks for as much as the client does: the data alone, or the attributes too (reference §3.7).

import { expect, it, vi } from 'vitest'
import { Exchange } from '../support/exchange.js'

const { calls, note } = vi.hoisted(() => {
  const calls: string[] = []
  const note = (call: string) => (_fd: number, done: (error: null) => void) => {
    calls.push(call)
    setImmediate(done, null)
  }
  return { calls, note }
})
vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  fsync: note('fsync'),
  fdatasync: note('fdatasync'),
}))

it.each([
  [0, 'fsync'],
  [1, 'fdatasync'],
  [0x8000_0000, 'fdatasync'],
])('with datasync %i the host is asked for an %s, of a file and of a directory', async (datasync, call) => {
  using exchange = await Exchange.attached({ furnish: (tree) => tree.write('file') })
  for (const [path, fid] of [
    ['file', 1],
    ['', 2],
  ] as const) {
    await exchange.walk(path, fid)
    await exchange.call('Tlopen', { fid, flags: 0 })
    calls.length = 0
    await exchange.call('Tfsync', { fid, datasync })
    expect(calls).toEqual([call])
  }
})
