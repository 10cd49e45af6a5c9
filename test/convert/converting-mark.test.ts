// The mark of a conversion, where somebody else wrote it: a tree that other commands refuse for it can be put in order.

import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isMarked, rootTimes } from '../../src/convert/converting-mark.js'
import { statx } from '../../src/sys/stat.js'
import { virtfs } from '../commands/run.js'
import { attributesAt } from '../support/host/oracle.js'
import { HostTree } from '../support/host/tree.js'

let tree: HostTree
beforeEach(() => {
  tree = new HostTree()
})
afterEach(() => tree[Symbol.dispose]())

describe.each(['', 'null', '7', 'x', '{}', '{"times":null}', '{"times":{"atimeSec":"1"}}'])('that is %j', (value) => {
  beforeEach(() => {
    execFileSync('setfattr', ['-n', 'user.virtfs.convert', '-v', value, tree.path])
  })

  it('is one, and has no times of the root', () => {
    expect(isMarked(tree.root)).toBe(true)
    const { atimeSec, atimeNsec, mtimeSec, mtimeNsec } = statx(tree.root)
    expect(rootTimes(tree.root)).toEqual({ atimeSec, atimeNsec, mtimeSec, mtimeNsec })
  })
})

it.each(['--resume', '--abort'])('is removed by %s, where nothing else was left', (flag) => {
  execFileSync('setfattr', ['-n', 'user.virtfs.convert', '-v', 'null', tree.path])
  tree.root.close()
  expect(virtfs(['serve', tree.path, '--security-model', 'none'])).toMatchObject({ exitCode: 2 })
  expect(virtfs(['convert', tree.path, flag, '--yes'])).toMatchObject({ stderr: '', exitCode: 0 })
  expect(attributesAt(tree.path)).toEqual({})
})
