// What the flags of `virtfs serve` do to a guest, tried on the program as it is installed: one connection or two, a tree,
// and programs of the host that look at it.

import { execFileSync } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { Client } from '../../src/client/client.js'
import { RawClient } from '../../src/client/raw-client.js'
import { guestGid } from '../../src/ids.js'
import { nameFromText } from '../../src/name.js'
import { encodeFrame } from '../../src/wire/codec.js'
import { attributesAt } from '../support/host/oracle.js'
import { isRoot } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'
import { Serving } from './serving.js'

const host = new HostTree()
afterAll(() => host[Symbol.dispose]())

let tree: string
let made = 0
beforeEach(() => {
  tree = host.at(`tree ${++made}`)
  mkdirSync(tree)
  writeFileSync(`${tree}/file`, 'content')
})

const mapped = ['--security-model', 'mapped-xattr'] as const
const socket = (): string => `${host.at(`s${made}`)}`
const start = (args: readonly string[]): Promise<Serving> => Serving.start([...args, '--listen', `unix:${socket()}`])

/** Does something as a client of that uid, with a fid of the root. */
async function as<T>(uid: number, action: (client: Client, root: number) => Promise<T>): Promise<T> {
  await using client = await Client.connect({ path: socket() })
  return await action(client, await client.attach(uid))
}

const create = (uid: number, gid: number, name: string, mode = 0o640): Promise<void> =>
  as(uid, async (client, root) => {
    const fid = await client.walk(root)
    await client.call('Tlcreate', { fid, name: nameFromText(name), flags: 2, mode, gid: guestGid(gid) })
  })

const ownerShown = (name: string): Promise<string> =>
  as(0, async (client, root) => {
    const { uid, gid } = await client.call('Tgetattr', { fid: await client.walk(root, name), requestMask: 0 })
    return `${uid}:${gid}`
  })

describe("QEMU's own strings", () => {
  it('-virtfs, as it is written for QEMU, commas in paths included', async () => {
    mkdirSync(`${tree},x`)
    const string = `local,path=${`${tree},x`.replaceAll(',', ',,')},security_model=mapped-file,mount_tag=v_tmp,fmode=0604`
    await using serving = await start(['--virtfs', string])
    expect(serving.addresses).toEqual([`unix:${socket()}`])
    await create(1000, 1001, 'new')
    expect(statSync(`${tree},x/new`).mode & 0o777).toBe(0o604)
    expect(execFileSync('cat', [`${tree},x/.virtfs_metadata/new`], { encoding: 'utf8' })).toBe(
      'virtfs.uid=1000\nvirtfs.gid=1001\nvirtfs.mode=33184\n',
    )
  })

  it('-fsdev, readonly', async () => {
    await using _ = await start(['--fsdev', `local,id=fs0,path=${tree},security_model=none,readonly=on`])
    await expect(create(0, 0, 'new')).rejects.toMatchObject({ code: 'EROFS' })
  })

  it('without --listen, the socket is named for the mount tag', async () => {
    const runtime = host.at('runtime')
    mkdirSync(runtime, { mode: 0o700 })
    const string = `local,path=${tree},security_model=none,mount_tag=v_tmp`
    await using serving = await Serving.start(['--virtfs', string], { env: { XDG_RUNTIME_DIR: runtime } })
    expect(serving.addresses).toEqual([`unix:${runtime}/virtfs/v_tmp.sock`])
  })

  it('max_xattr', async () => {
    await using _ = await start(['--fsdev', `local,path=${tree},security_model=none,max_xattr=2`])
    await as(0, async (client, root) => {
      for (const newfid of [101, 102]) await client.call('Txattrwalk', { fid: root, newfid, name: '' })
      await expect(client.call('Txattrwalk', { fid: root, newfid: 103, name: '' })).rejects.toMatchObject({
        code: 'EMFILE',
      })
    })
  })
})

describe('ids', () => {
  it.runIf(isRoot)('--map-uid, --map-gid and --squash root keep a guest of passthrough to its own range', async () => {
    const range = '0:100000:65536'
    await using _ = await start([
      tree,
      ...['--security-model', 'passthrough', '--map-uid', range, '--map-gid', range, '--squash', 'root'],
    ])
    await create(1000, 1000, 'user')
    await create(0, 0, 'root')
    const owners = execFileSync('stat', ['-c', '%u:%g', `${tree}/user`, `${tree}/root`], { encoding: 'utf8' })
    expect(owners).toBe('101000:101000\n65534:65534\n')
    expect(await ownerShown('user')).toBe('1000:1000')
    // It belongs to the host's root, whom no range has.
    expect(await ownerShown('file')).toBe('65534:65534')
    await expect(create(70_000, 0, 'stranger')).rejects.toMatchObject({ code: 'EOVERFLOW' })
  })

  it('--squash all, --anon-uid and --anon-gid', async () => {
    await using _ = await start([tree, ...mapped, '--squash', 'all', '--anon-uid', '5', '--anon-gid', '6'])
    await create(1000, 1001, 'new')
    expect(await ownerShown('new')).toBe('5:6')
    expect(attributesAt(`${tree}/new`)).toMatchObject({ 'user.virtfs.uid': '05000000', 'user.virtfs.gid': '06000000' })
  })
})

describe('limits', () => {
  it('--max-fids and --max-connections', async () => {
    await using serving = await start([tree, ...mapped, '--max-fids', '2', '--max-connections', '1'])
    await using client = await Client.connect({ path: socket() })
    const root = await client.attach(0)
    await client.walk(root)
    await expect(client.walk(root)).rejects.toMatchObject({ code: 'EMFILE' })
    await expect(create(0, 0, 'new')).rejects.toThrow()
    await serving.until(({ stderr }) => stderr.includes('--max-connections'))
    expect(serving.stderr).toMatch(/^virtfs: connection \d+: refused: there are 1 already \(--max-connections\)$/m)
  })

  it('--throttling.bps-write: what is beyond the limit waits, other messages do not', async () => {
    // A tenth of a second's worth may burst; then ten seconds pass for the next bytes.
    await using _ = await start([tree, ...mapped, '--throttling.bps-write', '1000'])
    await as(0, async (client, root) => {
      const fid = await client.walk(root, 'file')
      await client.call('Tlopen', { fid, flags: 1 })
      await client.call('Twrite', { fid, offset: 0, data: Buffer.alloc(100_000) })
      let isDone = false
      const write = client.call('Twrite', { fid, offset: 0, data: Buffer.alloc(10) }).then(
        () => (isDone = true),
        () => undefined,
      )
      for (let count = 0; count < 100; count += 1) await client.call('Tgetattr', { fid: root, requestMask: 0 })
      expect(isDone).toBe(false)
      void write
    })
  })

  it('--msize, which a client is told', async () => {
    await using _ = await start([tree, ...mapped, '--msize', '8192'])
    await using client = await Client.connect({ path: socket() }, { msize: 65_536 })
    expect(client.msize).toBe(8192)
  })
})

describe('looking on', () => {
  it('--trace prints each message as a line of JSON', async () => {
    await using serving = await start([tree, ...mapped, '--trace'])
    await create(1000, 1001, 'gr\xfc\xdfe')
    await serving.until(({ stderr }) => stderr.includes('"Rlcreate"'))
    const lines = serving.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { message: string; connection: number })
    expect(lines.slice(0, 4).map(({ message }) => message)).toEqual(['Tversion', 'Rversion', 'Tattach', 'Rattach'])
    expect(lines.find(({ message }) => message === 'Tlcreate')).toMatchObject({
      name: 'grüße',
      gid: 1001,
      connection: 1,
    })
  })

  it('--metrics answers Prometheus', async () => {
    const path = host.at('metrics')
    await using serving = await start([tree, ...mapped, '--metrics', `unix:${path}`])
    expect(serving.stderr).toContain(`metrics unix:${path}\n`)
    await create(1000, 1001, 'new')
    await create(1000, 1001, 'another')
    const text = await new Promise<string>((resolve, reject) => {
      let body = ''
      request({ socketPath: path, path: '/metrics' }, (response) =>
        response.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => resolve(body)),
      )
        .on('error', reject)
        .end()
    })
    expect(text).toContain('virtfs_requests_total{type="Tlcreate",errno="OK"} 2\n')
    expect(text).toContain('virtfs_connections_accepted_total 2\n')
  })

  it('--log-level decides how much is said', async () => {
    for (const [level, expected] of [
      ['error', []],
      ['warn', ['connection 1: ended: Cannot accept frame: EMSGSIZE size=0 limit=1048576']],
      [
        'info',
        [
          'connection 1: accepted',
          'connection 1: ended: Cannot accept frame: EMSGSIZE size=0 limit=1048576',
          'connection 1: closed',
        ],
      ],
    ] as const) {
      await using serving = await start([tree, ...mapped, '--log-level', level])
      {
        await using raw = await RawClient.connect({ path: socket() })
        raw.send(Buffer.alloc(8))
        expect(await raw.nextFrame()).toBeUndefined()
      }
      if (level === 'info') await serving.until(({ stderr }) => stderr.includes('closed'))
      if (level === 'warn') await serving.until(({ stderr }) => stderr.includes('ended'))
      expect(serving.stderr.split('\n').filter((line) => line.startsWith('virtfs: '))).toEqual(
        expected.map((line) => `virtfs: ${line}`),
      )
      serving.signal('SIGTERM')
      await serving.ended
    }
  })
})

describe('sockets', () => {
  /** Makes a listening socket, or a pair of connected ones, as descriptor 5 of the command behind it. */
  const inherit = (perl: string): string[] => [
    'perl',
    '-MSocket',
    '-MPOSIX',
    '-e',
    `${perl} $^F = 10; POSIX::dup2(fileno $s, 5); exec @ARGV`,
    '--',
  ]

  it('fd:N that listens', async () => {
    const path = socket()
    const starter = inherit(
      `socket my $s, AF_UNIX, SOCK_STREAM, 0; bind $s, pack_sockaddr_un('${path}'); listen $s, 5;`,
    )
    await using serving = new Serving([tree, ...mapped, '--listen', 'fd:5'], {}, starter)
    await serving.until(({ stdout, stderr }) => stdout.includes('listening fd:5\n') && stderr.includes(path))
    await create(1000, 1001, 'new')
    serving.signal('SIGTERM')
    expect(await serving.ended).toBe(0)
  })

  it('fd:N that is connected: served, and at its end the server ends', async () => {
    const path = socket()
    // A client that waits for the reply to its Tversion, prints it and leaves.
    const version = encodeFrame(0xffff, 'Tversion', { msize: 8192, version: '9P2000.L' }).toString('hex')
    const starter = inherit(
      `socketpair my $s, my $c, AF_UNIX, SOCK_STREAM, 0;
       if (fork == 0) { syswrite $c, pack('H*', '${version}'); sysread $c, my $r, 21;
         open my $f, '>', '${path}'; print $f unpack 'H*', $r; close $f; exit } close $c;`,
    )
    await using serving = new Serving([tree, ...mapped, '--listen', 'fd:5'], {}, starter)
    expect(await serving.ended).toBe(0)
    expect(serving.stdout).toBe('listening fd:5\n')
    expect(execFileSync('cat', [path], { encoding: 'utf8' })).toBe(
      encodeFrame(0xffff, 'Rversion', { msize: 8192, version: '9P2000.L' }).toString('hex'),
    )
  })

  it('those that a service manager hands over are used before any default, and besides what is asked for', async () => {
    const path = socket()
    const further = host.at(`further${made}`)
    const starter = ['perl', '-MSocket', '-e']
    const script = `$^F = 10; socket my $s, AF_UNIX, SOCK_STREAM, 0; bind $s, pack_sockaddr_un('${path}'); listen $s, 5;
      use POSIX; POSIX::dup2(fileno $s, 3); $ENV{LISTEN_FDS} = 1; $ENV{LISTEN_PID} = $$; exec @ARGV`
    for (const [flags, lines] of [
      [[], 'listening fd:3\n'],
      [['--listen', `unix:${further}`], `listening fd:3\nlistening unix:${further}\n`],
      [['--listen', 'fd:3'], 'listening fd:3\n'],
    ] as const) {
      await using serving = new Serving([tree, ...mapped, ...flags], {}, [...starter, script, '--'])
      await serving.until(({ stderr }) => stderr.includes(` ${path} /mnt`))
      expect(serving.stdout).toBe(lines)
      await create(1000, 1001, 'new')
      serving.signal('SIGTERM')
      await serving.ended
      execFileSync('rm', ['-f', path])
    }
  })

  it.runIf(isRoot)('--allow-uid lets that user in, whom the kernel names, and nobody else', async () => {
    const connectAs = (uid: number): string => {
      const program = `$SIG{PIPE} = 'IGNORE'; socket my $s, AF_UNIX, SOCK_STREAM, 0; connect $s, pack_sockaddr_un('${socket()}') or exit 7;
        syswrite $s, pack('H*', '1500000064ffff0000020008003950323030302e4c'); sysread $s, my $r, 4; print unpack 'H*', $r`
      try {
        return execFileSync('perl', ['-MSocket', '-e', program], { uid, gid: uid, encoding: 'utf8' })
      } catch (cause) {
        return `exit ${(cause as { status: number }).status}`
      }
    }
    execFileSync('chmod', ['755', host.path])
    {
      await using _ = await start([tree, ...mapped])
      expect(statSync(socket()).mode & 0o777).toBe(0o600)
      expect(connectAs(1234)).toBe('exit 7')
    }
    made += 1
    await using serving = await start([tree, ...mapped, '--allow-uid', '1234', '--allow-uid', '1235'])
    expect(statSync(socket()).mode & 0o777).toBe(0o666)
    expect([connectAs(1234), connectAs(1235), connectAs(1236)]).toEqual(['15000000', '15000000', ''])
    await serving.until(({ stderr }) => stderr.includes('uid 1236 '))
  })

  it('a socket of a path that a shell would take apart is quoted in the mount command', async () => {
    const path = `${host.at('with space')}'s`
    await using serving = await Serving.start([tree, ...mapped, '--listen', `unix:${path}`])
    const [, quoted = ''] = /access=client (.*) \/mnt\n$/.exec(serving.stderr) ?? []
    expect(execFileSync('sh', ['-c', `printf %s ${quoted}`], { encoding: 'utf8' })).toBe(path)
  })
})
