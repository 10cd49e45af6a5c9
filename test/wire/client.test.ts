// The client against servers that answer late, out of order, wrongly or not at all.

import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../src/client/address.js'
import { Client, namesOf } from '../../src/client/client.js'
import { RawClient } from '../../src/client/raw-client.js'
import { encodeFrame } from '../../src/wire/codec.js'
import { NOTAG } from '../../src/wire/constants.js'
import { ScriptedServer, type Turn } from './scripted-server.js'

const qid = { type: 0, version: 1, path: 2n }

/** Reads answer with their own offset as text, so that an answer given to the wrong call shows. */
const echoOffset = ({ request, reply }: Turn): void => {
  if (request.message === 'Tread') reply('Rread', { data: Buffer.from(String(request.body.offset)) })
}

async function withClient(
  script: (turn: Turn) => void,
  use: (client: Client, server: ScriptedServer) => Promise<void>,
) {
  const server = await ScriptedServer.listen(script)
  try {
    const client = await Client.connect(server.address)
    try {
      await use(client, server)
    } finally {
      await client.close()
    }
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

describe('a call', () => {
  it('gets its own reply, whatever the order in which replies come', () => {
    const held: Turn[] = []
    const answerBackwards = (turn: Turn): void => {
      held.push(turn)
      if (held.length === 100) held.splice(0).reverse().forEach(echoOffset)
    }
    return withClient(answerBackwards, async (client) => {
      const offsets = Array.from({ length: 100 }, (_, i) => i * 7)
      const replies = await Promise.all(offsets.map((offset) => client.call('Tread', { fid: 1, offset, count: 9 })))
      expect(replies.map(({ data }) => Number(Buffer.from(data).toString()))).toEqual(offsets)
    })
  })

  it('owns the payload it is given: later replies do not change it', () =>
    withClient(echoOffset, async (client) => {
      const first = await client.call('Tread', { fid: 1, offset: 111111, count: 9 })
      for (let offset = 0; offset < 50; offset++) await client.call('Tread', { fid: 1, offset, count: 9 })
      expect(Buffer.from(first.data).toString()).toBe('111111')
    }))

  it('rejects with the errno of Rlerror, known to us or not', () =>
    withClient(
      ({ request, reply }) => reply('Rlerror', { ecode: request.message === 'Tclunk' ? 2 : 524 }),
      async (client) => {
        await expect(client.call('Tclunk', { fid: 1 })).rejects.toMatchObject({ code: 'ENOENT', errno: 2 })
        await expect(client.call('Tremove', { fid: 1 })).rejects.toMatchObject({ errno: 524 })
      },
    ))

  it('is refused with EAGAIN once every tag is in flight, and accepted when one is free again', () => {
    const held: Turn[] = []
    let isOpen = false
    const holdAtFirst = (turn: Turn): void => {
      held.push(turn)
      if (isOpen) turn.reply('Rclunk', {})
    }
    return withClient(holdAtFirst, async (client) => {
      const calls = Array.from({ length: NOTAG }, () => client.call('Tclunk', { fid: 1 }))
      expect(() => client.call('Tclunk', { fid: 1 })).toThrow('EAGAIN')
      while (held.length < NOTAG) await new Promise((resolve) => setImmediate(resolve))
      expect(new Set(held.map(({ request }) => request.tag)).size).toBe(NOTAG)
      isOpen = true
      held.forEach(({ reply }) => reply('Rclunk', {}))
      await Promise.all(calls)
      await client.call('Tclunk', { fid: 1 })
    })
  })

  it('longer than msize throws and disturbs nothing', () =>
    withClient(echoOffset, async (client) => {
      expect(() => client.call('Twrite', { fid: 1, offset: 0, data: Buffer.alloc(65536) })).toThrow(RangeError)
      expect(Buffer.from((await client.call('Tread', { fid: 1, offset: 5, count: 1 })).data).toString()).toBe('5')
    }))

  it('many of them with large bodies arrive whole though the server reads slowly', () => {
    const hash = createHash('sha256')
    return withClient(
      ({ request, reply }) => {
        if (request.message !== 'Twrite') return
        hash.update(request.body.data)
        reply('Rwrite', { count: request.body.data.length })
      },
      async (client) => {
        const blocks = Array.from({ length: 200 }, (_, i) => Buffer.alloc(client.ioSize, i))
        await Promise.all(blocks.map((data) => client.call('Twrite', { fid: 1, offset: 0, data })))
        expect(hash.digest('hex')).toBe(createHash('sha256').update(Buffer.concat(blocks)).digest('hex'))
      },
    )
  })
})

describe('flushing', () => {
  it('lets the call settle with its reply if that comes before Rflush', () => {
    const held: Turn[] = []
    const answerOnFlush = (turn: Turn): void => {
      if (turn.request.message !== 'Tflush') return void held.push(turn)
      held.splice(0).forEach(echoOffset)
      turn.reply('Rflush', {})
    }
    return withClient(answerOnFlush, async (client) => {
      const call = client.start('Tread', { fid: 1, offset: 42, count: 2 })
      await client.flush(call)
      expect(Buffer.from((await call.reply).data).toString()).toBe('42')
      const after = [1, 2, 3].map((fid) => client.start('Tread', { fid, offset: 0, count: 1 }))
      expect(new Set(after.map(({ tag }) => tag)).size).toBe(3)
      await Promise.all([...after.map((held) => client.flush(held)), ...after.map(({ reply }) => reply)])
    })
  })

  it('ends the call with EINTR if Rflush comes alone, and frees its tag only then', () => {
    const forget = ({ request, reply }: Turn): void => {
      if (request.message === 'Tflush') reply('Rflush', {})
      if (request.message === 'Tclunk') reply('Rclunk', {})
    }
    return withClient(forget, async (client, server) => {
      const call = client.start('Tread', { fid: 1, offset: 42, count: 2 })
      const flushed = client.flush(call)
      const meanwhile = client.start('Tclunk', { fid: 1 })
      expect(meanwhile.tag).not.toBe(call.tag)
      await expect(call.reply).rejects.toMatchObject({ code: 'EINTR' })
      await flushed
      expect(server.requests).toContainEqual(expect.objectContaining({ message: 'Tflush', body: { oldtag: call.tag } }))
      await meanwhile.reply
    })
  })
})

describe('a server that breaks the protocol', () => {
  it.each<[string, (turn: Turn) => void, string]>([
    ['answers a tag that nothing waits for', ({ request, reply }) => reply('Rclunk', {}, request.tag + 100), 'EPROTO'],
    ["answers with another request's reply", ({ reply }) => reply('Rremove', {}), 'EPROTO'],
    ['sends a frame of a size below 7', ({ sendRaw }) => sendRaw(Buffer.alloc(7)), 'EMSGSIZE'],
    ['sends a frame above msize', ({ sendRaw }) => sendRaw(Buffer.from('01000100790000', 'hex')), 'EMSGSIZE'],
    ['hangs up', ({ hangUp }) => hangUp(), 'EPIPE'],
  ])('and %s loses every call and the connection', async (_, script, code) => {
    await withClient(script, async (client) => {
      const calls = [client.call('Tclunk', { fid: 1 }), client.call('Tclunk', { fid: 2 })]
      for (const call of calls) await expect(call).rejects.toMatchObject({ code })
      expect(client.isOpen).toBe(false)
      await expect(client.call('Tclunk', { fid: 3 })).rejects.toMatchObject({ code })
    })
  })

  it('in the body of one reply fails that call alone', () => {
    const cut = ({ request, reply, sendRaw }: Turn): void => {
      if (request.message !== 'Tlopen') return reply('Rclunk', {})
      const frame = encodeFrame(request.tag, 'Rlopen', { qid, iounit: 0 }).subarray(0, 20)
      frame.writeUInt32LE(20)
      sendRaw(frame)
    }
    return withClient(cut, async (client) => {
      await expect(client.call('Tlopen', { fid: 1, flags: 0 })).rejects.toMatchObject({ code: 'EPROTO' })
      await client.call('Tclunk', { fid: 1 })
    })
  })
})

describe('connecting', () => {
  it('takes the smaller msize of the two', async () => {
    const server = await ScriptedServer.listen(echoOffset, 65536)
    for (const [own, agreed] of [
      [8192, 8192],
      [1 << 20, 65536],
    ] as const) {
      const client = await Client.connect(server.address, { msize: own })
      expect(client.msize).toBe(agreed)
      await client.close()
    }
    await server[Symbol.asyncDispose]()
  })

  it('to a server without 9P2000.L is EREMOTEIO', async () => {
    const server = await ScriptedServer.listen(echoOffset)
    const raw = await RawClient.connect(server.address)
    raw.sendMessage(NOTAG, 'Tversion', { msize: 8192, version: '9P2000' })
    expect(await raw.nextMessage()).toMatchObject({ message: 'Rversion', body: { version: '9P2000' } })
    await raw.close()
    await server[Symbol.asyncDispose]()
  })

  it('where nobody listens rejects with the reason', async () => {
    await expect(Client.connect('unix:/nonexistent/socket')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.each([
    ['unix:/run/a:b', { path: '/run/a:b' }],
    ['tcp:127.0.0.1:564', { host: '127.0.0.1', port: 564 }],
    ['tcp:[::1]:564', { host: '::1', port: 564 }],
  ])('reads the address %s', (text, address) => {
    expect(parseAddress(text)).toEqual(address)
  })

  it.each(['', 'unix:', 'tcp:host', 'tcp::1', 'tcp:h:65536', 'udp:h:1', '/run/socket'])(
    'refuses the address %j',
    (text) => {
      expect(() => parseAddress(text)).toThrow('EINVAL')
    },
  )
})

describe('walking', () => {
  const upTo =
    (depth: number) =>
    ({ request, reply }: Turn): void => {
      if (request.message === 'Tclunk') reply('Rclunk', {})
      if (request.message !== 'Twalk') return
      const found = request.body.wnames.filter((name) => Number(name) <= depth)
      if (found.length === 0) reply('Rlerror', { ecode: 20 })
      else reply('Rwalk', { wqids: found.map(() => qid) })
    }
  const path = Array.from({ length: 20 }, (_, i) => i + 1).join('/')

  it('a path of 20 elements takes two messages', () =>
    withClient(upTo(20), async (client, server) => {
      const fid = await client.walk(99, path)
      const walks = server.requests.filter(({ message }) => message === 'Twalk').map(({ body }) => body)
      expect(walks).toEqual([
        { fid: 99, newfid: fid, wnames: namesOf(path).slice(0, 16) },
        { fid, newfid: fid, wnames: namesOf(path).slice(16) },
      ])
    }))

  it.each([
    [5, 'ENOENT', []],
    [16, 'ENOTDIR', ['Tclunk']],
    [18, 'ENOENT', ['Tclunk']],
    [0, 'ENOTDIR', []],
  ])('a path that ends after %i elements is %s and leaves no fid behind', (depth, code, after) =>
    withClient(upTo(depth), async (client, server) => {
      await expect(client.walk(99, path)).rejects.toMatchObject({ code })
      expect(
        server.requests.map(({ message }) => message).filter((message) => !/Tversion|Twalk/.test(message)),
      ).toEqual(after)
      expect(client.newFid()).toBe(0)
    }),
  )
})

describe('the raw client', () => {
  it('sends any bytes, shows whole frames, and says when the server has hung up', async () => {
    const server = await ScriptedServer.listen(({ hangUp }) => hangUp())
    const raw = await RawClient.connect(server.address)
    raw.send('1500000064ffff00000200')
    raw.send('08003950323030302e4c')
    expect((await raw.nextFrame())?.toString('hex')).toBe('1500000065ffff0000010008003950323030302e4c')
    raw.sendMessage(1, 'Tclunk', { fid: 1 })
    expect(await raw.nextFrame()).toBeUndefined()
    expect(await raw.nextFrame()).toBeUndefined()
    await raw.close()
    await server[Symbol.asyncDispose]()
  })
})
