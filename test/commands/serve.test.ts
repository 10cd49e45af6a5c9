// `virtfs serve` as a process: what it says, where it listens, how it ends.

import { existsSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { Client } from '../../src/client/client.js'
import { guestGid, guestUid } from '../../src/ids.js'
import { nameFromText } from '../../src/name.js'
import { encodeFrame } from '../../src/wire/codec.js'
import { DOTL_RDWR, NOFID } from '../../src/wire/constants.js'
import { HostTree } from '../support/host/tree.js'
import { virtfs } from './run.js'
import { Serving } from './serving.js'

const host = new HostTree()
afterAll(() => host[Symbol.dispose]())

let tree: string
let made = 0
beforeEach(() => {
  tree = host.at(`tree${++made}`)
  mkdirSync(tree)
  writeFileSync(`${tree}/file`, 'content')
})

const socket = (): string => `unix:${tree}.sock`
const model = ['--security-model', 'mapped-xattr'] as const

async function contentOf(address: string, name = 'file'): Promise<string> {
  await using client = await Client.connect(address)
  const root = await client.attach(0)
  return (await client.readFile(await client.walk(root, name))).toString()
}

/** Makes a file as uid 0, gid 5 through the server; what the server answers. */
async function create(address: string, name: string): Promise<void> {
  await using client = await Client.connect(address)
  const fid = await client.walk(await client.attach(0))
  await client.call('Tlcreate', { fid, name: nameFromText(name), flags: DOTL_RDWR, mode: 0o640, gid: guestGid(5) })
}

describe('a server', () => {
  it('says on stdout where it listens, on stderr how to mount it, and serves there', async () => {
    const address = socket()
    await using serving = await Serving.start([tree, ...model, '--listen', address, '--msize', '65536'])
    expect(serving.stdout).toBe(`listening ${address}\n`)
    expect(serving.stderr).toBe(
      `mount -t 9p -o trans=unix,version=9p2000.L,msize=65536,access=client ${tree}.sock /mnt\n`,
    )
    expect(await contentOf(address)).toBe('content')
    await using client = await Client.connect(address, { msize: 1 << 20 })
    expect(client.msize).toBe(65_536)
    expect(lstatSync(`${tree}.sock`).mode & 0o777).toBe(0o600)
  })

  it('listens on every address given, port 0 picking one, in the order given', async () => {
    await using serving = await Serving.start([tree, ...model, '--listen', socket(), '--listen', 'tcp:127.0.0.1:0'])
    const [unix, tcp] = serving.addresses
    expect(unix).toBe(socket())
    expect(tcp).toMatch(/^tcp:127\.0\.0\.1:[1-9]\d*$/)
    expect(await Promise.all(serving.addresses.map((address) => contentOf(address)))).toEqual(['content', 'content'])
  })

  it('refuses every change under --readonly', async () => {
    await using serving = await Serving.start([tree, ...model, '--readonly', '--listen', socket()])
    await expect(create(serving.addresses[0]!, 'new')).rejects.toMatchObject({ code: 'EROFS' })
    expect(existsSync(`${tree}/new`)).toBe(false)
  })

  it('gives new files the host permissions of --fmode', async () => {
    await using serving = await Serving.start([tree, ...model, '--fmode', '0604', '--listen', socket()])
    await create(serving.addresses[0]!, 'new')
    expect(statSync(`${tree}/new`).mode & 0o777).toBe(0o604)
  })

  it('takes "mapped" for mapped-xattr', async () => {
    await using serving = await Serving.start([tree, '--security-model', 'mapped', '--listen', socket()])
    await create(serving.addresses[0]!, 'new')
    expect(virtfs(['stat', '-c', '%a %u:%g %{source:g}', `${tree}/new`]).stdout).toBe('640 0:5 xattr\n')
  })

  it('takes the place of a socket that a dead server left', async () => {
    await using dead = await Serving.start([tree, ...model, '--listen', socket()])
    dead.signal('SIGKILL')
    expect(await dead.ended).toBe('SIGKILL')
    expect(existsSync(`${tree}.sock`)).toBe(true)
    await using serving = await Serving.start([tree, ...model, '--listen', socket()])
    expect(await contentOf(serving.addresses[0]!)).toBe('content')
  })

  it('goes on when nobody reads what it prints', async () => {
    await using serving = await Serving.start([tree, ...model, '--listen', socket()])
    serving.stopReading()
    // A frame of impossible size ends its connection, which is logged.
    await new Promise<void>((resolve) => {
      const stranger = connect(`${tree}.sock`, () => stranger.write(Buffer.from('ffffffff640000', 'hex')))
      stranger.on('close', () => resolve())
      stranger.resume()
    })
    expect(await contentOf(socket())).toBe('content')
  })
})

describe('the end of a server', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by %s is exit code 0, and its socket is gone', async (signal) => {
    await using serving = await Serving.start([tree, ...model, '--listen', socket()])
    await using client = await Client.connect(serving.addresses[0]!)
    await client.attach(0)
    serving.signal(signal)
    expect(await serving.ended).toBe(0)
    expect(existsSync(`${tree}.sock`)).toBe(false)
  })

  it('answers first what has arrived, at the pace of the client', async () => {
    await using serving = await Serving.start([tree, ...model, '--listen', socket()])
    using client = await Dawdler.connect(tree)
    serving.signal('SIGTERM')
    await until(() => !existsSync(`${tree}.sock`))
    expect(await client.rest()).toBe(Dawdler.owed)
    expect(await serving.ended).toBe(0)
  })

  it('does not wait for ever for a client that reads nothing', async () => {
    await using serving = await Serving.start([tree, ...model, '--listen', socket()])
    using client = await Dawdler.connect(tree)
    serving.signal('SIGTERM')
    expect(await serving.ended).toBe(0)
    expect(client.taken).toBe(0)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('comes at once with a second signal: after %s the exit code is %i', async (signal, code) => {
    await using serving = await Serving.start([tree, ...model, '--listen', socket()])
    using client = await Dawdler.connect(tree)
    serving.signal('SIGTERM')
    await until(() => !existsSync(`${tree}.sock`))
    serving.signal(signal)
    expect(await serving.ended).toBe(code)
    expect(client.taken).toBe(0)
  })
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(5)
}

/** A client that has asked for more than a socket holds, and reads nothing of it until told to. */
class Dawdler implements Disposable {
  private static readonly reads = 3
  private static readonly count = 400_000
  /** Bytes of all replies that it has not read: size, type, tag and count before the data of each. */
  static readonly owed = Dawdler.reads * (11 + Dawdler.count)

  /** Bytes of replies that it has read. */
  taken = 0

  private constructor(private readonly socket: Socket) {}

  static async connect(tree: string): Promise<Dawdler> {
    writeFileSync(`${tree}/file`, Buffer.alloc(Dawdler.count * Dawdler.reads))
    const socket = connect(`${tree}.sock`)
    const ask = async (frame: Buffer): Promise<void> => {
      socket.write(frame)
      await once(socket, 'data')
    }
    const nUname = guestUid(0)
    await ask(encodeFrame(0xffff, 'Tversion', { msize: 1 << 20, version: '9P2000.L' }))
    await ask(encodeFrame(1, 'Tattach', { fid: 1, afid: NOFID, uname: '', aname: '', nUname }))
    await ask(encodeFrame(1, 'Twalk', { fid: 1, newfid: 2, wnames: [nameFromText('file')] }))
    await ask(encodeFrame(1, 'Tlopen', { fid: 2, flags: DOTL_RDWR }))
    socket.pause()
    const reads = Array.from({ length: Dawdler.reads }, (_, index) =>
      encodeFrame(index, 'Tread', { fid: 2, offset: index * Dawdler.count, count: Dawdler.count }),
    )
    // The server has read them when it has begun to answer.
    socket.write(Buffer.concat(reads))
    await once(socket, 'readable')
    return new Dawdler(socket)
  }

  /** Reads to the end: how many bytes came. */
  async rest(): Promise<number> {
    this.socket.on('data', (chunk: Buffer) => (this.taken += chunk.length))
    this.socket.resume()
    await once(this.socket, 'end')
    return this.taken
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

describe('without --listen', () => {
  const inTmp = `/tmp/virtfs-${process.geteuid?.() ?? 0}`

  it('the socket is named after the tree, in a directory of the runtime directory that is ours alone', async () => {
    const runtime = host.at(`runtime${made}`)
    mkdirSync(runtime)
    await using serving = await Serving.start([`${tree}/../tree${made}/`, ...model], {
      env: { XDG_RUNTIME_DIR: runtime },
    })
    expect(serving.addresses).toEqual([`unix:${runtime}/virtfs/tree${made}.sock`])
    expect(statSync(`${runtime}/virtfs`).mode & 0o7777).toBe(0o700)
    serving.signal('SIGTERM')
    expect(await serving.ended).toBe(0)
    expect(existsSync(`${runtime}/virtfs/tree${made}.sock`)).toBe(false)
  })

  it.each([
    ['there is none', {}],
    ['it is gone', { XDG_RUNTIME_DIR: '/nowhere/at/all' }],
    ['it is relative', { XDG_RUNTIME_DIR: '.' }],
  ] as const)('it is in /tmp when the runtime directory will not do: %s', async (_what, env) => {
    const name = `virtfs-test-${process.pid}-${made}`
    const named = host.at(name)
    symlinkSync(tree, named)
    await using serving = await Serving.start([named, ...model], { env })
    expect(serving.addresses).toEqual([`unix:${inTmp}/${name}.sock`])
    serving.signal('SIGTERM')
    expect(await serving.ended).toBe(0)
  })
})

it('a port that is taken is refused', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  try {
    await using refused = new Serving([tree, ...model, '--listen', `tcp:127.0.0.1:${port}`])
    expect(await refused.ended).toBe(2)
    expect(refused.stderr).toBe(
      `virtfs: Cannot listen on "tcp:127.0.0.1:${port}": EADDRINUSE (something listens there; stop it or choose another address)\n`,
    )
  } finally {
    other.close()
  }
})
