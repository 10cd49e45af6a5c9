// What `virtfs stat` says of trees that keep a guest's ownership beside the files.

import { symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import Stat from '../../commands/stat.js'
import type { SecurityModel } from '../../src/ownership/security-models.js'
import { setxattr } from '../../src/sys/xattr.js'
import { reopen } from '../../src/sys/open.js'
import { O_RDONLY } from '../../src/sys/constants.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { HostTree } from '../support/host/tree.js'
import { snapshot } from '../support/snapshot.js'
import { ViewedTree } from '../support/viewed-tree.js'
import { type Outcome, run, shell, virtfs } from './run.js'

interface EntryJson {
  readonly path: string
  readonly [member: string]: unknown
}

const stat = (...argv: readonly string[]): Promise<Outcome> => run(Stat, argv)

async function entries(...argv: readonly string[]): Promise<EntryJson[]> {
  const { stdout, exitCode } = await stat('--json', ...argv)
  expect(exitCode).toBe(0)
  const document = JSON.parse(stdout) as { schema: number; entries: EntryJson[] }
  expect(Object.keys(document)).toEqual(['schema', 'entries', 'trees'])
  expect(document.schema).toBe(1)
  return document.entries
}

const owner = { uid: 1000, gid: 1001 }
const user = process.geteuid?.() ?? 0
const group = process.getegid?.() ?? 0

/** The guest's objects of every type: what to make, and what is then said of it. */
const made: readonly (readonly [name: string, mode: number, expected: Record<string, unknown>])[] = [
  ['fifo', 0o010644, { type: 'fifo', mode: '0644', rdev: null }],
  ['socket', 0o140755, { type: 'socket', mode: '0755', rdev: null }],
  ['char', 0o020620, { type: 'char', mode: '0620', rdev: '4:64' }],
  ['block', 0o060660, { type: 'block', mode: '0660', rdev: '4:64' }],
]

describe.each([
  ['mapped-xattr', 'xattr'],
  ['mapped-file', 'sidecar'],
] as const)('a tree in %s', (model: SecurityModel, kept: string) => {
  let tree: ViewedTree
  const at = (name: string): string => `${tree.path}/${name}`
  /** The root is the host's, and so is one file. */
  const found = `${kept === 'xattr' ? 'user.virtfs attributes on' : '.virtfs_metadata records for'} 7 of 9 objects`

  beforeAll(() => {
    tree = new ViewedTree(model)
    tree.write('file', 'content', 0o4755)
    tree.mkdir('directory', 0o1777)
    tree.symlink('directory/../file', 'symlink')
    for (const [name, mode] of made) tree.mknod(name, mode, { major: 4, minor: 64 })
    writeFileSync(at('from the host'), '')
    tree.releaseAll()
  })
  afterAll(() => tree[Symbol.dispose]())

  it('is recognised, and shown as the guest sees it, every type of it', async () => {
    const expected = [
      ['file', { type: 'file', mode: '4755', rdev: null, size: 7 }],
      ['directory', { type: 'directory', mode: '1777', rdev: null }],
      ['symlink', { type: 'symlink', mode: '0777', rdev: null, target: 'directory/../file', size: 17 }],
      ...made.map(([name, , says]) => [name, says] as const),
    ] as const
    const found = await entries(...expected.map(([name]) => at(name)))
    expect(found).toMatchObject(expected.map(([name, says]) => ({ path: at(name), ...owner, model, ...says })))
  })

  it('has exactly the promised members in JSON', async () => {
    const [entry] = await entries(at('char'))
    const members =
      'path type mode uid gid user group rdev size nlink inode target atime mtime ctime model source host problems'
    expect(Object.keys(entry ?? {})).toEqual(members.split(' '))
    expect(entry).toMatchObject({
      target: null,
      source: { uid: kept, gid: kept, mode: kept, rdev: kept },
      host: { uid: user, gid: group, mode: '0600', type: 'file' },
      problems: [],
    })
    for (const time of ['atime', 'mtime', 'ctime']) {
      expect(entry?.[time]).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
    }
  })

  it('is named in JSON, with what it was recognised by', async () => {
    const { stdout } = await stat('--json', at('char'), at('file'))
    expect((JSON.parse(stdout) as { trees: unknown }).trees).toEqual([
      {
        root: tree.path,
        model,
        detected: true,
        certainty: 'certain',
        reason: found,
        writtenOn: null,
        unfinished: null,
      },
    ])
    expect(stdout).toBe(`${JSON.stringify(JSON.parse(stdout), undefined, 2)}\n`)
    const named = await stat('--json', '-f', '--security-model', model, at('char'))
    expect((JSON.parse(named.stdout) as { trees: unknown }).trees).toEqual([
      { root: tree.path, model, detected: false, certainty: null, reason: null, writtenOn: null, unfinished: null },
    ])
    expect((await stat('--security-model', model, at('char'))).stdout).toContain(`\n  Tree: ${tree.path} (${model})\n`)
  })

  it('shows what the host made as the host has it', async () => {
    const [entry] = await entries(at('from the host'))
    expect(entry).toMatchObject({ model, uid: user, source: { uid: 'inode', gid: 'inode', mode: 'inode' } })
  })

  it('has the host beside the guest, and sources, in its block', async () => {
    const { stdout, stderr, exitCode } = await stat(at('char'))
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    const lines = stdout.split('\n')
    expect(lines[0]).toBe(`  File: ${at('char')}`)
    expect(lines[1]).toMatch(/^ {2}Size: 0 {9}\tBlocks: \d+ +IO Block: \d+ +character special file$/)
    expect(lines[2]).toMatch(/^Device: \d+,\d+\tInode: \d+ +Links: 1 {5}Device type: 4,64$/)
    expect(lines[3]).toMatch(/^Access: \(0620\/crw--w----\) {2}Uid: \( 1000\/ *\w+\) {3}Gid: \( 1001\/ *\w+\)$/)
    expect(lines[4]).toMatch(/^ {2}Host: \(0600\/-rw-------\) {2}Uid: \( *\d+\/ *\w+\) {3}Gid: \( *\d+\/ *\w+\)$/)
    expect(lines[5]).toBe(`Source: mode ${kept}, uid ${kept}, gid ${kept}, rdev ${kept}`)
    expect(lines[6]).toBe(`  Tree: ${tree.path} (${model}, detected, certain: ${found})`)
    expect(lines.slice(7).map((line) => line.slice(0, 8))).toEqual(['Access: ', 'Modify: ', 'Change: ', ' Birth: ', ''])
  })

  it('answers the sequences that GNU stat does not have', async () => {
    const format = '%u %{host:u}|%{host:a} %{host:F}|%-12{model}|%{source:u}%{source:g}%{source:a}%{source:rdev}'
    const { stdout } = await stat('-c', format, at('file'))
    expect(stdout).toBe(`1000 ${user}|600 regular file|${model.padEnd(12)}|${kept}${kept}${kept}inode\n`)
  })

  it('shows under a model that is named what that model sees', async () => {
    const [entry] = await entries('--security-model', model === 'mapped-file' ? 'none' : 'mapped', at('from the host'))
    expect(entry).toMatchObject({ model: model === 'mapped-file' ? 'none' : 'mapped-xattr' })
  })

  it('is the same after it was looked at, and no descriptor stays open', async () => {
    const before = snapshot(tree.path)
    await stat(at('file'))
    const descriptors = openDescriptors()
    await stat(at('symlink'), at('char'), tree.path, at('nothing'))
    expect(openDescriptors()).toEqual(descriptors)
    expect(snapshot(tree.path)).toEqual(before)
  })
})

describe('several paths', () => {
  const host = new HostTree()
  afterAll(() => host[Symbol.dispose]())
  const first = host.at('first')
  const second = host.at('second')
  const missing = host.at('missing')
  beforeAll(() => {
    for (const path of [first, second]) writeFileSync(path, '')
  })

  it('go on after one that is missing, which stderr names, and end with 1', async () => {
    const { stdout, stderr, exitCode } = await stat('-c', '%n', first, missing, second)
    expect(stdout).toBe(`${first}\n${second}\n`)
    expect(stderr).toBe(`virtfs: Cannot stat "${missing}": ENOENT (there is nothing of that name)\n`)
    expect(exitCode).toBe(1)
  })

  it('are one document under --json, without the one that is missing', async () => {
    const { stdout, exitCode } = await stat('--json', first, missing, second)
    expect((JSON.parse(stdout) as { entries: EntryJson[] }).entries.map(({ path }) => path)).toEqual([first, second])
    expect(exitCode).toBe(1)
  })

  it('are one object a line under --jsonl, and nothing around them', async () => {
    const { stdout, exitCode } = await stat('--jsonl', first, second)
    const lines = stdout.split('\n')
    expect(lines).toHaveLength(3)
    expect(lines.slice(0, 2).map((line) => (JSON.parse(line) as EntryJson).path)).toEqual([first, second])
    expect(exitCode).toBe(0)
  })
})

describe('something wrong with what is stored', () => {
  const host = new HostTree()
  afterAll(() => host[Symbol.dispose]())
  beforeAll(() => {
    writeFileSync(host.at('short'), '')
    using short = host.object('short')
    using file = reopen(short.handle(), O_RDONLY)
    setxattr(file, 'user.virtfs.uid', Buffer.from('e80300', 'hex'))
    symlinkSync('anywhere', host.at('host symlink'))
  })
  const model = ['--security-model', 'mapped-xattr'] as const

  it('is named on stderr and ends with 1, whatever stdout shows', async () => {
    const { stdout, stderr, exitCode } = await stat(...model, '-c', '%u', host.at('short'))
    expect(stdout).toBe(`${user}\n`)
    expect(stderr).toBe(
      `virtfs: "${host.at('short')}": wrong-width (user.virtfs.uid is 3 bytes wide instead of 4; it is taken as absent)\n`,
    )
    expect(exitCode).toBe(1)
  })

  it('is in the block and in JSON', async () => {
    const block = await stat(...model, host.at('host symlink'))
    expect(block.stdout).toMatch(/^Problem: host-symlink: .+$/m)
    const { stdout } = await stat(...model, '--json', host.at('host symlink'))
    const [entry] = (JSON.parse(stdout) as { entries: EntryJson[] }).entries
    expect(entry?.['problems']).toEqual([{ code: 'host-symlink', message: expect.any(String) as string }])
    expect(entry).toMatchObject({ type: 'symlink', target: 'anywhere' })
  })
})

describe('names that are no text', () => {
  const host = new HostTree()
  afterAll(() => host[Symbol.dispose]())
  beforeAll(() => {
    for (const name of ['b\xff', '\xc3\xa9']) {
      writeFileSync(Buffer.concat([Buffer.from(`${host.path}/`), Buffer.from(name, 'latin1')]), name, 'latin1')
    }
  })

  it('reach the tree as the bytes that were typed, and are shown as \\xHH', () => {
    const { stdout, stderr } = shell(`"$@" stat -c '%n %s' $'b\\xff' é nothing$'\\xfe'`, { cwd: host.path })
    expect(stdout).toBe('b\\xff 2\n\xc3\xa9 2\n')
    expect(stderr).toBe('virtfs: Cannot stat "nothing\\xfe": ENOENT (there is nothing of that name)\n')
  })

  it('are in JSON as text and, where they are none, in base64 too', () => {
    const { stdout } = shell(`"$@" stat --json $'b\\xff' é`, { cwd: host.path })
    const document = JSON.parse(Buffer.from(stdout, 'latin1').toString('utf8')) as { entries: EntryJson[] }
    expect(document.entries.map(({ path, pathBase64 }) => ({ path, pathBase64 }))).toEqual([
      { path: 'b\\xff', pathBase64: Buffer.from('b\xff', 'latin1').toString('base64') },
      { path: 'é', pathBase64: undefined },
    ])
  })
})

describe('wrong usage ends with 2 and one line', () => {
  const refused: readonly (readonly [argv: readonly string[], line: string])[] = [
    [[], 'Cannot run stat: no PATH given (see virtfs stat --help)'],
    [['--nombre', 'host', '/'], 'Cannot use --nombre: there is no such flag (see virtfs stat --help)'],
    [['-Q', '/'], 'Cannot use -Q: there is no such flag (see virtfs stat --help)'],
    [['-c', '%q', '/'], 'Cannot use the format "%q": there is no sequence %q'],
    [['-c', '%{nothing}', '/'], 'Cannot use the format "%{nothing}": there is no sequence %{nothing}'],
    [['-c', 'cut %5', '/'], 'Cannot use the format "cut %5": there is no sequence %5'],
    [['-f', '-c', '%u', '/'], 'Cannot use the format "%u": there is no sequence %u'],
    [['--printf', '\\q', '/'], 'Cannot use the format "\\q": there is no escape \\q'],
    [['--root', '/nowhere', '/'], 'Cannot open "/nowhere": ENOENT (name the exported directory)'],
  ]
  it.each(refused)('%j', async (argv, line) => {
    expect(await stat(...argv)).toEqual({ stdout: '', stderr: `virtfs: ${line}\n`, exitCode: 2 })
  })

  it.each([
    [['--security-model', 'mapped-files', '/']],
    [['-t', '-c', '%n', '/']],
    [['--json', '--jsonl', '/']],
    [['-c']],
  ])('%j, in the words of the parser', async (argv) => {
    const { stderr, exitCode } = await stat(...argv)
    expect(stderr).toMatch(/^virtfs: Cannot read the command line: [^\n]+ \(see virtfs stat --help\)\n$/)
    expect(exitCode).toBe(2)
  })

  it('says so in JSON to those who asked for JSON', async () => {
    const { stdout, stderr } = await stat('--json', '--root', '/nowhere', '/')
    expect(JSON.parse(stdout)).toEqual({ schema: 1, error: stderr.replace(/^virtfs: /, '').trimEnd() })
  })
})

describe('output', () => {
  it('that nobody reads any more is no error', () => {
    const { stderr, exitCode } = shell(`"$@" stat ${'/ '.repeat(2000)} | head -c 1; exit \${PIPESTATUS[0]}`)
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  })

  it('that cannot be written is one', () => {
    const { stderr, exitCode } = shell('"$@" stat / > /dev/full')
    expect(stderr).toBe('virtfs: Cannot write the output: ENOSPC (it is incomplete)\n')
    expect(exitCode).toBe(1)
  })

  it('has no colours, though they be forced', () => {
    const { stdout } = virtfs(['stat', '--json', '/'], { env: { FORCE_COLOR: '3' } })
    expect(stdout).not.toContain('\x1b')
  })
})
