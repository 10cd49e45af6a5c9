// What `virtfs serve` refuses: one line, exit code 2, and nothing changed, neither in the tree nor beside it.

import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import Serve from '../../commands/serve.js'
import { tryFlock } from '../../src/sys/lock.js'
import { openTree } from '../../src/sys/open.js'
import { isRoot, whileNobody } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'
import { snapshot } from '../support/snapshot.js'
import { ViewedTree } from '../support/viewed-tree.js'
import { type Outcome, run } from './run.js'
import { Serving } from './serving.js'

const host = new HostTree()
const tree = host.at('tree')
const model = ['--security-model', 'mapped-xattr'] as const
const servers: Server[] = []

beforeAll(async () => {
  mkdirSync(tree)
  writeFileSync(`${tree}/file`, 'content')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(host.at('alive.sock'), resolve))
  servers.push(server)
})
afterAll(() => {
  for (const server of servers) server.close()
  host[Symbol.dispose]()
})

/** Runs into a refusal, and makes sure that it left no trace. */
async function refused(...argv: readonly string[]): Promise<Outcome> {
  const before = snapshot(host.path)
  const outcome = await run(Serve, argv)
  expect(snapshot(host.path)).toEqual(before)
  return outcome
}

const refusal = (line: string): Outcome => ({ stdout: '', stderr: `virtfs: ${line}\n`, exitCode: 2 })

const withNothing =
  'no user.virtfs attributes and no .virtfs_metadata on 2 objects, which belong to one user of the host'
const notAnAddress = 'not an address (write unix:PATH, tcp:HOST:PORT or fd:N)'
const notLoopback =
  'not a loopback address (9P has no authentication; use 127.0.0.1 or a unix socket, or insist with --allow-remote)'
const onlyMapped = 'it is only valid for the mapped security models'
const help = '(see virtfs serve --help)'

describe('a tree', () => {
  it.each([
    ['that does not exist', [host.at('nothing'), ...model], 'ENOENT (there is no such directory)'],
    ['that is a file', [`${tree}/file`, ...model], 'ENOTDIR (name the exported directory, not a file)'],
    [
      'whose file system keeps no user attributes, under mapped-xattr',
      ['/proc/self/fd', ...model],
      'EOPNOTSUPP (its file system keeps no user attributes; use --security-model mapped-file)',
    ],
  ])('%s', async (_what, argv, why) => {
    expect(await refused(...argv)).toEqual(refusal(`Cannot serve "${argv[0]}": ${why}`))
  })

  it('that may not be read by who serves it', async () => {
    const closed = host.at('closed')
    mkdirSync(closed, { mode: 0o700 })
    if (isRoot) chownSync(closed, 0, 0)
    else chmodSync(closed, 0)
    const line = refusal(`Cannot serve "${closed}": EACCES (run as the tree's owner)`)
    if (!isRoot) expect(await refused(closed, ...model)).toEqual(line)
    else expect(await whileNobody(() => run(Serve, [closed, ...model]))).toEqual(line)
    chmodSync(closed, 0o700)
  })

  it('that a conversion holds', async () => {
    using held = openTree(tree)
    expect(tryFlock(held, 'exclusive')).toBe(true)
    const line = `Cannot serve "${tree}": EBUSY (a conversion holds this tree; wait for it, or resume it)`
    expect(await refused(tree, ...model)).toEqual(refusal(line))
  })

  it('that is not given, or given twice', async () => {
    expect(await refused(...model)).toEqual(refusal(`Cannot run serve: no TREE given ${help}`))
    expect(await refused(tree, 'b', ...model)).toEqual(refusal(`Cannot use "b": one argument is enough ${help}`))
  })
})

describe('no security model, naming the one that the tree looks like', () => {
  const line = (path: string, sentence: string): Outcome =>
    refusal(`Cannot serve "${path}": no --security-model given; the tree ${sentence}`)

  it('passthrough, where nothing is stored', async () => {
    expect(await refused(tree)).toEqual(line(tree, `looks like passthrough (guess: ${withNothing})`))
  })

  it.each(['mapped-xattr', 'mapped-file'] as const)('%s, where a guest was', async (name) => {
    using viewed = new ViewedTree(name)
    viewed.write('file')
    viewed.releaseAll()
    const before = snapshot(viewed.path)
    const { stderr, exitCode } = await run(Serve, [viewed.path])
    expect(stderr).toMatch(
      new RegExp(
        `^virtfs: Cannot serve "[^"]+": [^\\n]*; the tree looks like ${name} \\((certain|likely): [^\\n]+\\)\\n$`,
      ),
    )
    expect(exitCode).toBe(2)
    expect(snapshot(viewed.path)).toEqual(before)
  })

  it('any, where nothing is', async () => {
    using empty = new HostTree()
    expect(await refused(empty.path)).toEqual(line(empty.path, 'is empty and fits any model'))
  })

  it('but not before there is a tree', async () => {
    const line = `Cannot serve "${host.at('nothing')}": ENOENT (there is no such directory)`
    expect(await refused(host.at('nothing'))).toEqual(refusal(line))
  })
})

describe('an address', () => {
  const cases: readonly (readonly [address: string, why: string])[] = [
    ['nonsense', notAnAddress],
    ['tcp:127.0.0.1', notAnAddress],
    ['tcp:127.0.0.1:65536', notAnAddress],
    ['fd:', notAnAddress],
    ['fd:x', notAnAddress],
    ['tcp:0.0.0.0:5640', notLoopback],
    ['tcp:[::]:5640', notLoopback],
    ['tcp:192.0.2.1:5640', notLoopback],
    ['unix:', 'no path (write unix:/run/virtfs.sock)'],
    [`unix:/${'x'.repeat(107)}`, "ENAMETOOLONG (a socket's path has at most 107 bytes)"],
    [`unix:${tree}/file`, 'EEXIST (something that is no socket has this name; remove it or choose another path)'],
    [`unix:${tree}`, 'EEXIST (something that is no socket has this name; remove it or choose another path)'],
    [`unix:${host.at('alive.sock')}`, 'EADDRINUSE (a server is listening there; stop it or choose another path)'],
  ]
  it.each(cases)('%s', async (address, why) => {
    const line = `Cannot listen on "${address}": ${why}`
    expect(await refused(tree, ...model, '--listen', address)).toEqual(refusal(line))
  })

  it('of a descriptor that nobody left open', async () => {
    const line = 'Cannot serve on "fd:9999": EBADF (nothing is open there)'
    expect(await refused(tree, ...model, '--listen', 'fd:9999')).toEqual(refusal(line))
  })

  it('that fails after another one worked: neither is left', async () => {
    const argv = [tree, ...model, '--listen', `unix:${host.at('first.sock')}`, '--listen', `unix:${tree}/file`]
    expect((await refused(...argv)).exitCode).toBe(2)
    expect(existsSync(host.at('first.sock'))).toBe(false)
  })

  it('that the server itself listens on already', async () => {
    const address = `unix:${host.at('twice.sock')}`
    const { exitCode, stdout } = await refused(tree, ...model, '--listen', address, '--listen', address)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  })
})

describe('a flag', () => {
  const cases: readonly (readonly [argv: readonly string[], line: string])[] = [
    [[...model, '--fmode', '0999'], 'Cannot use --fmode 0999: not octal permissions from 0000 to 0777'],
    [[...model, '--dmode', '01777'], 'Cannot use --dmode 01777: not octal permissions from 0000 to 0777'],
    [[...model, '--fmode', '0x1ff'], 'Cannot use --fmode 0x1ff: not octal permissions from 0000 to 0777'],
    [[...model, '--fmode', ''], 'Cannot use --fmode : not octal permissions from 0000 to 0777'],
    [['--security-model', 'none', '--dmode', '0755'], `Cannot use --dmode with none: ${onlyMapped}`],
    [['--security-model', 'passthrough', '--fmode', '0644'], `Cannot use --fmode with passthrough: ${onlyMapped}`],
    [[...model, '--msize', '4095'], 'Cannot use --msize 4095: not a number of bytes from 4096 to 1048576'],
    [[...model, '--msize', '1048577'], 'Cannot use --msize 1048577: not a number of bytes from 4096 to 1048576'],
    [[...model, '--msize', '64K'], 'Cannot use --msize 64K: not a number of bytes from 4096 to 1048576'],
    [[...model, '--map-uid', '0:1'], 'Cannot use --map-uid 0:1: not GUEST:HOST:COUNT (write --map-uid 0:100000:65536)'],
    [
      [...model, '--map-gid', '0:0:2', '--map-gid', '5:1:1'],
      'Cannot use --map-gid 0:0:2 with --map-gid 5:1:1: both have host id 1',
    ],
    [
      [...model, '--anon-uid', '5'],
      'Cannot use --anon-uid without --squash root or --squash all: nobody would be anonymous',
    ],
    [
      [...model, '--squash', 'all', '--anon-gid', 'nobody'],
      'Cannot use --anon-gid nobody: not an id from 0 to 4294967294',
    ],
    [[...model, '--allow-uid', 'alice'], 'Cannot use --allow-uid alice: not an id from 0 to 4294967294'],
    [[...model, '--max-fids', '0'], 'Cannot use --max-fids 0: not a number of fids from 1 to 16777216'],
    [
      [...model, '--max-connections', 'x'],
      'Cannot use --max-connections x: not a number of connections from 1 to 10000',
    ],
    [[...model, '--max-inflight', '-1'], 'Cannot use --max-inflight -1: not a number of requests from 1 to 65535'],
    [[...model, '--idle-timeout', '0'], 'Cannot use --idle-timeout 0: not a number of seconds from 1 to 10000000'],
    [[...model, '--metrics', 'fd:5'], 'Cannot use --metrics fd:5: write unix:PATH or tcp:HOST:PORT'],
    [[...model, '--metrics', 'tcp:0.0.0.0:9'], `Cannot listen on "tcp:0.0.0.0:9": ${notLoopback}`],
    [[...model, '--throttling.bps-total', '1M'], 'Cannot use --throttling.bps-total 1M: not a decimal number'],
    [
      [...model, '--throttling.iops-size', '4096'],
      'Cannot use --throttling.iops-size 4096: no number of requests is limited (add --throttling.iops-total)',
    ],
    [[...model, '--json'], `Cannot use --json: there is no such flag ${help}`],
  ]
  it.each(cases)('%j', async (argv, line) => {
    expect(await refused(tree, ...argv)).toEqual(refusal(line))
  })

  const string = `local,path=${tree},security_model=mapped,mount_tag=tag`
  const strings: readonly (readonly [argv: readonly string[], line: string])[] = [
    [['--virtfs', string, tree], `Cannot use "${tree}" with --virtfs: its string says all of the tree`],
    [
      ['--virtfs', string, '--readonly', '--throttling.iops-read', '5'],
      'Cannot use --readonly, --throttling.iops-read with --virtfs: its string says all of the tree',
    ],
    [['--virtfs', string, '--fsdev', string], 'Cannot use --fsdev with --virtfs: its string says all of the tree'],
    [
      ['--fsdev', `local,path=${tree},security_model=none,fmode=0600`],
      'Cannot use fmode with none in --fsdev: it is only valid for the mapped security models',
    ],
    [['--virtfs', `proxy,${string}`], ''],
    [
      ['--fsdev', 'local,path=/nowhere,security_model=none'],
      'Cannot serve "/nowhere": ENOENT (there is no such directory)',
    ],
  ]
  it.each(strings)('%j', async (argv, line) => {
    const outcome = await refused(...argv)
    if (line === '') expect(outcome).toMatchObject({ stdout: '', exitCode: 2 })
    else expect(outcome).toEqual(refusal(line))
  })

  it.each([
    ['--security-model', 'mapped-files', 'mapped-xattr'],
    ['--squash', 'some', 'root'],
    ['--multidevs', 'remember', 'remap'],
    ['--writeout', 'later', 'immediate'],
    ['--log-level', 'loud', 'warn'],
  ])('%s %s, naming what there is', async (flag, value, choice) => {
    const argv = flag === '--security-model' ? [flag, value] : [...model, flag, value]
    const { stderr, exitCode } = await refused(tree, ...argv)
    expect(stderr).toMatch(new RegExp(`^virtfs: Cannot read the command line: [^\n]*${value}[^\n]*${choice}[^\n]*\n$`))
    expect(exitCode).toBe(2)
  })
})

describe('a default directory for sockets', () => {
  const surroundings: readonly (readonly [what: string, plant: (path: string) => void, why: string])[] = [
    ['that is a symlink', (path) => symlinkSync(host.at('tree'), path), 'it is a symlink'],
    ['that is a file', (path) => writeFileSync(path, ''), 'it is no directory'],
    [
      'that others may write to',
      (path) => {
        mkdirSync(path)
        chmodSync(path, 0o777)
      },
      'others may write to it',
    ],
  ]
  it.each(surroundings)('%s', async (what, plant, why) => {
    const runtime = host.at(`runtime ${what}`)
    mkdirSync(runtime)
    plant(`${runtime}/virtfs`)
    const before = snapshot(host.path)
    await using refused = new Serving([tree, ...model], { env: { XDG_RUNTIME_DIR: runtime } })
    expect(await refused.ended).toBe(2)
    expect(refused.stderr).toBe(
      `virtfs: Cannot listen in "${runtime}/virtfs": EPERM (${why}; remove it, or choose another place with --listen unix:PATH)\n`,
    )
    expect(refused.stdout).toBe('')
    expect(snapshot(host.path)).toEqual(before)
  })

  it('is not left behind by a server that was refused', async () => {
    const runtime = host.at('fresh')
    mkdirSync(runtime)
    await using refused = new Serving([tree, ...model, '--msize', '1'], { env: { XDG_RUNTIME_DIR: runtime } })
    expect(await refused.ended).toBe(2)
    expect(readdirSync(runtime)).toEqual([])
  })
})
