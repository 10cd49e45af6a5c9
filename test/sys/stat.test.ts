// What the host says of objects, against node:fs and stat(1), which ask it themselves.

import { execFileSync } from 'node:child_process'
import {
  linkSync,
  lstatSync,
  mkdirSync,
  statfsSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packDevice } from '../../src/ids.js'
import { nameFromText } from '../../src/name.js'
import type { Fd } from '../../src/sys/fd.js'
import { openPath, openTree } from '../../src/sys/open.js'
import { fstatfs, type HostStat, statx, statxAt } from '../../src/sys/stat.js'
import { HostTree } from '../support/host/tree.js'

let tree: HostTree
beforeEach(() => {
  tree = new HostTree()
})
afterEach(() => tree[Symbol.dispose]())

const nanoseconds = (sec: number, nsec: number): bigint => BigInt(sec) * 1_000_000_000n + BigInt(nsec)

/** The members as node:fs has them. */
const asNode = (stat: HostStat) => ({
  dev: packDevice({ major: Math.floor(stat.dev / 2 ** 32), minor: stat.dev % 2 ** 32 }),
  ino: stat.ino,
  mode: BigInt(stat.mode),
  nlink: BigInt(stat.nlink),
  uid: BigInt(stat.uid),
  gid: BigInt(stat.gid),
  rdev: packDevice(stat.rdev),
  size: BigInt(stat.size),
  blksize: BigInt(stat.blksize),
  blocks: BigInt(stat.blocks),
  atimeNs: nanoseconds(stat.atimeSec, stat.atimeNsec),
  mtimeNs: nanoseconds(stat.mtimeSec, stat.mtimeNsec),
  ctimeNs: nanoseconds(stat.ctimeSec, stat.ctimeNsec),
})

describe('stat', () => {
  const objects: [string, (path: string) => unknown][] = [
    ['a file', (path) => writeFileSync(path, 'content', { mode: 0o6751 })],
    ['a sparse file of 5 TiB', (path) => (writeFileSync(path, 'x'), truncateSync(path, 5 * 2 ** 40))],
    ['a file with two names', (path) => (writeFileSync(path, ''), linkSync(path, `${path}2`))],
    ['a directory', (path) => mkdirSync(path, { mode: 0o1750 })],
    ['a symlink', (path) => symlinkSync('nowhere', path)],
    ['a fifo', (path) => execFileSync('mkfifo', [path])],
    [
      'a file of the year 2400',
      (path) => (writeFileSync(path, ''), utimesSync(path, 13_600_000_000, 13_600_000_000.5)),
    ],
    ['a file of before 1970', (path) => (writeFileSync(path, ''), utimesSync(path, -5_000, -12.25))],
  ]

  it.each(objects)('says of %s what node:fs says, by name and by handle', (_kind, make) => {
    make(tree.at('made'))
    const name = nameFromText('made')
    using handle = openPath(tree.root, name)
    const expected = lstatSync(tree.at('made'), { bigint: true })
    expect(expected).toMatchObject(asNode(statxAt(tree.root, name)!))
    expect(expected).toMatchObject(asNode(statx(handle!)))
  })

  it('says of a device what node:fs says', () => {
    using dev = openTree('/dev', true)
    const expected = lstatSync('/dev/null', { bigint: true })
    expect(expected).toMatchObject(asNode(statxAt(dev, nameFromText('null'))!))
    expect(statxAt(dev, nameFromText('null'))?.rdev).toEqual({ major: 1, minor: 3 })
  })

  it('says the time of birth that stat(1) says', () => {
    writeFileSync(tree.at('made'), '')
    const { btimeSec } = statxAt(tree.root, nameFromText('made'))!
    const [birth] = execFileSync('stat', ['-c', '%W', tree.at('made')], { encoding: 'utf8' }).split('\n')
    expect(String(btimeSec)).toBe(birth)
  })

  it('says nothing where there is nothing', () => {
    expect(statxAt(tree.root, nameFromText('nothing'))).toBeUndefined()
  })

  it('keeps what it said when it is asked again', () => {
    writeFileSync(tree.at('one'), 'x')
    writeFileSync(tree.at('two'), 'xxx')
    const one = statxAt(tree.root, nameFromText('one'))!
    statxAt(tree.root, nameFromText('two'))
    expect(one.size).toBe(1)
  })
})

describe('statfs', () => {
  const asNodeFs = (handle: Fd) => {
    const { type, bsize, blocks, files } = fstatfs(handle)
    return { type, bsize, blocks, files }
  }

  it.each(['/', '/proc', '/dev'])('says of %s what node:fs says', (path) => {
    using handle = openTree(path, true)
    expect(statfsSync(path)).toMatchObject(asNodeFs(handle))
  })

  it('gives free blocks and the longest name that there can be', () => {
    const { bfree, bavail, blocks, namelen } = fstatfs(tree.root)
    expect(namelen).toBe(255)
    expect(bavail).toBeLessThanOrEqual(bfree)
    expect(bfree).toBeLessThanOrEqual(blocks)
    const [free] = execFileSync('stat', ['-f', '-c', '%s', tree.path], { encoding: 'utf8' }).split('\n')
    expect(String(fstatfs(tree.root).bsize)).toBe(free)
  })

  it('needs no permission on the object: a handle of a symlink or fifo will do', () => {
    symlinkSync('nowhere', tree.at('link'))
    using handle = openPath(tree.root, nameFromText('link'))
    expect(fstatfs(handle!).type).toBe(fstatfs(tree.root).type)
  })
})
