// Who uses a tree, by `virtfs df`: beside du and find where a tree keeps owners in its inodes, beside what the guest made
// where it does not.

import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import Df from '../../commands/df.js'
import { directoryOfUnprivileged, reachableProject } from '../support/guest/unprivileged.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { canMount, mountTmpfs } from '../support/host/mounts.js'
import { isRoot } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'
import { snapshot } from '../support/snapshot.js'
import { ViewedTree } from '../support/viewed-tree.js'
import { environment, type Outcome, PROGRAM, run, virtfs } from './run.js'

interface Sums {
  readonly entries: number
  readonly apparentBytes: number
  readonly diskBytes: number
}
interface Row extends Sums {
  readonly key: number | string
  readonly name: string | null
}
interface TreeJson {
  readonly path: string
  readonly model: string
  readonly statfs: Record<string, number>
  readonly usage: readonly Row[]
  readonly sideFiles: Sums
  readonly total: Sums
}

const df = (...argv: readonly string[]): Promise<Outcome> => run(Df, argv)

function treesIn({ stdout, stderr, exitCode }: Outcome): TreeJson[] {
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  const document = JSON.parse(Buffer.from(stdout, 'latin1').toString('utf8')) as { schema: number; trees: TreeJson[] }
  expect(Object.keys(document)).toEqual(['schema', 'trees'])
  expect(document.schema).toBe(1)
  return document.trees
}

/** What is said of one tree. */
async function told(...argv: readonly string[]): Promise<TreeJson> {
  const [tree, ...others] = treesIn(await df('--json', ...argv))
  expect(others).toEqual([])
  return tree!
}

/** What du says of a tree. */
function du(path: string, ...flags: readonly string[]): Sums {
  const one = (...how: readonly string[]): number =>
    Number(execFileSync('du', ['-s', ...flags, ...how, path], { encoding: 'latin1' }).split('\t')[0])
  return { entries: one('--inodes'), apparentBytes: one('-B1', '--apparent-size'), diskBytes: one('-B1') }
}

/** What find says of a tree, by a directive of its -printf; what has several names counts once. */
function find(path: string, directive: string, ...expression: readonly string[]): Map<string, Sums> {
  const printed = execFileSync('find', [path, ...expression, '-printf', `%D:%i ${directive} %s %b\n`], {
    encoding: 'latin1',
  })
  const found = new Map<string, Sums>()
  const inodes = new Set<string>()
  for (const line of printed.trim().split('\n')) {
    const [inode = '', key = '', size, blocks] = line.split(' ')
    if (inodes.has(inode)) continue
    inodes.add(inode)
    const { entries, apparentBytes, diskBytes } = found.get(key) ?? { entries: 0, apparentBytes: 0, diskBytes: 0 }
    const sums = [entries + 1, apparentBytes + Number(size), diskBytes + Number(blocks) * 512] as const
    found.set(key, { entries: sums[0], apparentBytes: sums[1], diskBytes: sums[2] })
  }
  return found
}

const sumsOf = ({ entries, apparentBytes, diskBytes }: Sums): Sums => ({ entries, apparentBytes, diskBytes })
const byKey = (rows: readonly Row[]): Map<string, Sums> => new Map(rows.map((row) => [String(row.key), sumsOf(row)]))
const sorted = (sums: Map<string, Sums>): [string, Sums][] => [...sums].sort(([a], [b]) => (a < b ? -1 : 1))

const passthrough = ['--security-model', 'passthrough'] as const

describe('a tree that keeps owners in its inodes', () => {
  const host = new HostTree()
  const path = host.path
  beforeAll(() => {
    for (const directory of ['big', 'small', 'small/deep', 'empty']) mkdirSync(host.at(directory))
    writeFileSync(host.at('big/file'), 'x'.repeat(200_000))
    writeFileSync(host.at('small/deep/file'), 'y'.repeat(5000))
    writeFileSync(host.at('sparse'), '')
    truncateSync(host.at('sparse'), 50_000_000)
    symlinkSync('big/file', host.at('symlink'))
    execFileSync('mkfifo', [host.at('fifo')])
    linkSync(host.at('big/file'), host.at('small/deep/linked'))
    linkSync(host.at('big/file'), host.at('linked'))
    linkSync(host.at('fifo'), host.at('small/fifo'))
    if (isRoot) execFileSync('chown', ['1234:4321', host.at('big/file'), host.at('small'), host.at('small/deep/file')])
  })
  afterAll(() => host[Symbol.dispose]())

  it('comes to what du says, each inode once, and nothing for holes', async () => {
    const { total, sideFiles } = await told(path)
    expect(total).toEqual(du(path))
    expect(du(path, '-l').diskBytes).toBeGreaterThan(total.diskBytes + 2 * 200_000)
    expect(total.apparentBytes).toBeGreaterThan(50_000_000)
    expect(total.diskBytes).toBeLessThan(1_000_000)
    expect(sideFiles).toEqual({ entries: 0, apparentBytes: 0, diskBytes: 0 })
  })

  it.each([
    ['user', '%U'],
    ['group', '%G'],
  ])('by %s comes to what find says', async (by, directive) => {
    const { usage } = await told('--by', by, path)
    expect(sorted(byKey(usage))).toEqual(sorted(find(path, directive)))
    if (isRoot) expect(usage).toHaveLength(2)
  })

  it('by type comes to what find says', async () => {
    const letters = { f: 'file', d: 'directory', l: 'symlink', p: 'fifo' }
    const types = new Map(
      [...find(path, '%y')].map(([letter, sums]) => [letters[letter as keyof typeof letters], sums]),
    )
    const { usage } = await told('--by', 'type', path)
    expect(sorted(byKey(usage))).toEqual(sorted(types))
    expect(usage.map(({ name }) => name)).toEqual([null, null, null, null])
  })

  it('by top has a row for each directory in the root and one for the root, and hard links in one of them', async () => {
    const { usage, total } = await told('--by', 'top', path)
    expect(usage.map(({ key }) => key).sort()).toEqual(['.', 'big', 'empty', 'small'])
    expect(usage.map(({ entries }) => entries).reduce((a, b) => a + b)).toBe(total.entries)
    expect(usage.filter(({ diskBytes }) => diskBytes > 200_000)).toHaveLength(1)
    expect(byKey(usage).get('empty')).toEqual(du(host.at('empty')))
  })

  it('is counted alike by any number of threads, entries in their order', () => {
    using large = new HostTree()
    const script = `cd "$0" && for d in {1..40}; do mkdir $d; touch $d/{1..100}; ln $d/1 $d/linked; test $d = 1 || ln $d/2 $((d / 2))/from-$d; done`
    execFileSync('bash', ['-c', script, large.path])
    const shown = ['1', '2', '3'].map((jobs) => virtfs(['df', '--json', '--by', 'top', '--jobs', jobs, large.path]))
    const [first, ...others] = shown.map((outcome) => treesIn(outcome)[0]!)
    expect(first?.total).toEqual(du(large.path))
    expect(first?.total.entries).toBeGreaterThan(4000)
    for (const other of others) expect(other.usage).toEqual(first?.usage)
  })

  it('has what patterns leave of it', async () => {
    const excluding = await told('--exclude', 'small', '--exclude', '*.nothing', path)
    expect(excluding.total).toEqual(du(path, `--exclude=${host.at('small')}`))
    const including = await told('--include', '*file', path)
    expect(including.total).toEqual([...find(path, 'all', '-name', '*file').values()][0])
  })

  it('names owners by this host, or not at all', async () => {
    const [named] = (await told('--names', 'host', path)).usage.filter(({ key }) => key === 0)
    if (isRoot) expect(named?.name).toBe('root')
    for (const { name } of (await told('--names', 'none', path)).usage) expect(name).toBeNull()
  })

  it('has exactly the promised members in JSON', async () => {
    const tree = await told(path)
    expect(Object.keys(tree)).toEqual(['path', 'model', 'statfs', 'unfinished', 'usage', 'sideFiles', 'total'])
    const members = 'type blockSize blocks free available files filesFree nameLength'
    expect(Object.keys(tree.statfs)).toEqual(members.split(' '))
    expect(tree).toMatchObject({ path, model: 'passthrough' })
    expect(Object.keys(tree.usage[0]!)).toEqual(['key', 'name', 'entries', 'apparentBytes', 'diskBytes'])
    expect(Object.keys(tree.total)).toEqual(['entries', 'apparentBytes', 'diskBytes'])
    expect(tree.usage.every(({ key }) => typeof key === 'number')).toBe(true)
  })

  it('has its file system alone with --no-usage', async () => {
    expect(Object.keys(await told('--no-usage', path))).toEqual(['path', 'model', 'statfs', 'unfinished'])
    expect((await df('--no-usage', path)).stdout.split('\n')).toHaveLength(3)
  })

  it('is the same after it was counted, and no descriptor stays open', async () => {
    const before = snapshot(path)
    await df(path)
    const descriptors = openDescriptors()
    await df(path, host.at('nothing'))
    expect(openDescriptors()).toEqual(descriptors)
    expect(snapshot(path)).toEqual(before)
  })
})

describe.runIf(canMount)('a file system that is mounted in a tree', () => {
  it('belongs to it, and not with -x', async () => {
    using host = new HostTree()
    using _ = mountTmpfs(host.at('mounted'))
    writeFileSync(host.at('mounted/file'), 'x'.repeat(10_000))
    writeFileSync(host.at('file'), 'y')
    expect((await told(...passthrough, host.path)).total).toEqual(du(host.path))
    expect((await told(...passthrough, '-x', host.path)).total).toEqual(du(host.path, '-x'))
    expect(du(host.path, '-x').entries).toBe(2)
  })
})

describe.each(['mapped-xattr', 'mapped-file'] as const)('a tree in %s', (model) => {
  let tree: ViewedTree
  beforeAll(() => {
    tree = new ViewedTree(model)
    tree.mkdir('directory')
    tree.write('directory/file', 'x'.repeat(100_000))
    tree.write('file', 'content')
    tree.symlink('file', 'symlink')
    tree.mknod('char', 0o020620, { major: 4, minor: 64 })
    tree.link('directory/file', 'linked')
    tree.chown('file', 7, 8)
    tree.releaseAll()
  })
  afterAll(() => tree[Symbol.dispose]())
  const isBeside = ['(', '-name', '.virtfs_metadata*', '-o', '-path', '*/.virtfs_metadata/*', ')'] as const

  it('is told apart by the guest’s owners', async () => {
    const { model: detected, usage } = await told(tree.path)
    const user = process.geteuid?.() ?? 0
    expect(detected).toBe(model)
    expect(new Map(usage.map(({ key, entries }) => [key, entries]))).toEqual(
      new Map([
        [1000, 4],
        [7, 1],
        [user, 1],
      ]),
    )
    expect((await told('--by', 'group', tree.path)).usage.map(({ key }) => key)).toContain(8)
  })

  it('is told apart by the guest’s types', async () => {
    const { usage } = await told('--by', 'type', tree.path)
    expect(new Map(usage.map(({ key, entries }) => [key, entries]))).toEqual(
      new Map([
        ['directory', 2],
        ['file', 2],
        ['symlink', 1],
        ['char', 1],
      ]),
    )
  })

  it('has its side files in a sum of their own, and takes in all what du says on the host', async () => {
    const { usage, sideFiles, total } = await told(tree.path)
    const beside = find(tree.path, 'all', ...isBeside).get('all') ?? { entries: 0, apparentBytes: 0, diskBytes: 0 }
    expect(sideFiles).toEqual(beside)
    expect(total).toEqual(du(tree.path))
    expect(usage.map(({ diskBytes }) => diskBytes).reduce((a, b) => a + b)).toBe(total.diskBytes - beside.diskBytes)
    // Two directories, and records of which the two names of one file share one.
    if (model === 'mapped-file') expect(sideFiles.entries).toBe(7)
  })

  it('has a line for them in text where there are any', async () => {
    const { stdout } = await df('-i', tree.path)
    expect(/^\(side files\) +\d+ +\d+\.\d%$/m.test(stdout)).toBe(model === 'mapped-file')
  })

  it('is counted alike where there are no system calls of Linux', async () => {
    const [portable] = treesIn(virtfs(['df', '--json', tree.path], { env: { VIRTFS_HOST: 'portable' } }))
    const { usage, sideFiles, total } = await told(tree.path)
    expect(portable).toMatchObject({ model, usage, sideFiles, total })
  })

  it('under a model without side files has none', async () => {
    const { sideFiles, total } = await told('--security-model', 'none', tree.path)
    expect(sideFiles.entries).toBe(0)
    expect(total).toEqual(du(tree.path))
  })
})

describe('the names of a tree’s owners', () => {
  it('are its own where it has any', async () => {
    using tree = new ViewedTree('mapped-xattr')
    tree.mkdir('etc')
    tree.write('etc/passwd', 'gil:x:1000:1000::/:/bin/sh\n')
    tree.releaseAll()
    const names = async (...argv: readonly string[]): Promise<(string | null)[]> =>
      (await told(...argv, tree.path)).usage.filter(({ key }) => key === 1000).map(({ name }) => name)
    expect(await names()).toEqual(['gil'])
    expect(await names('--names', 'none')).toEqual([null])
    expect((await df(tree.path)).stdout).toMatch(/^gil +2 /m)
  })
})

describe('rows', () => {
  const host = new HostTree()
  beforeAll(() => {
    // From many small entries to one large one.
    for (const [name, files, bytes] of [
      ['many', 20, 1],
      ['middle', 3, 50_000],
      ['large', 1, 300_000],
    ] as const) {
      mkdirSync(host.at(name))
      for (let index = 0; index < files; index += 1) writeFileSync(host.at(`${name}/${index}`), 'x'.repeat(bytes))
    }
  })
  afterAll(() => host[Symbol.dispose]())
  const firstWords = async (...argv: readonly string[]): Promise<string[]> => {
    const { stdout } = await df('--by', 'top', ...argv, host.path)
    const [, table = ''] = stdout.split('\n\n')
    return table
      .trimEnd()
      .split('\n')
      .map((line) => line.split('  ')[0] ?? '')
  }

  it('come in the order that is asked for', async () => {
    expect(await firstWords()).toEqual(['Directory', 'large', 'middle', 'many', '.'])
    expect(await firstWords('--sort', 'usage')).toEqual(['Directory', 'large', 'middle', 'many', '.'])
    expect(await firstWords('--sort', 'entries')).toEqual(['Directory', 'many', 'middle', 'large', '.'])
    expect(await firstWords('-i')).toEqual(['Directory', 'many', 'middle', 'large', '.'])
    expect(await firstWords('--sort', 'name')).toEqual(['Directory', '.', 'large', 'many', 'middle'])
  })

  it('are no more than the limit, and the rest in one', async () => {
    expect(await firstWords('--limit', '2', '--total')).toEqual(['Directory', 'large', 'middle', '(2 others)', 'total'])
    expect(await firstWords('--limit', '3')).toEqual(['Directory', 'large', 'middle', 'many', '(1 other)'])
    expect(await firstWords('--limit', '4')).toEqual(['Directory', 'large', 'middle', 'many', '.'])
    const { usage, total } = await told('--by', 'top', '--limit', '1', host.path)
    expect(usage.map(({ key }) => key)).toEqual(['large'])
    expect(total).toEqual(du(host.path))
  })

  it('show what they are in, with their share of all of it', async () => {
    const { stdout } = await df('--by', 'top', '-B1', '--total', ...passthrough, host.path)
    const [, table = ''] = stdout.split('\n\n')
    const { usage, total } = await told('--by', 'top', host.path)
    const line = ({ entries, apparentBytes, diskBytes }: Sums): string[] => [
      ...[entries, apparentBytes, diskBytes].map(String),
      `${((diskBytes / total.diskBytes) * 100).toFixed(1)}%`,
    ]
    expect(
      table
        .trimEnd()
        .split('\n')
        .map((text) => text.split(/ +/)),
    ).toEqual([
      ['Directory', 'Entries', 'Apparent', 'Disk', 'Share'],
      ...usage.map((row) => [String(row.key), ...line(row)]),
      ['total', ...line(total)],
    ])
  })

  it('have bars on a terminal, as wide as it allows, and nowhere else', async () => {
    const onTerminal = (columns: number): string => {
      const line = `stty cols ${columns}; '${process.execPath}' '${PROGRAM}' df --by top '${host.path}'`
      return execFileSync('script', ['-qec', line, '/dev/null'], { input: '', encoding: 'utf8', env: environment() })
    }
    const bars = (text: string): string[] => text.match(/[█▏▎▍▌▋▊▉]+(?=\r?\n)/g) ?? []
    const { usage, total } = await told('--by', 'top', host.path)
    const wide = onTerminal(80)
    const shares = usage.map(({ diskBytes }) => diskBytes / total.diskBytes)
    for (const [index, share] of shares.entries()) {
      expect(Math.abs(bars(wide)[index]!.length - share * 20)).toBeLessThanOrEqual(1)
    }
    const [, table = ''] = wide.replaceAll('\r', '').split('\n\n')
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(bars(onTerminal(45))).toEqual([])
  })
})

describe('names that are no text', () => {
  it('are shown as \\xHH, and in JSON in base64 too', async () => {
    using host = new HostTree()
    for (const name of ['b\xff', '\xc3\xa9'])
      mkdirSync(Buffer.concat([Buffer.from(`${host.path}/`), Buffer.from(name, 'latin1')]))
    const { usage } = await told('--by', 'top', host.path)
    const keys = usage.map(({ key, ...row }) => [key, Reflect.get(row, 'keyBase64') as unknown])
    expect(keys.sort()).toEqual([
      ['.', undefined],
      ['b\\xff', Buffer.from('b\xff', 'latin1').toString('base64')],
      ['é', undefined],
    ])
    const { stdout } = await df('--by', 'top', host.path)
    expect(stdout).toContain('b\\xff ')
    expect(stdout).toContain('\xc3\xa9 ')
  })
})

describe('several trees', () => {
  it('have a line each in one table, then a table each under their names', async () => {
    using first = new HostTree()
    using second = new HostTree()
    const { stdout, exitCode } = await df(...passthrough, first.path, second.path)
    const [fileSystems = '', one = '', two = ''] = stdout.split('\n\n')
    expect(fileSystems.split('\n').map((line) => line.split(/ +/).at(-1))).toEqual(['Tree', first.path, second.path])
    expect([one, two].map((table) => table.split('\n')[0])).toEqual([`${first.path}:`, `${second.path}:`])
    expect(exitCode).toBe(0)
    const trees = treesIn(await df('--json', first.path, second.path))
    expect(trees.map(({ path }) => path)).toEqual([first.path, second.path])
  })

  it('go on after one that cannot be looked at, which stderr names, and end with 1', async () => {
    using host = new HostTree()
    writeFileSync(host.at('file'), '')
    const { stdout, stderr, exitCode } = await df('--json', host.at('missing'), host.at('file'), host.path)
    expect(stderr.split('\n')).toEqual([
      `virtfs: Cannot open "${host.at('missing')}": ENOENT (name the exported directory)`,
      `virtfs: Cannot open "${host.at('file')}": ENOTDIR (name the exported directory)`,
      '',
    ])
    expect((JSON.parse(stdout) as { trees: TreeJson[] }).trees.map(({ path }) => path)).toEqual([host.path])
    expect(exitCode).toBe(1)
  })
})

describe('what may not be looked at', () => {
  it('is named on stderr and ends with 1; the rest is counted', () => {
    using directory = directoryOfUnprivileged()
    using project = reachableProject()
    mkdirSync(join(directory.path, 'open'))
    mkdirSync(join(directory.path, 'closed'))
    writeFileSync(join(directory.path, 'closed', 'file'), '')
    chmodSync(join(directory.path, 'closed'), 0)
    const program = join(project.root, 'bin', 'run.js')
    const { stdout, stderr, status } = spawnSync(
      project.node,
      [program, 'df', '--json', ...passthrough, directory.path],
      { ...project.spawnOptions, encoding: 'utf8', env: environment() },
    )
    chmodSync(join(directory.path, 'closed'), 0o700)
    expect(stderr).toBe(`virtfs: Cannot look at "${directory.path}/closed": EACCES (run as the tree's owner)\n`)
    expect((JSON.parse(stdout) as { trees: TreeJson[] }).trees[0]?.total.entries).toBe(3)
    expect(status).toBe(1)
  })
})

describe('wrong usage ends with 2 and one line', () => {
  it.each([
    [[], 'Cannot run df: no TREE given (see virtfs df --help)'],
    [['--include', '', '--', '/'], 'Cannot use "" as a pattern: it matches nothing'],
    [['-B', '0', '/'], 'Cannot use "0" as a size of blocks: it is a number, a unit, or both (4096, M, 512K, 10MB)'],
    [['--root', '/', '/'], 'Cannot use --root: there is no such flag (see virtfs df --help)'],
  ])('%j', async (argv, line) => {
    expect(await df(...argv)).toEqual({ stdout: '', stderr: `virtfs: ${line}\n`, exitCode: 2 })
  })

  it.each([[['--by', 'owner', '/']], [['--sort', 'size', '/']], [['--limit', '0', '/']], [['--jobs', '0', '/']]])(
    '%j, in the words of the parser',
    async (argv) => {
      const { stderr, exitCode } = await df(...argv)
      expect(stderr).toMatch(/^virtfs: Cannot read the command line: [^\n]+ \(see virtfs df --help\)\n$/)
      expect(exitCode).toBe(2)
    },
  )
})
