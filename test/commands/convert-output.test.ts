// What `virtfs convert` says of plans and outcomes, in every form, and how it ends.

import { describe, expect, it } from 'vitest'
import { ErrnoError } from '../../src/errors.js'
import type { LoggedChange } from '../../src/index.js'
import { convert, type Conducted, noChanges, plan } from './convert-fake.js'

const passthrough = ['t', '--to', 'passthrough', '--yes'] as const
const error = new ErrnoError('EACCES', { op: 'open' })

/** The document that was printed, and nothing besides. */
function documentIn({ stdout }: Conducted): Record<string, unknown> {
  return JSON.parse(Buffer.from(stdout, 'latin1').toString('utf8')) as Record<string, unknown>
}

/** Everything that may be wrong with a plan, one of each. */
const wrong = {
  entries: 14,
  refused: [{ path: 'bin/su', reason: 'it is set-user-id (--allow-setid makes it real)' }],
  lost: [{ path: 'd\xff', what: 'ACL, which none shows to no guest' }],
  failed: [{ path: '.', error }],
} as const
const wrongLines =
  'virtfs: Cannot convert "t/bin/su": it is set-user-id (--allow-setid makes it real)\n' +
  'virtfs: Cannot keep "t/d\\xff" whole: it loses ACL, which none shows to no guest\n' +
  'virtfs: Cannot look at "t": EACCES (run as the tree\'s owner)\n'

describe('the plan', () => {
  it('is a table of the changes and one of the entries', async () => {
    const { stdout, stderr, exitCode, isCarriedOut } = await convert({}, ...passthrough, '--dry-run')
    expect(stdout).toBe(
      [
        't: mapped-xattr to passthrough, in place',
        '',
        'Change           Entries',
        'owner and group        2',
        'symlink made           1',
        '',
        'State                 Entries',
        'to be changed               2',
        'in that form already        8',
        'all                        10',
        '',
        'A dry run: nothing was changed.',
        '',
      ].join('\n'),
    )
    expect({ stderr, exitCode, isCarriedOut }).toEqual({ stderr: '', exitCode: 0, isCarriedOut: false })
  })

  it('names every kind of change, and every kind of entry that there is', async () => {
    const changes = { ...noChanges, ...{ mode: 1, device: 2, fifo: 3, socket: 4, acl: 5, 'hard-link': 6, copy: 7 } }
    const forbidden = [{ path: 'x', reason: 'its owner cannot be set' }]
    const { stdout } = await convert({ plan: { ...wrong, changes, forbidden } }, ...passthrough, '--dry-run')
    const rows = Array.from(stdout.matchAll(/^(\S.*?) {2,}(\d+)$/gm), ([, label, count]) => [label, Number(count)])
    expect(rows).toEqual([
      ...[
        ['permissions', 1],
        ['device made', 2],
        ['fifo made', 3],
        ['socket made', 4],
      ],
      ...[
        ['access control list', 5],
        ['hard link', 6],
        ['copied', 7],
      ],
      ...[
        ['to be changed', 2],
        ['losing something', 1],
        ['in that form already', 8],
        ['refused', 1],
      ],
      ...[
        ['needing privileges', 1],
        ['failed', 1],
        ['all', 14],
      ],
    ])
  })

  it('says where a new tree is built, and how much goes there', async () => {
    const { stdout } = await convert({ plan: { bytesToCopy: 1_500_000 } }, ...passthrough, '--output', 'new', '-n')
    expect(stdout).toMatch(/^t: mapped-xattr to passthrough, into new, 1.5M to copy\n/)
  })

  it('says what is gone on with, or put back', async () => {
    const resumed = await convert({ plan: { isResumed: true } }, 't', '--resume')
    expect(resumed.stdout).toMatch(/^t: mapped-xattr to passthrough, in place, resumed\n/)
    const aborted = await convert({ plan: { isResumed: true, isAbort: true } }, 't', '--abort')
    expect(aborted.stdout).toMatch(/^t: put back from mapped-xattr to passthrough\n/)
    expect(aborted.stdout).toMatch(/\nPut back 2 entries in [\d.]+ s: "t" is passthrough now\.\n$/)
  })
})

describe('what is not as it should be', () => {
  it.each([['--dry-run'], ['--no-progress']])('is named, and the exit code is 1: %s', async (flag) => {
    const { stderr, exitCode } = await convert({ plan: wrong }, ...passthrough, flag)
    expect({ stderr, exitCode }).toEqual({ stderr: wrongLines, exitCode: 1 })
  })

  it('is named twenty times at most of each kind', async () => {
    const refused = Array.from({ length: 33 }, (_, index) => ({ path: `f${index}`, reason: 'it is a device' }))
    const { stderr, exitCode } = await convert({ plan: { refused } }, ...passthrough)
    const lines = stderr.trimEnd().split('\n')
    expect(lines).toHaveLength(21)
    expect(lines.at(19)).toBe('virtfs: Cannot convert "t/f19": it is a device')
    expect(lines.at(20)).toBe('virtfs: And 13 more (all are in --json)')
    expect(exitCode).toBe(1)
  })

  it('is named afterwards, too: what failed, and what the guest sees otherwise', async () => {
    const outcome = {
      changed: 1,
      ...{ differences: [{ path: 'e', what: 'mode 0644 was 0600' }], compared: 10, isFinished: false },
      failed: [
        { path: 'a', error: new ErrnoError('EPERM', { op: 'chown' }) },
        { path: 'b', error: new ErrnoError('ENXIO', { op: 'set the owner' }) },
      ],
    }
    const { stdout, stderr, exitCode } = await convert({ outcome }, ...passthrough)
    expect(stderr).toBe(
      'virtfs: Cannot convert "t/a": EPERM (run as root; where it is immutable, say chattr -i before)\n' +
        'virtfs: Cannot convert "t/b": ENXIO (set the owner)\n' +
        'virtfs: Cannot find "t/e" as it was: mode 0644 was 0600\n' +
        'virtfs: Cannot finish "t": some entries failed (mend them, then go on with --resume, or put it back with --abort)\n',
    )
    expect(stdout).toMatch(/\nChanged 1 of 2 entries in [\d.]+ s\.\nCompared 10 entries: 1 entry not as before\.\n$/)
    expect(exitCode).toBe(1)
  })
})

describe('entries that take privileges', () => {
  const forbidden = [
    { path: 'a', reason: 'its owner cannot be set to 1000:1000 (run as root)' },
    { path: 'b', reason: 'its owner cannot be set to 0:0 (run as root)' },
  ]
  const named =
    'virtfs: Cannot convert "t/a": its owner cannot be set to 1000:1000 (run as root)\n' +
    'virtfs: Cannot convert "t/b": its owner cannot be set to 0:0 (run as root)\n'

  it('are named and nothing is done', async () => {
    const { stderr, exitCode, isCarriedOut, isClosed } = await convert({ plan: { forbidden } }, ...passthrough)
    const line =
      'virtfs: Cannot convert "t": EPERM (2 entries need privileges; run as root, or leave them with --skip-forbidden)\n'
    expect({ stderr, exitCode, isCarriedOut, isClosed }).toEqual({
      ...{ stderr: named + line, exitCode: 2, isCarriedOut: false, isClosed: true },
    })
  })

  it('are named and left with --skip-forbidden', async () => {
    const { stdout, ...ended } = await convert({ plan: { forbidden } }, ...passthrough, '--skip-forbidden')
    expect(ended).toMatchObject({ stderr: named, exitCode: 1, isCarriedOut: true })
    expect(stdout).toMatch(/\nChanged 2 entries in [\d.]+ s: "t" is passthrough now, but for 2 entries\.\n$/)
  })

  it('are named by a dry run, which is not refused', async () => {
    const ended = await convert({ plan: { forbidden } }, ...passthrough, '--dry-run')
    expect(ended).toMatchObject({ stderr: named, exitCode: 1 })
  })
})

describe('how it went', () => {
  it('is said in a sentence', async () => {
    const { stdout, stderr, exitCode } = await convert({}, ...passthrough)
    expect(stdout).toMatch(/\nall {2,}10\n\nChanged 2 entries in \d+\.\d s: "t" is passthrough now\.\n$/)
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  })

  it('is said of a new tree, and of a comparison', async () => {
    const outcome = { differences: [], compared: 10 }
    const { stdout, exitCode } = await convert({ outcome }, ...passthrough, '--output', 'new', '--verify')
    expect(stdout).toMatch(
      /\nBuilt 2 entries in [\d.]+ s: "new" is passthrough now\.\nCompared 10 entries: the guest sees the same as before\.\n$/,
    )
    expect(exitCode).toBe(0)
  })

  it('is that there was nothing to do, without a question', async () => {
    const fake = { plan: { changed: 0, unchanged: 10, changes: noChanges }, outcome: { changed: 0, unchanged: 10 } }
    const { stdout, stderr, exitCode } = await convert(fake, 't', '--to', 'passthrough')
    expect(stdout).toMatch(
      /^t: [^\n]*\n\nState {2,}Entries\n[^]*\n\nNothing to change: "t" is passthrough already\.\n$/,
    )
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  })
})

describe('what stops it', () => {
  const stopped = { changed: 1, isFinished: false }
  it.each([
    ['ENOSPC', 'make room on its file system'],
    ['EDQUOT', 'make room, or have the quota raised'],
    ['EROFS', 'make its file system writable again'],
    ['EIO', 'see the kernel log: its disk fails'],
    ['ENOMEM', 'rename'],
  ] as const)('%s is told with a way on, and is exit code 3', async (code, advice) => {
    const outcome = { ...stopped, interruption: new ErrnoError(code, { op: 'rename' }) }
    const line = (waysOn: string) => `virtfs: Cannot finish "t": ${code} (${advice}; then ${waysOn})\n`
    const inPlace = await convert({ outcome }, ...passthrough)
    expect(inPlace.stderr).toBe(line('go on with --resume, or put it back with --abort'))
    expect(inPlace.stdout).toMatch(/\nChanged 1 of 2 entries in [\d.]+ s, then stopped\.\n$/)
    const output = await convert({ outcome }, ...passthrough, '--output', 'new')
    expect(output.stderr).toBe(line('go on with --resume, or remove "new"'))
    const abort = await convert({ outcome, plan: { isAbort: true } }, 't', '--abort')
    expect(abort.stderr).toBe(line('go on with --abort'))
    expect([inPlace.exitCode, output.exitCode, abort.exitCode]).toEqual([3, 3, 3])
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s is waited with for a safe place', async (signal, code) => {
    const asked: (boolean | undefined)[] = []
    const { stderr, exitCode } = await convert(
      {
        outcome: { ...stopped, interruption: 'stopped' },
        during: async ({ isStopped }) => {
          asked.push(isStopped?.())
          process.kill(process.pid, signal)
          while (isStopped?.() === false) await new Promise((resolve) => setImmediate(resolve))
          asked.push(isStopped?.())
        },
      },
      ...passthrough,
    )
    const line = 'virtfs: Cannot finish "t": stopped by a signal (go on with --resume, or put it back with --abort)\n'
    expect({ asked, stderr, exitCode }).toEqual({ asked: [false, true], stderr: line, exitCode: code })
  })

  it('leaves no handler of signals behind, even where it is a defect', async () => {
    const before = process.listenerCount('SIGINT')
    const fake = { during: () => Promise.reject(new Error('a defect')) }
    expect(await convert(fake, ...passthrough)).toMatchObject({ exitCode: 1, isClosed: true })
    expect(process.listenerCount('SIGINT')).toBe(before)
  })
})

describe('--json', () => {
  const members = [
    ...['schema', 'from', 'to', 'dryRun', 'entries', 'changed', 'unchanged', 'refused', 'lost', 'failed'],
    ...['verified', 'seconds', 'changes', 'bytesToCopy', 'forbidden', 'resumed', 'interrupted', 'differences'],
  ]

  it('prints one document', async () => {
    const ended = await convert({}, ...passthrough, '--json')
    const document = documentIn(ended)
    expect(Object.keys(document)).toEqual(members)
    expect(document).toEqual({
      ...{ schema: 1, from: 'mapped-xattr', to: 'passthrough', dryRun: false, entries: 10, changed: 2, unchanged: 8 },
      ...{ refused: [], lost: [], failed: [], verified: null, seconds: expect.any(Number) as number },
      ...{ changes: plan.changes, bytesToCopy: 0, forbidden: [], resumed: false, interrupted: null, differences: null },
    })
    expect(ended).toMatchObject({ stderr: '', exitCode: 0 })
  })

  it('has everything that is wrong, with names as bytes where they are no text', async () => {
    const other = { path: 'z', error: new ErrnoError('EPERM', { op: 'chown' }) }
    const outcome = { failed: [...wrong.failed, other], differences: [{ path: '\xc3\xa9', what: 'size' }] }
    const forbidden = [{ path: 'x', reason: 'its owner' }]
    const ended = await convert(
      { plan: { ...wrong, forbidden }, outcome },
      ...passthrough,
      '--json',
      '--skip-forbidden',
    )
    expect(documentIn(ended)).toMatchObject({
      refused: [{ path: 'bin/su', reason: 'it is set-user-id (--allow-setid makes it real)' }],
      lost: [{ path: 'd\\xff', pathBase64: 'ZP8=', what: 'ACL, which none shows to no guest' }],
      failed: [
        { path: '.', error: 'EACCES' },
        { path: 'z', error: 'EPERM' },
      ],
      ...{ forbidden, verified: false, differences: [{ path: 'é', what: 'size' }] },
    })
    expect(ended.exitCode).toBe(1)
  })

  it('is the plan in a dry run, and tells what was interrupted, resumed and compared', async () => {
    const dry = documentIn(await convert({ plan: { isResumed: true } }, ...passthrough, '--json', '-n'))
    expect(dry).toMatchObject({ dryRun: true, changed: 2, unchanged: 8, changes: plan.changes, resumed: true })
    const full = { changed: 1, interruption: new ErrnoError('ENOSPC', { op: 'write' }), isFinished: false }
    const interrupted = await convert({ outcome: full }, ...passthrough, '--json')
    expect(documentIn(interrupted)).toMatchObject({ changed: 1, interrupted: 'ENOSPC', verified: null })
    expect(interrupted.exitCode).toBe(3)
    const verified = await convert({ outcome: { differences: [], compared: 3 } }, ...passthrough, '--json')
    expect(documentIn(verified)).toMatchObject({ verified: true, differences: [], interrupted: null })
  })

  it('is a document with the refusal where nothing was done', async () => {
    const ended = await convert({}, 't', '--to', 'passthrough', '--json')
    const line =
      'Cannot convert "t" in place: there is no terminal to ask on (say --yes, or build another tree with --output)'
    expect(documentIn(ended)).toEqual({ schema: 1, error: line })
    expect(ended).toMatchObject({ stderr: `virtfs: ${line}\n`, exitCode: 2, isCarriedOut: false })
  })
})

describe('--jsonl', () => {
  const rdev = { major: 5, minor: 1 }
  const changes: readonly LoggedChange[] = [
    { path: 'bin/su', changes: ['owner', 'mode'], uid: 0, gid: 5, mode: 0o104755, rdev },
    { path: 'd\xff', changes: ['device'], uid: 1, gid: 2, mode: 0o020600, rdev },
    { path: '.', changes: ['owner'], uid: 1, gid: 2, mode: 0o041777, rdev },
  ]

  it('prints each change on a line, and all else on stderr', async () => {
    const { stdout, stderr, exitCode, request } = await convert(
      { during: ({ logged }) => logged?.(changes) },
      ...passthrough,
      '--jsonl',
    )
    expect(stdout).toBe(
      '{"path":"bin/su","changes":["owner","mode"],"type":"file","uid":0,"gid":5,"mode":"4755","rdev":null}\n' +
        '{"path":"d\\\\xff","pathBase64":"ZP8=","changes":["device"],"type":"char","uid":1,"gid":2,"mode":"0600","rdev":"5:1"}\n' +
        '{"path":".","changes":["owner"],"type":"directory","uid":1,"gid":2,"mode":"1777","rdev":null}\n',
    )
    expect(stderr).toMatch(/^t: mapped-xattr to passthrough, in place\n[^]*\nChanged 2 entries in [^\n]*\n$/)
    expect({ exitCode, isLogged: request?.isLogged }).toEqual({ exitCode: 0, isLogged: true })
  })
})

describe('without a terminal', () => {
  it.each([
    ['--yes', ['--to', 'passthrough', '--yes']],
    ['--output', ['--to', 'passthrough', '--output', 'new']],
    ['--resume', ['--resume']],
    ['--abort', ['--abort']],
  ])('%s needs no answer', async (_flag, argv) => {
    expect(await convert({}, 't', ...argv)).toMatchObject({ exitCode: 0, isCarriedOut: true, stderr: '' })
  })
})
