// `virtfs stat -R`: everything below a directory, in find(1)'s order, by any number of threads.

import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import fastGlob from 'fast-glob'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canMount, mountTmpfs } from '../support/host/mounts.js'
import { isRoot, nobody } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'
import { ViewedTree } from '../support/viewed-tree.js'
import { environment, shell, virtfs } from './run.js'

interface EntryJson {
  readonly path: string
  readonly type: string
  readonly uid: number
  readonly problems: readonly { readonly code: string }[]
}

const lines = (text: string): string[] => text.split('\n').slice(0, -1)
const parsed = (jsonl: string): EntryJson[] =>
  lines(jsonl).map((line) => JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as EntryJson)

describe('a tree that keeps ownership in its inodes', () => {
  let tree: HostTree

  beforeAll(() => {
    tree = new HostTree()
    for (const directory of ['a', 'a/deeper', 'a/deeper/still', 'empty', '.hidden', 'b c'])
      mkdirSync(tree.at(directory))
    for (let index = 0; index < 1500; index++) writeFileSync(tree.at(`a/${index}`), 'x'.repeat(index % 9))
    for (const name of ['top.txt', 'a/deeper/one.txt', 'a/deeper/still/two.log', '.hidden/three.txt', 'b c/€.txt'])
      writeFileSync(tree.at(name), name)
    linkSync(tree.at('top.txt'), tree.at('b c/linked'))
    symlinkSync('..', tree.at('a/deeper/up'))
    execFileSync('mkfifo', [tree.at('b c/fifo')])
  })
  afterAll(() => tree[Symbol.dispose]())

  it.each([[[]], [['--jobs', '1']], [['--jobs', '3']]])(
    'is shown in the order of find, whatever the threads: %j',
    (jobs) => {
      const format = ['-R', '-c', '%n %f %u %g %s %h %i %Y']
      const { stdout, stderr, exitCode } = virtfs(['stat', ...format, ...jobs, tree.path])
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
      const printf = '%p %i\n'
      const found = execFileSync('find', [tree.path, '-printf', printf], { encoding: 'latin1' })
      expect(lines(stdout).map((line) => line.replace(/ (?:\S+ ){5}(\S+) \S+$/, ' $1'))).toEqual(lines(found))
      const gnu = execFileSync('find', [tree.path, '-exec', 'stat', ...format.slice(1), '{}', '+'], {
        encoding: 'latin1',
      })
      expect(stdout).toBe(gnu)
    },
  )

  it('is one document under --json, which is the same as its lines', () => {
    const { stdout } = virtfs(['stat', '-R', '--json', tree.path])
    const document = JSON.parse(Buffer.from(stdout, 'latin1').toString('utf8')) as { schema: number; entries: object[] }
    const byLine = parsed(virtfs(['stat', '-R', '--jsonl', tree.path]).stdout)
    expect(document.schema).toBe(1)
    expect(document.entries).toEqual(byLine)
    expect(byLine).toHaveLength(Number(execFileSync('sh', ['-c', 'find "$1" | wc -l', 'sh', tree.path]).toString()))
    expect(stdout).toBe(Buffer.from(`${JSON.stringify(document, undefined, 2)}\n`, 'utf8').toString('latin1'))
  })

  it.each<[include: string[], exclude: string[]]>([
    [['**/*.txt'], []],
    [['*.txt'], []],
    [['a/**'], ['a/deeper']],
    [['{top,b c/*}*', '**/t?o.log'], []],
    [['**'], ['.hidden', '[0-9]*']],
    [['**'], ['a/deeper/**', '!(a)/fifo']],
    [['b c/?.txt'], []],
  ])('has of --include %j --exclude %j what fast-glob has', (include, exclude) => {
    const flags = [...include.map((glob) => `--include=${glob}`), ...exclude.map((glob) => `--exclude=${glob}`)]
    const { stdout, exitCode } = virtfs(['stat', '-R', '-c', '%n', ...flags, tree.path])
    const options = { cwd: tree.path, dot: true, onlyFiles: false, followSymbolicLinks: false, baseNameMatch: true }
    // The pattern that matches nothing makes fast-glob begin at the top: where it begins it looks at nothing.
    const expected = fastGlob.sync([...include, '**/nothing'], { ...options, ignore: exclude })
    const found = lines(Buffer.from(stdout, 'latin1').toString('utf8')).map((path) => path.slice(tree.path.length + 1))
    expect(exitCode).toBe(0)
    expect(expected.length).toBeGreaterThan(0)
    expect(found.sort()).toEqual(expected.sort())
  })

  it('calls entries by PATH as it was given', () => {
    const show = (cwd: string, path: string): string[] =>
      lines(virtfs(['stat', '-R', '-c', '%n', path], { cwd }).stdout)
    expect(show(tree.at('a'), 'deeper')).toContain('deeper/still/two.log')
    expect(show(tree.at('a'), 'deeper/')).toContain('deeper/still/two.log')
    expect(show(tree.at('a/deeper'), '.')).toContain('./still/two.log')
    expect(show('/', tree.at('top.txt'))).toEqual([tree.at('top.txt')])
  })

  it('follows no symlink on the way, with -L either: that is for PATH', () => {
    const under = (...flags: string[]): EntryJson[] => parsed(virtfs(['stat', '-R', '--jsonl', ...flags]).stdout)
    expect(under('-L', tree.at('a/deeper')).map(({ type }) => type)).toContain('symlink')
    expect(under(tree.at('a/deeper/up'))).toMatchObject([{ type: 'symlink' }])
  })

  it('ends when nobody reads on', () => {
    using spoilt = new HostTree()
    const spoil =
      'import os,sys\nfor i in range(3000):\n p=f"{sys.argv[1]}/{i}"; open(p,"w"); os.setxattr(p,"user.virtfs.uid",b"odd")'
    execFileSync('python3', ['-c', spoil, spoilt.path])
    // Each entry has more to print than a pipe holds, and something wrong, which is told on stderr.
    const { stdout, stderr, exitCode } = shell(`"$@" stat -R -c '%n %99999n' '${spoilt.path}' | head -n 2 | cut -c1-9`)
    expect({ count: lines(stdout).length, exitCode }).toEqual({ count: 2, exitCode: 0 })
    expect(lines(stderr).length).toBeLessThan(3000)
  })

  it('is whole for a reader that takes its time', () => {
    const { stdout } = shell(`"$@" stat -R -c '%n %n %n %n %n' '${tree.path}' | (sleep 1; wc -l)`)
    expect(Number(stdout)).toBe(Number(execFileSync('sh', ['-c', 'find "$1" | wc -l', 'sh', tree.path]).toString()))
  })

  it.skipIf(!isRoot)('goes on past what may not be read, names it, and ends with 1', () => {
    using closed = new HostTree()
    mkdirSync(closed.at('shut'))
    writeFileSync(closed.at('shut/inside'), '')
    writeFileSync(closed.at('beside'), '')
    chownSync(closed.path, nobody.uid, nobody.gid)
    chmodSync(closed.at('shut'), 0)
    const { stdout, stderr, exitCode } = virtfs(['stat', '-R', '-c', '%n', closed.path], {
      uid: nobody.uid,
      gid: nobody.gid,
      cwd: '/',
    })
    expect(lines(stdout).sort()).toEqual([closed.path, closed.at('beside'), closed.at('shut')].sort())
    expect(stderr).toBe(`virtfs: Cannot stat "${closed.at('shut')}": EACCES (run as the tree's owner)\n`)
    expect(exitCode).toBe(1)
  })

  it.skipIf(!isRoot)('works in a directory that is closed to the caller, and cannot be returned to', () => {
    using closed = new HostTree()
    using open = new HostTree()
    chmodSync(closed.path, 0o700)
    chmodSync(open.path, 0o755)
    writeFileSync(open.at('file'), '')
    expect(
      virtfs(['stat', '-R', '-c', '%n', open.path], { uid: nobody.uid, gid: nobody.gid, cwd: closed.path }),
    ).toEqual({ stdout: `${open.path}\n${open.at('file')}\n`, stderr: '', exitCode: 0 })
  })

  it.skipIf(!canMount)('-x stays on the file system of PATH', () => {
    using other = new HostTree()
    mkdirSync(other.at('own'))
    using _mounted = mountTmpfs(other.at('mounted'))
    writeFileSync(other.at('mounted/inside'), '')
    const names = (...flags: string[]): string[] =>
      lines(virtfs(['stat', '-R', '-c', '%n', ...flags, other.path]).stdout).sort()
    expect(names()).toContain(other.at('mounted/inside'))
    expect(names('-x')).toEqual([other.path, other.at('own')])
  })

  it('walks five thousand directories deep', () => {
    using deep = new HostTree()
    const program = 'import os,sys\nos.chdir(sys.argv[1])\nfor i in range(5000): os.mkdir("d"); os.chdir("d")'
    execFileSync('python3', ['-c', program, deep.path])
    const { stdout, stderr, exitCode } = shell(
      `"$@" stat -R --printf '%h\n' '${deep.path}' | sort | uniq -c | tr -s ' '`,
    )
    execFileSync('rm', ['-rf', deep.path])
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: ' 1 2\n 5000 3\n', stderr: '', exitCode: 0 })
  })

  it('refuses a pattern that is none', () => {
    const { stdout, stderr, exitCode } = virtfs(['stat', '-R', '--include', '', tree.path])
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: '',
      stderr: 'virtfs: Cannot use "" as a pattern: it matches nothing\n',
      exitCode: 2,
    })
  })
})

describe.each(['mapped-xattr', 'mapped-file'] as const)('a tree in %s', (model) => {
  let tree: ViewedTree

  beforeAll(() => {
    tree = new ViewedTree(model)
    tree.mkdir('etc', 0o755)
    tree.write('etc/passwd', 'guest:x:1000:1000::/:/bin/sh\nguest again:x:1000:1000::/:/bin/sh\n', 0o644)
    tree.write('etc/group', 'guests:x:1001:\n', 0o644)
    tree.mkdir('d', 0o700)
    tree.symlink('d', 'link')
    tree.write('d/file', 'content', 0o600)
    tree.releaseAll()
  })
  afterAll(() => tree[Symbol.dispose]())

  it('is shown as the guest sees it: links are links, and what the model keeps for itself is not there', () => {
    const { stdout, stderr, exitCode } = virtfs(['stat', '-R', '--jsonl', tree.path])
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    const found = parsed(stdout).map(({ path, type }) => `${path.slice(tree.path.length)} ${type}`)
    expect(found.sort()).toEqual([
      ' directory',
      '/d directory',
      '/d/file file',
      '/etc directory',
      '/etc/group file',
      '/etc/passwd file',
      '/link symlink',
    ])
  })

  it.each([
    [[], 'guest guests'],
    [['--names', 'guest'], 'guest guests'],
    [['--names', 'none'], 'UNKNOWN UNKNOWN'],
    [
      ['--names', 'host'],
      execFileSync(
        'sh',
        [
          '-c',
          'a=$(getent passwd 1000 | cut -d: -f1); b=$(getent group 1001 | cut -d: -f1); echo "${a:-UNKNOWN} ${b:-UNKNOWN}"',
        ],
        { encoding: 'latin1', env: environment() },
      ).trim(),
    ],
  ])('names owners as %j says, in every thread', (flags, expected) => {
    const { stdout } = virtfs(['stat', '-R', '-c', '%U %G', ...flags, `${tree.path}/d`])
    expect(lines(stdout)).toEqual([expected, expected])
  })

  it('reports what is wrong with an entry and goes on', () => {
    using spoilt = new ViewedTree(model)
    spoilt.symlink('x', 'empty')
    spoilt.write('other', '', 0o644)
    spoilt.releaseAll()
    writeFileSync(`${spoilt.path}/empty`, '')
    const { stdout, stderr, exitCode } = virtfs(['stat', '-R', '--jsonl', '--security-model', model, spoilt.path])
    expect(parsed(stdout)).toHaveLength(3)
    expect(stderr).toBe(`virtfs: "${spoilt.path}/empty": symlink-empty (its symlink target is empty)\n`)
    expect(exitCode).toBe(1)
  })
})
