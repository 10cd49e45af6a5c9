// `virtfs ls` of trees that keep a guest's ownership beside the files: what is listed is the guest's, and in the tree.

import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import Ls from '../../commands/ls.js'
import Stat from '../../commands/stat.js'
import { type GuestEntry, readGuestView } from '../../fixtures/guest-view.js'
import { removeTree } from '../../fixtures/remove-tree.js'
import { restoreTree } from '../../fixtures/restore.js'
import { treesDirectory } from '../../fixtures/trees-directory.js'
import { modeLetters } from '../../src/inspect/file-type.js'
import { printable, utf8Of } from '../../src/printable.js'
import { setxattr } from '../../src/sys/xattr.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { isRoot, nobody } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'
import { snapshot } from '../support/snapshot.js'
import { ViewedTree } from '../support/viewed-tree.js'
import { type Outcome, run, shell, virtfs } from './run.js'

const ls = (...argv: readonly string[]): Promise<Outcome> => run(Ls, argv)
const lines = (text: string): string[] => text.split('\n').slice(0, -1)

async function listed(...argv: readonly string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await ls(...argv)
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  return lines(stdout)
}

describe.each(['mapped-xattr', 'mapped-file'] as const)('the tree that a guest made through QEMU, %s', (model) => {
  const recording = join(treesDirectory, model)
  const { entries } = readGuestView(join(recording, 'guest-view.jsonl'))
  const letters = { file: 0o100000, directory: 0o040000, symlink: 0o120000, char: 0o020000, block: 0o060000 }
  const types: Readonly<Record<string, number>> = { ...letters, fifo: 0o010000, socket: 0o140000, unknown: 0 }
  let root: string

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'virtfs-recorded-'))
    restoreTree(recording, root)
  })
  afterAll(() => removeTree(root))

  /** What both tell: of directories, links and sizes are the host file system's. */
  function toldByGuest({ path, type, mode, uid, gid, rdev, size, nlink, target, xattrs }: GuestEntry): string {
    const isDirectory = type === 'directory'
    const hasAcl = Object.keys(xattrs).some((name) => name.startsWith('system.posix_acl_'))
    return [
      modeLetters(types[type]! | Number.parseInt(mode, 8)) + (hasAcl ? '+' : ''),
      isDirectory ? '*' : nlink,
      uid,
      gid,
      rdev?.replace(':', ', ') ?? size ?? '*',
      printable(path) + (target === null ? '' : ` -> ${printable(target)}`),
    ].join(' ')
  }

  it('is to the last entry what the guest saw, in the order of bytes', async () => {
    const found: string[] = []
    let directory = ''
    let previous = ''
    for (const line of await listed('-lanR', '--root', root, root)) {
      if (line.startsWith(root)) directory = line.slice(root.length + 1, -1)
      const row = /^([^ t]\S+) +(\d+) +(\d+) +(\d+) +(\d+, +\d+|\d+) .{12} (.*)$/.exec(line)
      if (row === null) {
        expect(line).toMatch(/^(total \d+|\/.*:|)$/)
        previous = ''
        continue
      }
      const [, mode = '', nlink, uid, gid, size, name = ''] = row
      if (name === '.' || name === '..') continue
      const isDirectory = mode.startsWith('d')
      const path = directory === '' ? name : `${directory}/${name}`
      const sizes = isDirectory ? ['*', '*'] : [nlink, size?.replace(/, +/, ', ')]
      found.push([mode, sizes[0], uid, gid, sizes[1], Buffer.from(path, 'latin1').toString('utf8')].join(' '))
      // Where nothing has to be escaped, what is printed is in the order of bytes.
      if (!`${previous}${name}`.includes('\\x')) expect(previous <= name).toBe(true)
      previous = name.replace(/ -> .*/, '')
    }
    const expected = entries.filter(({ path }) => path !== '').map(toldByGuest)
    expect(found.sort()).toEqual(expected.sort())
  })

  it('has in every directory the names that the guest saw, and with -a two more', async () => {
    for (const directory of ['', 'names', 'many', 'acls']) {
      const prefix = directory === '' ? '' : `${directory}/`
      const names = entries
        .map(({ path }) => path)
        .filter((path) => path !== '' && path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
        .map((path) => path.slice(prefix.length))
      const shown = ['.', '..', ...names].sort().map((name) => utf8Of(printable(name)))
      expect(await listed('-a', `${root}/${directory}`)).toEqual(shown)
    }
  })
})

describe.each(['mapped-xattr', 'mapped-file'] as const)('a tree in %s', (model) => {
  let tree: ViewedTree
  const at = (name: string): string => `${tree.path}/${name}`

  beforeAll(() => {
    tree = new ViewedTree(model)
    tree.mkdir('etc')
    tree.write('etc/passwd', 'guest:x:1000:1000::/:/bin/sh\n', 0o644)
    tree.write('etc/group', 'guests:x:1001:\n', 0o644)
    tree.mkdir('home', 0o755)
    tree.write('home/file', 'content', 0o4711)
    tree.mknod('home/tty', 0o020620, { major: 4, minor: 64 })
    tree.symlink('/etc', 'absolute')
    tree.symlink('home', 'relative')
    tree.symlink('../../../etc', 'home/beyond')
    tree.symlink('nowhere', 'dangling')
    tree.symlink(tree.outside, 'outside')
    symlinkSync(tree.outside, at('planted'))
    writeFileSync(at('home/from the host'), '')
    tree.releaseAll()
  })
  afterAll(() => tree[Symbol.dispose]())

  it("shows the guest's owners, by the tree's own names, by numbers, or as the host would", async () => {
    const rows = await listed('-l', at('home'))
    expect(rows.find((row) => row.endsWith(' file'))).toMatch(/^-rws--x--x 1 guest +guests +7 /)
    expect(rows.find((row) => row.endsWith(' tty'))).toMatch(/^crw--w---- 1 guest +guests +4, 64 /)
    expect((await listed('-n', at('home'))).find((row) => row.endsWith(' file'))).toMatch(/ 1000 +1001 +7 /)
    expect((await listed('-l', '--names', 'none', at('home'))).find((row) => row.endsWith(' file'))).toMatch(
      / 1000 +1001 +7 /,
    )
  })

  it('shows no record of the model, with -a either, and has nothing above it', async () => {
    expect(await listed('-a', tree.path)).toEqual(
      ['.', '..', 'absolute', 'dangling', 'etc', 'home', 'outside', 'planted', 'relative'].sort(),
    )
    const [, self = '', parent = ''] = await listed('-lan', '--root', tree.path, tree.path)
    expect(self.replace(/\.$/, '..')).toBe(parent)
    if (model === 'mapped-file') expect((await ls('-a', at('.virtfs_metadata'))).stderr).toContain('EINVAL')
  })

  it('an operand that is a symlink to a directory of the tree stands for that, unless the link is asked for', async () => {
    expect(await listed(at('absolute'))).toEqual(['group', 'passwd'])
    expect(await listed(at('relative'))).toEqual(['beyond', 'file', 'from the host', 'tty'])
    expect(await listed(at('home/beyond'))).toEqual(['group', 'passwd'])
    expect(await listed('-l', '--root', tree.path, at('absolute/'))).toHaveLength(3)
    expect(await listed('-d', at('absolute'))).toEqual([at('absolute')])
    expect((await listed('-l', at('absolute')))[0]).toMatch(/^lrwxrwxrwx .* -> \/etc$/)
  })

  it('nothing leads out of the tree: a link to the outside is listed itself', async () => {
    for (const link of ['outside', 'planted', 'dangling']) {
      expect(await listed(at(link))).toEqual([at(link)])
      const { stdout, stderr, exitCode } = await ls('--root', tree.path, at(`${link}/`))
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 })
      expect(stderr).toMatch(/^virtfs: Cannot list ".*\/": (ENOENT|ENOTDIR) \(/)
    }
    const everything = await listed('-R', tree.path)
    expect(everything).not.toContain('canary')
  })

  it('has ENTRY objects for programs, the same as stat', async () => {
    const { stdout } = await ls('--jsonl', at('home'))
    const names = ['beyond', 'file', 'from the host', 'tty']
    expect(stdout).toBe((await run(Stat, ['--jsonl', ...names.map((name) => at(`home/${name}`))])).stdout)
    const document = JSON.parse((await ls('--json', at('home'), at('nothing'))).stdout) as object
    const entries = lines(stdout).map((line) => JSON.parse(line) as object)
    expect(document).toEqual({ schema: 1, entries, trees: [expect.objectContaining({ root: tree.path, model })] })
  })

  it('names what it cannot list, lists the rest and ends with 1', async () => {
    const { stdout, stderr, exitCode } = await ls(
      '-d',
      '--root',
      tree.path,
      at('nothing'),
      at('home'),
      at('home/file/below'),
    )
    expect(stdout).toBe(`${at('home')}\n`)
    expect(lines(stderr)).toEqual([
      `virtfs: Cannot list "${at('nothing')}": ENOENT (there is nothing of that name in the tree at "${tree.path}")`,
      `virtfs: Cannot list "${at('home/file/below')}": ENOTDIR (a name on the way is no directory)`,
    ])
    expect(exitCode).toBe(1)
  })

  it('leaves everything as it was, and nothing open', async () => {
    const before = snapshot(tree.path)
    const descriptors = openDescriptors()
    await ls('-laR', tree.path)
    await ls('--json', '-R', tree.path, at('nothing'))
    expect(openDescriptors()).toEqual(descriptors)
    expect(snapshot(tree.path)).toEqual(before)
  })
})

it('an ACL of the guest is shown by a plus, one that the host keeps for itself is not', async () => {
  using tree = new HostTree()
  // u::rw-,u:1000:r--,g::r--,m::r--,o::r--
  const acl = Buffer.from(
    '0200000001000600ffffffff02000400e803000004000400ffffffff10000400ffffffff20000400ffffffff',
    'hex',
  )
  for (const name of ['guests', 'hosts', 'none']) writeFileSync(tree.at(name), '')
  using guests = tree.object('guests')
  setxattr(guests.readable()!, 'user.virtfs.system.posix_acl_access', acl)
  using hosts = tree.object('hosts')
  setxattr(hosts.readable()!, 'system.posix_acl_access', acl)
  const withPlus = async (model: string): Promise<string[]> =>
    (await listed('-l', '--security-model', model, '--root', tree.path, tree.path))
      .filter((row) => row[10] === '+')
      .map((row) => row.replace(/.* /, ''))
  expect(await withPlus('mapped-xattr')).toEqual(['guests'])
  expect(await withPlus('mapped-file')).toEqual(['hosts'])
  expect(await withPlus('passthrough')).toEqual(['hosts'])
  expect(await withPlus('none')).toEqual([])
})

it('the current directory is listed where none is named', () => {
  using tree = new HostTree()
  writeFileSync(tree.at('b\xff'), '')
  writeFileSync(Buffer.concat([Buffer.from(`${tree.path}/a`), Buffer.from([0x0a, 0xff])]), '')
  expect(virtfs(['ls'], { cwd: tree.path })).toMatchObject({ stdout: 'a\\x0a\\xff\nb\xc3\xbf\n', exitCode: 0 })
})

it.skipIf(!isRoot)('a directory that may not be read is named, and what is beside it listed', () => {
  using tree = new HostTree()
  for (const name of ['a', 'shut', 'shut/inside', 'z']) mkdirSync(tree.at(name))
  chownSync(tree.path, nobody.uid, nobody.gid)
  chmodSync(tree.at('shut'), 0o700)
  const { stdout, stderr, exitCode } = virtfs(['ls', '-R', tree.path], { uid: nobody.uid, gid: nobody.gid, cwd: '/' })
  expect(stdout).toBe(`${tree.path}:\na\nshut\nz\n\n${tree.at('a')}:\n\n${tree.at('z')}:\n`)
  expect(stderr).toBe(`virtfs: Cannot list "${tree.at('shut')}": EACCES (run as the tree's owner)\n`)
  expect(exitCode).toBe(1)
})

it('lists five thousand directories deep, and on the way back what comes after the deeper ones', () => {
  using tree = new HostTree()
  const make = [
    'import os,sys',
    'os.chdir(sys.argv[1])',
    'for level in range(5000):',
    '  if level % 20 == 0: os.mkdir("e")',
    '  os.mkdir("d"); os.chdir("d")',
  ].join('\n')
  execFileSync('python3', ['-c', make, tree.path])
  const count =
    'import sys,collections\nprint(sorted(collections.Counter(line.split("/")[-1] for line in sys.stdin).items()))'
  const { stdout, stderr, exitCode } = shell(`"$@" ls -aR --root . . | python3 -c '${count}'`, { cwd: tree.path })
  execFileSync('rm', ['-rf', tree.path])
  const expected = [
    ...[`('\\n', 5250)`, `('.\\n', 5251)`, `('..\\n', 5251)`, `('.:\\n', 1)`],
    ...[`('d\\n', 5000)`, `('d:\\n', 5000)`, `('e\\n', 250)`, `('e:\\n', 250)`],
  ]
  expect({ stdout, stderr, exitCode }).toEqual({ stdout: `[${expected.join(', ')}]\n`, stderr: '', exitCode: 0 })
})

it('a directory of many names arrives whole at a slow reader, and ends with one that goes away', () => {
  using tree = new HostTree()
  for (let index = 0; index < 5_000; index++) writeFileSync(tree.at(`${index} is a name of some length`), '')
  expect(shell(`"$@" ls -l '${tree.path}' | (sleep 1; wc -l)`).stdout).toBe('5001\n')
  expect(shell(`"$@" ls '${tree.path}' | (sleep 1; md5sum)`).stdout).toBe(
    shell(`LC_ALL=C ls '${tree.path}' | md5sum`).stdout,
  )
  const { stdout, stderr } = shell(`"$@" ls -l '${tree.path}' | head -n 2`)
  expect({ count: lines(stdout).length, stderr }).toEqual({ count: 2, stderr: '' })
  expect(readdirSync(tree.path)).toHaveLength(5_000)
})

describe('wrong usage ends with 2 and one line', () => {
  it.each<[argv: string[], line: string]>([
    [['--frob'], 'Cannot use --frob: there is no such flag (see virtfs ls --help)'],
    [['--root', '/nothing'], 'Cannot open "/nothing": ENOENT (name the exported directory)'],
  ])('%j', async (argv, line) => {
    expect(await ls(...argv)).toEqual({ stdout: '', stderr: `virtfs: ${line}\n`, exitCode: 2 })
  })

  it.each([[['--color=perhaps']], [['--json', '--jsonl']], [['--security-model', 'perhaps']]])('%j', async (argv) => {
    const { stdout, stderr, exitCode } = await ls(...argv)
    expect({ isSilent: stdout === '' || argv.includes('--json'), count: lines(stderr).length, exitCode }).toEqual({
      isSilent: true,
      count: 1,
      exitCode: 2,
    })
  })
})
