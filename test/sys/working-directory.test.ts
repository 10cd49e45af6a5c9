// A thread's own working directory, as the kernel and node:fs see it from inside and outside.

import { mkdirSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { enterDirectory, hasOwnWorkingDirectory } from '../../src/sys/working-directory.js'
import { HostTree } from '../support/host/tree.js'
import { inThread } from '../support/in-thread.js'

let tree: HostTree
beforeEach(() => {
  tree = new HostTree()
  mkdirSync(tree.at('one'))
  mkdirSync(tree.at('two'))
  writeFileSync(tree.at('two/file'), '')
})
afterEach(() => tree[Symbol.dispose]())

it('a thread that has taken one goes where it likes, and nobody goes with it', async () => {
  const before = readlinkSync('/proc/self/cwd')
  const seen = await inThread<unknown>(
    `const { readdirSync, readlinkSync } = await import('node:fs')
     const { openTree } = await load('sys/open')
     const { enterDirectory, hasOwnWorkingDirectory, leaveDirectory, takeWorkingDirectory } = await load('sys/working-directory')
     const where = () => readlinkSync('/proc/thread-self/cwd')
     const seen = [hasOwnWorkingDirectory(), takeWorkingDirectory(), takeWorkingDirectory(), hasOwnWorkingDirectory()]
     for (const [path, isPathOnly] of [['/one', false], ['/two', true]]) {
       const directory = openTree(data + path, isPathOnly)
       enterDirectory(directory)
       leaveDirectory(directory)
       directory.close()
       seen.push(where(), readdirSync('.'), readlinkSync('/proc/self/cwd'))
     }
     answer(seen)`,
    tree.path,
  )
  const [one, two] = ['one', 'two'].map((name) => realpathSync(tree.at(name)))
  expect(seen).toEqual([false, true, true, true, one, [], before, two, ['file'], before])
  expect(readlinkSync('/proc/self/cwd')).toBe(before)
})

it('a thread that has none of its own may not change that of all', () => {
  const before = process.cwd()
  expect(hasOwnWorkingDirectory()).toBe(false)
  expect(() => enterDirectory(tree.root)).toThrow(TypeError)
  expect(process.cwd()).toBe(before)
})

it('where the host refuses one, the thread goes without, and may ask again', async () => {
  const seen = await inThread<unknown>(
    `const { injectFaults } = await load('sys/call')
     const { hasOwnWorkingDirectory, takeWorkingDirectory } = await load('sys/working-directory')
     injectFaults((call) => (call === 'unshare' ? 1 : 0))
     const seen = [takeWorkingDirectory(), hasOwnWorkingDirectory()]
     injectFaults(undefined)
     answer([...seen, takeWorkingDirectory(), hasOwnWorkingDirectory()])`,
    undefined,
  )
  expect(seen).toEqual([false, false, true, true])
})

it('what is no directory cannot be entered', async () => {
  const code = await inThread<unknown>(
    `const { openPath, openTree } = await load('sys/open')
     const { enterDirectory, takeWorkingDirectory } = await load('sys/working-directory')
     takeWorkingDirectory()
     try {
       enterDirectory(openPath(openTree(data + '/two'), 'file'))
     } catch (cause) {
       answer(cause.code)
     }`,
    tree.path,
  )
  expect(code).toBe('ENOTDIR')
})

it('whoever roams comes back, and nobody goes with him', async () => {
  const seen = await inThread<unknown>(
    `const { readlinkSync } = await import('node:fs')
     const { openTree } = await load('sys/open')
     const { allowRoaming, enterDirectory, hasOwnWorkingDirectory, roaming } = await load('sys/working-directory')
     const { injectFaults } = await load('sys/call')
     const where = () => readlinkSync('/proc/thread-self/cwd')
     const all = () => readlinkSync('/proc/self/cwd')
     const directory = openTree(data + '/one')
     const seen = [roaming(hasOwnWorkingDirectory)]
     allowRoaming()
     seen.push(roaming(() => (enterDirectory(directory), [where(), all()])), where(), hasOwnWorkingDirectory())
     seen.push(roaming(() => (enterDirectory(directory), where())), where())
     try {
       roaming(() => (enterDirectory(directory), directory.missing.member))
     } catch {
       seen.push(where())
     }
     injectFaults((call) => (call === 'openat' ? 13 : 0))
     seen.push(roaming(hasOwnWorkingDirectory))
     answer(seen)`,
    tree.path,
  )
  const [home, one] = [process.cwd(), realpathSync(tree.at('one'))]
  expect(seen).toEqual([false, [one, home], home, false, one, home, home, false])
})
