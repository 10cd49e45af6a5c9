// Which tree a host path lies in, and how it goes on inside: as the guest's kernel would, and never out of it.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import Stat from '../../commands/stat.js'
import { UsageError } from '../../src/errors.js'
import { guestUid } from '../../src/ids.js'
import { Inspector } from '../../src/inspect/inspector.js'
import { openTree } from '../../src/sys/open.js'
import { setxattr } from '../../src/sys/xattr.js'
import { asNobody } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'
import { refusalOf } from '../support/refusal.js'
import { ViewedTree } from '../support/viewed-tree.js'
import { run } from './run.js'

const models = ['mapped-xattr', 'mapped-file', 'passthrough'] as const

describe.each(models)('symlinks of a guest, %s', (model) => {
  let tree: ViewedTree
  beforeAll(() => {
    tree = new ViewedTree(model)
    tree.mkdir('etc')
    tree.write('etc/passwd', 'guest')
    tree.mkdir('home')
    tree.mkdir('home/deep')
    tree.symlink('/etc/passwd', 'absolute')
    tree.symlink('../../etc/passwd', 'home/deep/relative')
    tree.symlink('../../../../../../../etc/passwd', 'home/beyond')
    tree.symlink('/etc', 'directory')
    tree.symlink('absolute', 'chain')
    tree.symlink('etc/', 'slash')
    tree.symlink('loop', 'loop')
    tree.symlink('etc/passwd/', 'no directory')
    tree.symlink(`${tree.outside}/canary`, 'outside')
    tree.symlink('a'.repeat(300), 'too long a name')
    symlinkSync(`${tree.outside}/canary`, `${tree.path}/planted`)
    symlinkSync(tree.outside, `${tree.path}/planted directory`)
    tree.releaseAll()
  })
  afterAll(() => tree[Symbol.dispose]())

  const look = (path: string, follows: boolean): string => {
    using inspector = new Inspector({ root: tree.path, model })
    const { guest, target } = inspector.entry(`${tree.path}/${path}`, follows)
    return target === undefined ? `${guest.host.size}` : `-> ${target}`
  }

  it.each(['absolute', 'home/deep/relative', 'home/beyond', 'chain', 'directory/passwd', 'slash/passwd'])(
    'are followed inside the tree: %s',
    (path) => expect(look(path, true)).toBe('5'),
  )

  it('stand for themselves at the end of a path, unless told otherwise', () => {
    expect(look('absolute', false)).toBe('-> /etc/passwd')
    expect(look('directory/../absolute', false)).toBe('-> /etc/passwd')
  })

  it.each([
    ['loop', 'ELOOP'],
    ['no directory', 'ENOTDIR'],
    ['outside', 'ENOENT'],
    ['planted', 'ENOENT'],
    ['planted directory/canary', 'ENOENT'],
    ['too long a name', 'ENAMETOOLONG'],
    ['etc/passwd/x', 'ENOTDIR'],
    ['etc/passwd/.', 'ENOTDIR'],
    ['etc/passwd/..', 'ENOTDIR'],
  ])('never lead outside, nor astray: %s is %s', (path, code) => {
    expect(refusalOf(() => look(path, true))).toBe(code)
  })

  it('that point outside are not followed on a tree that was found, either', () => {
    using inspector = new Inspector({})
    expect(refusalOf(() => inspector.entry(`${tree.path}/outside`, true))).toBe('ENOENT')
    expect(refusalOf(() => inspector.entry(`${tree.path}/planted`, true))).toBe('ENOENT')
  })
})

describe('the root of a tree', () => {
  const rootOf = (path: string, root?: string): string => {
    using inspector = new Inspector({ root })
    return inspector.entry(path, false).root
  }

  it.each(['mapped-xattr', 'mapped-file'] as const)('is found from anything below it (%s)', (model) => {
    using tree = new ViewedTree(model)
    tree.mkdir('a')
    tree.mkdir('a/b')
    tree.write('a/b/file')
    tree.releaseAll()
    writeFileSync(`${tree.path}/from the host`, '')
    for (const path of ['/a/b/file', '/a/b', '/a', '', '/', '/.', '/a/..', '/from the host']) {
      expect(rootOf(`${tree.path}${path}`), path).toBe(tree.path)
    }
  })

  it('is found through symlinks that lie outside the tree, whatever they lead to', () => {
    using tree = new ViewedTree('mapped-xattr')
    tree.mkdir('a')
    tree.write('a/file')
    tree.releaseAll()
    symlinkSync(`${tree.path}/a`, `${tree.outside}/way in`)
    expect(rootOf(`${tree.outside}/way in/file`)).toBe(tree.path)
    expect(rootOf(`${tree.outside}/way in/file`, tree.path)).toBe(tree.path)
    expect(rootOf(`${tree.outside}/way in`, tree.path)).toBe(tree.path)
  })

  it('is itself when a guest has only changed its owner or mode', () => {
    using tree = new ViewedTree('mapped-xattr')
    tree.mkdir('a')
    tree.setattr('', { mode: 0o700 })
    tree.releaseAll()
    expect(rootOf(tree.path)).toBe(tree.path)
    expect(rootOf(`${tree.path}/a`)).toBe(tree.path)
  })

  it('is itself, however much it looks made by a guest, where everybody may make directories', () => {
    using host = new HostTree()
    const path = host.at('export')
    mkdirSync(path, { mode: 0o700 })
    using directory = openTree(path)
    for (const key of ['uid', 'gid']) setxattr(directory, `user.virtfs.${key}`, Buffer.alloc(4))
    setxattr(directory, 'user.virtfs.mode', Buffer.from('ed410000', 'hex'))
    expect(rootOf(path)).toBe(host.path)
    chmodSync(host.path, 0o1777)
    expect(rootOf(path)).toBe(path)
    chmodSync(path, 0o755)
    chmodSync(host.path, 0o700)
    expect(rootOf(path)).toBe(path)
  })

  it('is the directory at hand where nothing is stored', () => {
    using host = new HostTree()
    mkdirSync(host.at('directory'))
    writeFileSync(host.at('directory/file'), '')
    expect(rootOf(host.at('directory'))).toBe(host.at('directory'))
    expect(rootOf(host.at('directory/file'))).toBe(host.at('directory'))
    expect(rootOf('/')).toBe('/')
  })

  it('that was named must hold what is asked for', () => {
    using tree = new ViewedTree('passthrough')
    expect(refusalOf(() => rootOf(`${tree.outside}/canary`, tree.path))).toBe('EXDEV')
    expect(refusalOf(() => rootOf(`${tree.path}/..`, tree.path))).toBe('EXDEV')
    expect(refusalOf(() => rootOf(`${tree.path}/nothing`, tree.path))).toBe('ENOENT')
    expect(refusalOf(() => rootOf('', tree.path))).toBe('ENOENT')
  })

  it('must be one directory, however it is written', () => {
    using tree = new ViewedTree('passthrough')
    tree.write('file')
    tree.releaseAll()
    expect(rootOf(`${tree.path}/../export/./file`, `${tree.outside}/../export/`)).toBe(tree.path)
    expect(() => rootOf(tree.path, `${tree.path}/file`)).toThrow(UsageError)
  })

  it('need not be listed by whoever looks at something in it', () => {
    using host = new HostTree()
    chmodSync(host.path, 0o711)
    writeFileSync(host.at('file'), 'x')
    chmodSync(host.at('file'), 0o600)
    asNobody(() => {
      using inspector = new Inspector({})
      expect(inspector.entry(host.at('file'), false)).toMatchObject({ model: 'passthrough', guest: { mode: 0o100600 } })
    })
  })
})

describe('the security model', () => {
  it('is not guessed where both forms are stored: one line names both', async () => {
    using tree = new ViewedTree('mapped-file')
    tree.write('by file')
    tree.releaseAll()
    using other = new Inspector({ root: tree.path, model: 'mapped-file' })
    expect(other.entry(`${tree.path}/by file`, false).guest.uid).toBe(1000)
    using host = new HostTree()
    mkdirSync(host.at('.virtfs_metadata'))
    using both = new ViewedTree('mapped-xattr')
    both.mkdir('.virtfs_metadata')
    both.write('file')
    both.releaseAll()
    const { stdout, stderr, exitCode } = await run(Stat, ['-c', '%u', `${both.path}/file`])
    expect(stdout).toBe('')
    expect(stderr).toMatch(
      /^virtfs: Cannot tell the security model of "[^"]+": it is mixed, both mapped-xattr and mapped-file \([^\n]+\) \(name it with --security-model\)\n$/,
    )
    expect(stderr).toContain('(name it with --security-model)')
    expect(exitCode).toBe(1)
    const named = await run(Stat, ['--security-model', 'mapped-xattr', '-c', '%u', `${both.path}/file`])
    expect(named.stdout).toBe('1000\n')
  })

  it('mapped-file hides its own records: to ask for one is refused, and says why', async () => {
    using tree = new ViewedTree('mapped-file')
    tree.write('file')
    tree.setattr('', { mode: 0o755 })
    tree.releaseAll()
    for (const name of ['.virtfs_metadata', '.virtfs_metadata/file', '.virtfs_metadata_root']) {
      const { stderr, exitCode } = await run(Stat, [`${tree.path}/${name}`])
      expect(stderr).toBe(
        `virtfs: Cannot stat "${tree.path}/${name}": EINVAL (the security model keeps its own records under that name; no guest sees them)\n`,
      )
      expect(exitCode).toBe(1)
    }
  })

  it('of a root that a guest owns shows it from where the model keeps it', async () => {
    using tree = new ViewedTree('mapped-file')
    tree.setattr('', { uid: guestUid(7) })
    tree.releaseAll()
    const { stdout } = await run(Stat, ['-c', '%u %{source:u} %{model}', tree.path])
    expect(stdout).toBe('7 sidecar mapped-file\n')
  })
})
