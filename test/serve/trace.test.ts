// Traces: each message as a line of JSON, in the order in which they came and went.

import { expect, it } from 'vitest'
import type { Name } from '../../src/name.js'
import { traceTo } from '../../src/serve/observation/trace.js'
import { encodeFrame } from '../../src/wire/codec.js'
import { Exchange } from '../support/exchange.js'

interface Line {
  readonly message: string
  readonly tag: number
  readonly [member: string]: unknown
}

async function traced(): Promise<{ exchange: Exchange; lines: Line[] }> {
  const lines: Line[] = []
  const write = (line: string): void => {
    expect(line).not.toMatch(/[\n\r]/)
    lines.push(JSON.parse(line) as Line)
  }
  const exchange = await Exchange.attached({
    observer: traceTo(write, 3),
    furnish: (tree) => tree.write('file', 'some content'),
  })
  return { exchange, lines }
}

it('shows requests and replies with their fields, whose they are, when, and how long it took', async () => {
  const { exchange, lines } = await traced()
  using _ = exchange
  expect(lines.map(({ message }) => message)).toEqual(['Tversion', 'Rversion', 'Tattach', 'Rattach'])
  expect(lines[0]).toMatchObject({ connection: 3, tag: 0xffff, msize: 8192, version: '9P2000.L' })
  expect(lines[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(lines[2]).toMatchObject({ fid: 0, nUname: 1000 })
  expect(lines[3]).toMatchObject({ to: 'Tattach', qid: { type: 0x80 } })
  expect(lines[3]?.['micros']).toBeGreaterThanOrEqual(0)
})

it('shows the errno of a refusal, and a request that cannot be decoded by its refusal alone', async () => {
  const { exchange, lines } = await traced()
  using _ = exchange
  lines.length = 0
  await exchange.refusal('Twalk', { fid: 0, newfid: 1, wnames: ['absent' as Name] })
  const frame = encodeFrame(5, 'Tclunk', { fid: 0 })
  frame.writeUInt8(99, 4)
  exchange.feed(frame)
  frame.writeUInt8(110, 4)
  exchange.feed(frame)
  expect(lines).toMatchObject([
    { message: 'Twalk', wnames: ['absent'] },
    { message: 'Rlerror', to: 'Twalk', ecode: 2 },
    { message: 'Rlerror', to: 'type 99', tag: 5, ecode: 95 },
    { message: 'Rlerror', to: 'Twalk', tag: 5, ecode: 71 },
  ])
})

it('shows the content of files by its length only, names in any encoding, and large numbers whole', async () => {
  const { exchange, lines } = await traced()
  using _ = exchange
  await exchange.walk('file', 1)
  await exchange.call('Tlopen', { fid: 1, flags: 2 })
  lines.length = 0
  await exchange.call('Tread', { fid: 1, offset: 0, count: 100 })
  await exchange.call('Twrite', { fid: 1, offset: 2, data: Buffer.from('secret') })
  await exchange.call('Tmkdir', { dfid: 0, name: 'gr\xc3\xbc\xc3\x9fe' as Name, mode: 0o755, gid: 0 as never })
  await exchange.call('Tmkdir', { dfid: 0, name: 'caf\xe9\n' as Name, mode: 0o755, gid: 0 as never })
  await exchange.call('Tlock', { fid: 1, type: 1, flags: 0, start: 2n ** 62n, length: 1n, procId: 1, clientId: 'a' })
  expect(JSON.stringify(lines)).not.toMatch(/secret|content/)
  expect(lines.filter(({ message }) => message.startsWith('T'))).toMatchObject([
    { message: 'Tread', count: 100 },
    { message: 'Twrite', offset: 2, data: { bytes: 6 } },
    { message: 'Tmkdir', name: 'grüße' },
    { message: 'Tmkdir', name: 'caf\\xe9\\x0a' },
    { message: 'Tlock', start: '4611686018427387904', length: 1 },
  ])
  expect(lines.find(({ message }) => message === 'Rread')).toMatchObject({ data: { bytes: 12 } })
})
