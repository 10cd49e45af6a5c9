// Extended attributes by directory and name, against getfattr: through the working directory of a thread that has one
// of its own, and through /proc.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Errno } from '../../src/errors.js'
import { bytesOf } from '../../src/name.js'
import { openPath } from '../../src/sys/open.js'
import type { Name } from '../../src/name.js'
import { setxattr } from '../../src/sys/xattr.js'
import { attributesAt } from '../support/host/oracle.js'
import { HostTree } from '../support/host/tree.js'
import { inThread } from '../support/in-thread.js'

const MADE = 'user.virtfs.uid'

/** What there is to say of a name: all names of attributes, one value, and what a look with each limit answers. */
interface Seen {
  readonly list: string
  readonly value: string | undefined
  readonly peeks: readonly (number | string)[]
}

let tree: HostTree
beforeEach(() => {
  tree = new HostTree()
})
afterEach(() => tree[Symbol.dispose]())

function give(name: string, attribute: string, hex: string): void {
  using handle = openPath(tree.root, name as Name)
  setxattr(handle!, attribute, Buffer.from(hex, 'hex'))
}

/** Asks in a thread; a call that fails answers with its errno's name. */
const ask = (isOwn: boolean, names: readonly string[], limits: readonly number[]): Promise<Seen[]> =>
  inThread<Seen[]>(
    `const { openTree } = await load('sys/open')
     const { enterDirectory, takeWorkingDirectory } = await load('sys/working-directory')
     const { attributeName, lastValue } = await load('sys/xattr')
     const { getxattrAt, listxattrAt, peekxattrAt } = await load('sys/xattr-at')
     const directory = openTree(data.path, true)
     if (data.isOwn) {
       takeWorkingDirectory()
       enterDirectory(directory)
     }
     const attempt = (action) => { try { return action() } catch (cause) { return cause.code } }
     const made = attributeName('${MADE}')
     const peek = (name, limit) => {
       const length = peekxattrAt(directory, name, made, limit)
       return length < 0 ? length : Buffer.from(lastValue.buffer, lastValue.byteOffset, length).toString('hex')
     }
     answer(data.names.map((name) => ({
       list: attempt(() => listxattrAt(directory, name)),
       value: attempt(() => getxattrAt(directory, name, '${MADE}')?.toString('hex')),
       peeks: data.limits.map((limit) => peek(name, limit)),
     })))`,
    { path: tree.path, isOwn, names, limits },
  )

describe.each([
  ['in a thread with a working directory of its own', true],
  ['through /proc', false],
] as const)('%s', (_title, isOwn) => {
  it('what getfattr reads is read, of files and directories of any name', async () => {
    const names = ['file', 'a b', 'line\nbreak', '-n', '\xff\xe4', 'x'.repeat(255)]
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${tree.path}/`), bytesOf(name)]), '')
    mkdirSync(tree.at('directory'))
    for (const name of [...names, 'directory']) give(name, MADE, 'e8030000')
    expect(attributesAt(tree.at('file'))).toEqual({ [MADE]: 'e8030000' })
    const seen = await ask(isOwn, [...names, 'directory'], [3, 4, 64])
    const expected: Seen = { list: `${MADE}\0`, value: 'e8030000', peeks: [-Errno.ERANGE, 'e8030000', 'e8030000'] }
    expect(seen).toEqual([...names, 'directory'].map(() => expected))
  })

  it('all names are listed, many and long ones too', async () => {
    writeFileSync(tree.at('file'), '')
    const attributes = Array.from({ length: 15 }, (_, number) => `user.${String(number).padEnd(100, 'x')}`)
    for (const attribute of attributes) give('file', attribute, '')
    const [seen] = await ask(isOwn, ['file'], [])
    expect(seen?.list.split('\0').sort()).toEqual(['', ...attributes].sort())
  })

  it('of the directory itself', async () => {
    using handle = tree.directory('')
    setxattr(handle, MADE, Buffer.from('01', 'hex'))
    setxattr(handle, 'user.empty', Buffer.alloc(0))
    const [seen] = await ask(isOwn, ['.'], [4])
    expect(seen?.list.split('\0').sort()).toEqual(['', 'user.empty', MADE])
    expect(seen).toMatchObject({ value: '01', peeks: ['01'] })
  })

  it('what is absent is, and nothing is followed or opened', async () => {
    writeFileSync(tree.at('file'), '')
    writeFileSync(tree.at('target'), '')
    give('target', MADE, '01')
    symlinkSync('target', tree.at('link'))
    execFileSync('mkfifo', [tree.at('fifo')])
    const none: Seen = { list: '', value: undefined, peeks: [-Errno.ENODATA] }
    const nothing: unknown = { list: 'ENOENT', value: 'ENOENT', peeks: [-Errno.ENOENT] }
    expect(await ask(isOwn, ['file', 'link', 'fifo', 'nothing'], [4])).toEqual([none, none, none, nothing])
  })

  it('names that are too long are refused', async () => {
    const [seen] = await ask(isOwn, ['x'.repeat(256)], [4])
    expect(seen).toEqual({ list: 'ENAMETOOLONG', value: 'ENAMETOOLONG', peeks: [-Errno.ENAMETOOLONG] })
  })

  it('the directory that is held is meant, wherever it was moved', async () => {
    mkdirSync(tree.at('one'))
    chmodSync(tree.at('one'), 0o700)
    const code = await inThread<unknown>(
      `const { mkdirSync, renameSync, writeFileSync } = await import('node:fs')
       const { openTree } = await load('sys/open')
       const { enterDirectory, takeWorkingDirectory } = await load('sys/working-directory')
       const { listxattrAt } = await load('sys/xattr-at')
       const directory = openTree(data.path + '/one', true)
       if (data.isOwn && takeWorkingDirectory()) enterDirectory(directory)
       writeFileSync(data.path + '/one/file', '')
       renameSync(data.path + '/one', data.path + '/two')
       mkdirSync(data.path + '/one')
       answer(listxattrAt(directory, 'file'))`,
      { path: tree.path, isOwn },
    )
    expect(code).toBe('')
  })
})
