// What `virtfs convert` makes of its command line: what the library is asked, and what is refused in one line.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { callerOf } from '../../commands/support/convert-request.js'
import { convert } from './convert-fake.js'

const here = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
const caller = callerOf(process.env, here)
const help = '(see virtfs convert --help)'
const onlyMapped = 'it is only valid for the mapped security models'

const asked = async (...argv: readonly string[]) => (await convert({}, 't', '--dry-run', ...argv)).request

describe('what is asked', () => {
  it('is the least where nothing is said', async () => {
    expect(await asked('--to', 'passthrough')).toEqual({
      ...{ tree: 't', intent: 'convert', from: undefined, to: 'passthrough', output: undefined },
      ids: { uids: [], gids: [] },
      ...{ owner: undefined, caller, fmode: undefined, dmode: undefined },
      gate: { allowsSetid: false, allowsDevices: false },
      rules: { include: [], exclude: [] },
      ...{ skipsForbidden: false, isOneFileSystem: false, ignoresOpeners: false, jobs: undefined },
      ...{ verifies: false, isLogged: false },
    })
  })

  it('is all that may be said', async () => {
    const range = { guest: 0, host: 100_000, count: 65_536 }
    expect(
      await asked(
        ...['--to', 'mapped-file', '--from', 'mapped', '--output', 'new', '--owner', '5:6', '--fmode', '0640'],
        ...['--dmode', '750', '--map-uid', 'b:0:100000:65536', '--map-gid', '70000:1:1', '--allow-setid'],
        ...['--allow-devices', '--skip-forbidden', '--include', '*.c', '--include', '*.h', '--exclude', '.git', '-x'],
        ...['--jobs', '3', '--verify', '--yes', '--force', '--no-progress', '--jsonl'],
      ),
    ).toEqual({
      ...{ tree: 't', intent: 'convert', from: 'mapped-xattr', to: 'mapped-file', output: 'new' },
      ids: { uids: [range], gids: [range, { guest: 70_000, host: 1, count: 1 }] },
      ...{ owner: { uid: 5, gid: 6 }, caller, fmode: 0o640, dmode: 0o750 },
      gate: { allowsSetid: true, allowsDevices: true },
      rules: { include: ['*.c', '*.h'], exclude: ['.git'] },
      ...{ skipsForbidden: true, isOneFileSystem: true, ignoresOpeners: true, jobs: 3 },
      ...{ verifies: true, isLogged: true },
    })
  })

  it.each(['resume', 'abort'])('is to %s, without a model', async (intent) => {
    expect(await asked(`--${intent}`)).toMatchObject({ intent, to: undefined, owner: undefined })
    expect(await asked(`--${intent}`, '--output', 'new')).toMatchObject({ intent, output: 'new' })
    expect(await asked(`--${intent}`, '--to', 'mapped-file')).toMatchObject({ to: 'mapped-file', owner: undefined })
  })

  it('is about names in bytes', async () => {
    const { request } = await convert({}, 'ta\u0308', '--to', 'none', '--exclude', 'é', '--output', '€', '-n')
    expect(request).toMatchObject({
      tree: 'ta\xcc\x88',
      rules: { include: [], exclude: ['\xc3\xa9'] },
      output: '\xe2\x82\xac',
    })
  })

  it("is whose the files are to be: what is not said is the caller's", async () => {
    expect((await asked('--to', 'mapped', '--owner', '7'))?.owner).toEqual({ uid: 7, gid: caller.gid })
    expect((await asked('--to', 'mapped-file', '--owner', ':8'))?.owner).toEqual({ uid: caller.uid, gid: 8 })
    const [name = '', , uid, gid] = readFileSync('/etc/passwd', 'utf8').split('\n').at(1)?.split(':') ?? []
    expect((await asked('--to', 'mapped', '--owner', `${name}:`))?.owner).toEqual({
      uid: Number(uid),
      gid: Number(gid),
    })
  })
})

describe('the caller', () => {
  const variables = { SUDO_UID: '1000', SUDO_GID: '1001' }
  it.each([
    ['root, who is whom sudo was run by', variables, { uid: 0, gid: 0 }, { uid: 1000, gid: 1001 }],
    ['root without sudo', {}, { uid: 0, gid: 3 }, { uid: 0, gid: 3 }],
    ['root, with variables that are none', { SUDO_UID: 'x', SUDO_GID: '' }, { uid: 0, gid: 3 }, { uid: 0, gid: 3 }],
    ['another, whatever the variables say', variables, { uid: 7, gid: 8 }, { uid: 7, gid: 8 }],
  ])('is %s', (_who, variables, effective, caller) => {
    expect(callerOf(variables, effective)).toEqual(caller)
  })
})

describe('it is refused, with one line and exit code 2,', () => {
  const models = 'mapped-xattr, mapped-file, passthrough, none'
  const cases: readonly (readonly [argv: readonly string[], line: string])[] = [
    [[], `Cannot run convert: no TREE given ${help}`],
    [['t'], `Cannot convert "t": no --to given (name the model that it is to have: ${models})`],
    [['t\u0001', '--dry-run'], `Cannot convert "t\\x01": no --to given (name the model that it is to have: ${models})`],
    [['t', 'u', '--to', 'none'], `Cannot use "u": one argument is enough ${help}`],
    [['t', '--to', 'none', '--frob'], `Cannot use --frob: there is no such flag ${help}`],
    [['t', '--to', 'passthrough', '--fmode', '0600'], `Cannot use --fmode with passthrough: ${onlyMapped}`],
    [['t', '--to', 'none', '--dmode', '0700'], `Cannot use --dmode with none: ${onlyMapped}`],
    [['t', '--to', 'none', '--owner', '1:1'], `Cannot use --owner with none: ${onlyMapped}`],
    [['t', '--to', 'mapped', '--fmode', '888'], 'Cannot use --fmode 888: not octal permissions from 0000 to 0777'],
    [['t', '--resume', '--dmode', '1777'], 'Cannot use --dmode 1777: not octal permissions from 0000 to 0777'],
    [
      ['t', '--to', 'mapped', '--owner', 'no-such-user'],
      'Cannot use --owner no-such-user: this host\'s /etc/passwd has no user "no-such-user" (write a number)',
    ],
    [
      ['t', '--to', 'mapped', '--owner', ':'],
      'Cannot use --owner :: not USER:GROUP (write a user, a group behind a colon, or both)',
    ],
    [
      ['t', '--to', 'none', '--map-uid', '0:1'],
      'Cannot use --map-uid 0:1: not GUEST:HOST:COUNT (write --map-uid 0:100000:65536)',
    ],
    [
      ['t', '--to', 'none', '--map-gid', 'u:0:1:1'],
      'Cannot use --map-gid u:0:1:1: u: is for user ids (write --map-uid u:0:1:1)',
    ],
    [
      ['t', '--to', 'none', '--map-uid', '0:1:1', '--map-uid', 'map:0:2:1'],
      'Cannot use --map-uid 0:1:1 with --map-uid map:0:2:1: both have guest id 0',
    ],
    [['t', '--to', 'none', '--include', ''], 'Cannot use "" as a pattern: it matches nothing'],
  ]
  it.each(cases)('%j', async (argv, line) => {
    const { request, ...outcome } = await convert({}, ...argv)
    expect(outcome).toMatchObject({ stdout: '', stderr: `virtfs: ${line}\n`, exitCode: 2 })
    expect(request).toBeUndefined()
  })

  const mixed: readonly (readonly [argv: readonly string[], ...words: string[]])[] = [
    [['--to', 'mapped-files'], '--to', 'mapped-file'],
    [['--to', 'none', '--from', 'auto'], '--from', 'passthrough'],
    [['--resume', '--abort'], '--resume', '--abort'],
    [['--to', 'none', '--json', '--jsonl'], '--json', '--jsonl'],
    [['--to', 'none', '--jobs', '0'], '--jobs'],
    [['--to', 'none', '--jobs', 'many'], 'many'],
    [['--to'], '--to'],
  ]
  it.each(mixed)('%j', async (argv, ...words) => {
    const { stderr, exitCode, request } = await convert({}, 't', ...argv)
    expect(stderr).toMatch(/^virtfs: Cannot read the command line: [^\n]+ \(see virtfs convert --help\)\n$/)
    for (const word of words) expect(stderr).toContain(word)
    expect({ exitCode, request }).toEqual({ exitCode: 2, request: undefined })
  })
})
