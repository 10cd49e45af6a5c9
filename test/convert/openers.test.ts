// Who has a tree open, told by /proc of real processes: shells, a QEMU, processes in mount namespaces of their own.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Opener, openersOf } from '../../src/convert/openers.js'
import { placesOf } from '../../src/convert/places.js'
import { utf8Of } from '../../src/printable.js'
import type { Mount } from '../../src/sys/mounts.js'
import { openTree } from '../../src/sys/open.js'
import { which } from '../support/guest/requirements.js'
import { describeWhereFound } from '../support/guest/suite.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { canMount, mountTmpfs } from '../support/host/mounts.js'
import { asNobody, isRoot } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'
import { QemuPeer } from '../support/qtest/qemu-peer.js'

let tree: HostTree
let started: ChildProcess[]
beforeEach(() => {
  tree = new HostTree()
  started = []
  mkdirSync(tree.at('exported/below'), { recursive: true })
  writeFileSync(tree.at('exported/below/file'), '')
  mkdirSync(tree.at('exported-not'))
  writeFileSync(tree.at('exported-not/file'), '')
})
afterEach(async () => {
  for (const child of started) {
    if (child.exitCode !== null) continue
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  tree[Symbol.dispose]()
})

/** Who has `exported` open. */
function openers(path = 'exported', limit?: number): Opener[] {
  using root = openTree(utf8Of(tree.at(path)))
  return openersOf(root, limit)
}

/** Starts a program that prints its number when it is ready, and then waits for its input to end. */
async function start(program: string, ...argv: readonly string[]): Promise<number> {
  const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/' })
  started.push(child)
  const [said] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [Buffer | number | null]
  if (!(said instanceof Buffer)) throw new Error(`Cannot start ${program}: it ended with ${String(said)}`)
  return Number(said.toString())
}

/** Has bash do something, in which $1 is the directory above the trees, and wait; it is started through other programs. */
function bash(script: string, ...through: readonly string[]): Promise<number> {
  const [program = '', ...rest] = [...through, 'bash', '-c', `${script}\necho $$; read`, 'bash', tree.path]
  return start(program, ...rest)
}

describe('counts', () => {
  it.each([
    ['a file below', 'exec 9<"$1/exported/below/file"', 'exported/below/file'],
    ['a file that is written to', 'exec 9>"$1/exported/below/new"', 'exported/below/new'],
    ['the root', 'exec 9<"$1/exported"', 'exported'],
    ['a directory below', 'exec 9<"$1/exported/below"', 'exported/below'],
  ])('%s', async (_what, script, path) => {
    const pid = await bash(script)
    expect(openers()).toEqual([{ pid, command: 'bash', path: utf8Of(tree.at(path)) }])
  })

  it('a file that was moved since, wherever it was opened', async () => {
    const pid = await bash('exec 9<"$1/exported-not/file"')
    expect(openers()).toEqual([])
    renameSync(tree.at('exported-not/file'), tree.at('exported/moved'))
    expect(openers().map((opener) => opener.pid)).toEqual([pid])
  })

  it('a tree by the path that it has, not by the one that it is asked for', async () => {
    symlinkSync('exported', tree.at('link'))
    const pid = await bash('exec 9<"$1/exported/below/file"')
    expect(openers('link').map((opener) => opener.pid)).toEqual([pid])
  })

  it('names that are no text, as bytes; the name of the program is printable', async () => {
    const pid = await bash(`printf 'a\\033b' > /proc/$$/comm; exec 9>"$1/exported/"$'\\xff\\n'`)
    expect(openers()).toEqual([{ pid, command: 'a\\x1bb', path: utf8Of(tree.at('exported')) + '/\xff\n' }])
  })
})

describe('does not count', () => {
  it.each([
    ['a shell that stands in the tree', 'cd "$1/exported/below"'],
    ['a neighbour with a name that begins alike', 'exec 9<"$1/exported-not/file"'],
    ['the directory above', 'exec 9<"$1"'],
  ])('%s', async (_what, script) => {
    await bash(script)
    expect(openers()).toEqual([])
  })

  it('this process itself', () => {
    using _below = openTree(utf8Of(tree.at('exported/below')))
    expect(openers()).toEqual([])
  })

  it.runIf(isRoot)('what one may not know', async () => {
    chmodSync(tree.path, 0o755)
    const pid = await bash('exec 9<"$1/exported/below/file"')
    expect(openers().map((opener) => opener.pid)).toEqual([pid])
    expect(asNobody(openers)).toEqual([])
  })
})

it('no more are told than asked for', async () => {
  const pids = [
    await bash('exec 9<"$1/exported"'),
    await bash('exec 9<"$1/exported"'),
    await bash('exec 9<"$1/exported"'),
  ]
  expect(openers('exported', 2)).toHaveLength(2)
  expect(
    openers('exported', 3)
      .map((opener) => opener.pid)
      .sort(),
  ).toEqual([...pids].sort())
})

it('processes that come and go meanwhile are no trouble', async () => {
  const pid = await bash('exec 9<"$1/exported"')
  await bash('(while kill -0 $$; do /bin/true; done) 2>/dev/null >&2 &')
  const before = openDescriptors()
  for (let round = 0; round < 20; round++) expect(openers().map((opener) => opener.pid)).toContain(pid)
  expect(openDescriptors()).toEqual(before)
})

describe.runIf(canMount)('where mounts differ', () => {
  it('a file counts that is opened by another path to the same tree', async () => {
    mkdirSync(tree.at('other'))
    execFileSync('mount', ['--bind', tree.at('exported/below'), tree.at('other')])
    try {
      const pid = await bash('exec 9<"$1/other/file"')
      expect(openers()).toEqual([{ pid, command: 'bash', path: utf8Of(tree.at('other/file')) }])
    } finally {
      execFileSync('umount', ['-l', tree.at('other')])
    }
  })

  it('a file counts that a process in another mount namespace has open, by the path that it has there', async () => {
    mkdirSync(tree.at('container'))
    const pid = await bash(
      'mount --bind "$1/exported" "$1/container"; exec 9<"$1/container/below/file"',
      ...['unshare', '-m'],
    )
    expect(openers()).toEqual([{ pid, command: 'bash', path: utf8Of(tree.at('container/below/file')) }])
  })

  it('a file does not count that is at the same path in another mount namespace', async () => {
    await bash(
      'mount -t tmpfs none "$1/exported"; echo > "$1/exported/file"; exec 9<"$1/exported/file"',
      'unshare',
      '-m',
    )
    expect(openers()).toEqual([])
  })

  it('the root counts for a process that is shut up in another directory', async () => {
    mkdirSync(tree.at('jail'))
    const enter = 'chdir "$ARGV[0]/jail"; chroot "." or die; $| = 1; print "$$\\n"; <STDIN>'
    const script = 'exec 9<"$1/exported"; exec perl -e "$0" "$1"'
    const pid = await start('unshare', '-m', 'sh', '-c', script, enter, tree.path)
    expect(openers()).toMatchObject([{ pid, command: 'perl' }])
  })

  it('a tree that is a file system of its own is found below any path', async () => {
    using _mounted = mountTmpfs(tree.at('own'))
    writeFileSync(tree.at('own/file'), '')
    const pid = await bash('exec 9<"$1/own/file"')
    expect(openers('own').map((opener) => opener.pid)).toEqual([pid])
    expect(openers()).toEqual([])
    unlinkSync(tree.at('own/file'))
  })
})

const qemu = which('qemu-system-x86_64')

describeWhereFound(
  'a QEMU',
  { kind: 'openers', missing: qemu === undefined ? ['qemu-system-x86_64'] : [], timeout: 60_000 },
  () => {
    it('counts, which exports the tree', async () => {
      await using peer = await QemuPeer.start(qemu!, { path: tree.at('exported'), securityModel: 'mapped-xattr' })
      expect(openers()).toEqual([
        { pid: peer.pid, command: expect.stringMatching(/^qemu-system/) as string, path: utf8Of(tree.at('exported')) },
      ])
    })
  },
)

describe('a directory is seen', () => {
  const mount = (dev: number, root: string, path: string): Mount => ({ id: 7, dev, root, path })

  it.each([
    ['where its file system is mounted', mount(1, '/', '/mnt'), ['/mnt/srv/tree']],
    ['where it is /', mount(1, '/', '/'), ['/srv/tree']],
    ['where a directory above is mounted', mount(1, '/srv', '/mnt'), ['/mnt/tree']],
    ['where it is mounted itself', mount(1, '/srv/tree', '/mnt'), ['/mnt']],
    ['where it is the root directory', mount(1, '/srv/tree', '/'), ['/']],
    ['in part, where a directory below is mounted', mount(1, '/srv/tree/below', '/mnt'), ['/mnt']],
    ['not where a neighbour is', mount(1, '/srv/tree2', '/mnt'), []],
    ['not where another file system is', mount(2, '/', '/mnt'), []],
  ])('%s', (_where, where, places: readonly string[]) => {
    expect(placesOf({ dev: 1, path: '/srv/tree' }, [where])).toEqual(places.map((path) => ({ path, mount: 7 })))
  })

  it('is the whole file system, wherever that is seen', () => {
    expect(
      placesOf({ dev: 1, path: '/' }, [mount(1, '/', '/mnt'), mount(1, '/some', '/')]).map((place) => place.path),
    ).toEqual(['/mnt', '/'])
  })
})
