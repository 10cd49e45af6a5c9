// On a tree that keeps ownership in its inodes, `virtfs ls` prints what GNU ls prints.

import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import Ls from '../../commands/ls.js'
import { isRoot } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'
import { environment, run } from './run.js'

const tree = new HostTree()
const listener = createServer()
const home = process.cwd()
const [DAY, NOW] = [86_400, Math.floor(Date.now() / 1000)]

function write(name: string, size: number, age: number, mode = 0o644): void {
  writeFileSync(tree.at(name), '')
  truncateSync(tree.at(name), size)
  chmodSync(tree.at(name), mode)
  utimesSync(tree.at(name), NOW - age, NOW - age)
}

beforeAll(async () => {
  for (const directory of ['dir', 'dir/deeper', 'dir/deeper/still', 'empty', '.hidden', 'Upper'])
    mkdirSync(tree.at(directory))
  write('now', 1, 0)
  write('yesterday', 1023, DAY)
  write('five months', 1024, 150 * DAY)
  write('seven months', 1025, 210 * DAY)
  write('tomorrow', 10_138, -DAY)
  write('ancient', 1_048_577, NOW + 40 * DAY)
  write('far', 99_999_999_999, -(2 ** 32))
  write('dir/same age', 5, DAY)
  write('dir/same size', 5, 2 * DAY)
  write('dir/.dotted', 0, 3 * DAY)
  write('dir/deeper/!first', 7, 4 * DAY)
  write('dir/deeper/still/leaf', 0, DAY)
  write('setuid', 3, DAY, 0o4755)
  write('setuid-not-executable', 3, DAY, 0o4644)
  write('setgid', 3, DAY, 0o2711)
  write('setgid-not-executable', 3, DAY, 0o2600)
  for (const [name, mode] of Object.entries({ sticky: 0o1777, 'sticky-closed': 0o1700, shared: 0o2777, open: 0o777 })) {
    mkdirSync(tree.at(name))
    chmodSync(tree.at(name), mode)
  }
  linkSync(tree.at('yesterday'), tree.at('linked'))
  symlinkSync('dir', tree.at('to-dir'))
  symlinkSync('yesterday', tree.at('to-file'))
  symlinkSync('no where', tree.at('dangling'))
  execFileSync('mkfifo', [tree.at('fifo')])
  execFileSync('setfacl', ['-m', 'u:12345:r', tree.at('dir/same age')])
  execFileSync('setfacl', ['-d', '-m', 'u:12345:rx', tree.at('dir/deeper')])
  await new Promise<void>((resolve) => listener.listen(tree.at('socket'), resolve))
  if (isRoot) {
    execFileSync('mknod', [tree.at('char'), 'c', '5', '1'])
    execFileSync('mknod', [tree.at('block'), 'b', '259', '1048575'])
    mkdirSync(tree.at('devices'))
    execFileSync('mknod', [tree.at('devices/small'), 'c', '1', '3'])
    execFileSync('mknod', [tree.at('devices/large'), 'c', '10', '250'])
    chownSync(tree.at('linked'), 4_000_000_000, 12_345)
    chownSync(tree.at('setuid'), 1, 2)
  }
  process.chdir(tree.path)
})
afterAll(() => {
  process.chdir(home)
  listener.close()
  tree[Symbol.dispose]()
})

const gnu = (args: readonly string[], env: Readonly<Record<string, string>> = {}): string =>
  spawnSync('/bin/ls', args, { encoding: 'latin1', env: environment({ LC_ALL: 'C', ...env }) }).stdout

async function ours(args: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await run(Ls, ['--root', tree.path, '--security-model', 'passthrough', ...args])
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  return stdout
}

/** Runs with other environment variables, which the command reads when it is run. */
async function withVariables<T>(variables: Readonly<Record<string, string>>, action: () => Promise<T>): Promise<T> {
  const before = { ...process.env }
  Object.assign(process.env, variables)
  try {
    return await action()
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  }
}

describe('of the same tree, both print the same', () => {
  const flags = [
    ...['', '-l', '-n', '-a -R', '-1', '-d', '-r', '-t', '-S', '-R', '-lh', '-lR', '-lt', '-lS', '-lr', '-ld', '-l1'],
    ...['-lanR', '-lhSr', '-ltr', '-St', '-tS', '-rt -S -l', '-dR', '-lRt', '-nh', '-aRSr', '-hR'],
  ]
  const operands = [
    '',
    '.',
    'dir',
    'dir/',
    './dir/deeper/..',
    'to-dir',
    'to-dir/',
    'to-file',
    'dangling',
    'yesterday',
    'empty',
    'dir yesterday to-dir empty now',
    'now dir',
    'dir dir',
    'dir/deeper dir to-dir/deeper',
    ...(isRoot ? ['devices', 'char yesterday', 'char block devices'] : []),
  ]
  const words = (text: string): string[] => text.split(' ').filter((word) => word !== '')

  it.each(flags)('ls %s', async (given) => {
    for (const operand of operands) {
      // Above its root there is nothing for the tree: GNU ls shows the host's.
      const isAboveShown = given.includes('a') && (operand === '' || operand === '.')
      if (isAboveShown) continue
      const args = [...words(given), ...words(operand)]
      expect([args, await ours(args)]).toEqual([args, gnu(args)])
    }
  })

  it.each(['UTC', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia', 'Europe/Berlin'])('in %s', async (TZ) => {
    const listing = await withVariables({ TZ }, () => ours(['-lR']))
    expect(listing).toBe(gnu(['-lR'], { TZ }))
    expect(listing).toMatch(/ {2}(1969|2\d\d\d) /)
  })

  it('a name is an operand behind "--", whatever it looks like', async () => {
    writeFileSync(tree.at('-l'), '')
    writeFileSync(tree.at('--color'), '')
    expect(await ours(['-d', '--', '-l', '--color'])).toBe(gnu(['-d', '--', '-l', '--color']))
  })
})

describe('colours', () => {
  const known = execFileSync('dircolors', ['-b'], { encoding: 'latin1', env: environment({ TERM: 'xterm' }) })
  const [, usual = ''] = /LS_COLORS='(.*)'/.exec(known) ?? []
  /** GNU begins with a reset, and asks where a symlink leads. */
  // eslint-disable-next-line no-control-regex -- what a terminal is sent is what is looked for
  const withoutReset = (listing: string): string => listing.replace(/\x1b\[(0|22;39)m/, '')
  const names = [
    ...['dir', 'sticky', 'shared', 'open', 'sticky-closed', 'fifo', 'socket', 'setuid', 'setgid', 'now', 'empty'],
    ...['setuid-not-executable', 'setgid-not-executable', 'to-file', ...(isRoot ? ['char', 'block'] : [])],
  ]

  beforeAll(() => {
    for (const name of ['archive.tar.gz', 'picture.JPG', 'notes.txt', 'README']) write(name, 1, 0)
    write('program.sh', 1, 0, 0o755)
  })

  it.each([
    ['as usual', usual, undefined],
    ['by LS_COLORS', usual, usual],
    ['by another one', 'di=4:ex=:ow=0:su=00:*.gz=01;2:*.tar.gz=7:fi=35:*README=1:pi=33:bd=01;33:cd=01;33', undefined],
    ['of a reset of its own', 'rs=22;39:di=1:pi=2:bd=2:cd=2', undefined],
  ])('%s', async (_title, theirs, given) => {
    const LS_COLORS = given ?? (theirs === usual ? '' : theirs)
    // Without LS_COLORS there are colours by type, and none by suffix.
    const all =
      LS_COLORS === '' ? names : [...names, 'archive.tar.gz', 'picture.JPG', 'notes.txt', 'README', 'program.sh']
    const args = ['--color=always', '-d', ...all]
    const listing = await withVariables({ LS_COLORS }, () => ours(args))
    expect(listing).toBe(withoutReset(gnu(args, { LS_COLORS: theirs, TERM: 'xterm' })))
    expect(listing).toContain('\x1b[')
  })

  it('are in long listings, too', async () => {
    const args = ['--color=always', '-ld', ...names.filter((name) => name !== 'to-file')]
    expect(await ours(args)).toBe(withoutReset(gnu(args, { LS_COLORS: usual, TERM: 'xterm' })))
  })

  it.each<[args: string[], variables: Record<string, string>, isColoured: boolean]>([
    [[], {}, false],
    [[], { FORCE_COLOR: '1' }, true],
    [[], { FORCE_COLOR: '0' }, false],
    [['--color'], {}, true],
    [['--color=auto'], {}, false],
    [['--color=never'], { FORCE_COLOR: '1' }, false],
    [['--color=always'], { NO_COLOR: '1' }, false],
    [[], { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('with %j and %j: %j', async (args, variables, isColoured) => {
    const listing = await withVariables(variables, () => ours(args))
    expect(listing.includes('\x1b[')).toBe(isColoured)
  })
})

describe('on a terminal', () => {
  /** What the program prints on a terminal of so many columns. */
  function onTerminal(columns: number, args: string): string {
    const command = `stty cols ${columns}; exec '${process.execPath}' '${home}/bin/run.js' ls ${args}`
    const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: tree.at('dir'),
      encoding: 'latin1',
      env: environment({ TERM: 'xterm', SHELL: '/bin/sh' }),
    })
    return stdout.replaceAll('\r\n', '\n')
  }

  it('names stand side by side, with colours', () => {
    const listing = onTerminal(30, '-a')
    const names = gnu(['-a', '-C', '-T0', '-w30', tree.at('dir')])
    // eslint-disable-next-line no-control-regex -- what a terminal is sent is what is looked for
    expect(listing.replaceAll(/\x1b\[[\d;]*m/g, '')).toBe(names)
    expect(listing).toContain('\x1b[01;34mdeeper\x1b[0m')
  })

  it('there is one a line with -1, and no colours with NO_COLOR', () => {
    expect(onTerminal(80, '-1 --color=never')).toBe(gnu(['-1', tree.at('dir')]))
  })
})
