// Further file systems inside an export (QEMU's multidevs; reference §3.5, §8 row 26), over file systems really mounted
// there.

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { devicesOf, type Multidevs } from '../../src/session/devices.js'
import type { HostStat } from '../../src/sys/stat.js'
import { mounts } from '../../src/sys/mounts.js'
import { readDirents } from '../../src/wire/dirents.js'
import { Exchange } from '../support/exchange.js'
import { canMount, mountExt4, mountTmpfs } from '../support/host/mounts.js'
import { ViewedTree } from '../support/viewed-tree.js'

const host = (dev: number, ino: bigint): HostStat => ({ dev, ino }) as HostStat

describe('remap, by itself', () => {
  const devices = () => devicesOf('remap', { dev: 1, path: () => undefined }, () => undefined)

  it('leaves the inode numbers of the export’s own file system as they are', () => {
    for (const ino of [1n, 2n, 123_456_789n, (1n << 48n) - 1n]) expect(devices().pathOf(host(1, ino))).toBe(ino)
  })

  it('gives equal inode numbers of different devices different paths, the same to everybody', () => {
    const [one, other] = [devices(), devices()]
    const inodes = [2n, 3n, (1n << 48n) - 1n, 1n << 48n, (1n << 63n) + 5n, (1n << 64n) - 1n]
    const objects = [1, 2, 3, 2 ** 32 + 7].flatMap((dev) => inodes.map((ino) => host(dev, ino)))
    const paths = objects.map((object) => one.pathOf(object))
    expect(new Set(paths).size).toBe(objects.length)
    expect(
      [...objects]
        .reverse()
        .map((object) => other.pathOf(object))
        .reverse(),
    ).toEqual(paths)
    expect(paths.every((path) => path >= 0n && path < 1n << 64n)).toBe(true)
  })

  it('keeps numbers too large for 48 bits apart from all others', () => {
    const large = devices().pathOf(host(1, (1n << 48n) | 2n))
    expect(large >> 63n).toBe(1n)
    expect(devices().pathOf(host(2, 2n)) >> 63n).toBe(0n)
  })
})

if (!canMount) process.stderr.write('multidevs: skipping what needs file systems to be mounted: not permitted here\n')

describe.skipIf(!canMount)('with two file systems mounted inside', () => {
  let base: ViewedTree
  let tree: string
  const mounted: Disposable[] = []
  beforeAll(() => {
    base = new ViewedTree('passthrough')
    tree = base.path
    // Copies of one image have one UUID, and the same inode numbers.
    for (const name of ['b', 'a']) mounted.push(mountExt4(join(tree, name), '8d6b6b0e-3f9e-4a0f-9a53-0a3f3c1f9d10'))
    mounted.push(mountTmpfs(join(tree, 'with space')))
    for (const name of ['b', 'a', 'with space']) writeFileSync(join(tree, name, 'file'), name)
    mkdirSync(join(tree, 'own'))
  })
  afterAll(() => {
    for (const mount of mounted.reverse()) mount[Symbol.dispose]()
    base[Symbol.dispose]()
  })

  const start = (multidevs: Multidevs): Promise<Exchange> =>
    Exchange.attached({ model: 'passthrough', beside: base, settings: { multidevs } })
  const qidOf = async (exchange: Exchange, path: string): Promise<bigint> => {
    await exchange.walk(path, 9)
    const { qid } = await exchange.call('Tgetattr', { fid: 9, requestMask: 0 })
    await exchange.call('Tclunk', { fid: 9 })
    return qid.path
  }

  it('the table of mounts shows them, spaces in names included', () => {
    for (const name of ['a', 'b', 'with space']) {
      const path = join(tree, name)
      const found = mounts().filter((mount) => mount.path === path)
      const { dev } = statSync(path)
      const [major, minor] = [(dev >>> 8) & 0xfff, (dev & 0xff) | ((dev >>> 12) & 0xfff00)]
      expect(found).toMatchObject([{ path, root: '/', dev: major * 2 ** 32 + minor }])
    }
    expect(mounts().length).toBe(readFileSync('/proc/self/mountinfo', 'latin1').split('\n').length - 1)
  })

  it('remap: no two objects have one path, and after a restart each has its own again, in any order', async () => {
    const paths = ['', 'own', 'a', 'a/file', 'b', 'b/file', 'with space', 'with space/file']
    using first = await start('remap')
    const before = new Map<string, bigint>()
    for (const path of paths) before.set(path, await qidOf(first, path))
    expect(new Set(before.values()).size).toBe(paths.length)
    expect(statSync(join(tree, 'a/file')).ino).toBe(statSync(join(tree, 'b/file')).ino)
    for (const order of [paths.toReversed(), ['b/file', ...paths]]) {
      using again = await start('remap')
      for (const path of order) expect([path, await qidOf(again, path)]).toEqual([path, before.get(path)])
    }
  })

  it('remap: what a listing shows is what a walk finds', async () => {
    using exchange = await start('remap')
    await exchange.walk('', 1)
    await exchange.call('Tlopen', { fid: 1, flags: 0 })
    const { data } = await exchange.call('Treaddir', { fid: 1, offset: 0n, count: 8000 })
    const listed = readDirents(data).filter(({ name }) => !name.startsWith('.'))
    expect(listed.length).toBe(4)
    for (const { name, qid } of listed) expect([name, qid.path]).toEqual([name, await qidOf(exchange, name)])
  })

  it('forbid: another file system cannot be entered (ENODEV), though its name is listed', async () => {
    using exchange = await start('forbid')
    expect(await exchange.refusal('Twalk', { fid: 0, newfid: 1, wnames: ['a'] as never })).toBe('ENODEV')
    expect(await exchange.refusal('Twalk', { fid: 0, newfid: 1, wnames: ['own'] as never })).toBeUndefined()
    await exchange.walk('', 2)
    await exchange.call('Tlopen', { fid: 2, flags: 0 })
    const { data } = await exchange.call('Treaddir', { fid: 2, offset: 0n, count: 8000 })
    expect(
      readDirents(data)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['.', '..', 'a', 'b', 'own', 'with space'])
    expect(exchange.log).toEqual([])
  })

  it('warn: inode numbers as they are, and one line for the operator', async () => {
    using exchange = await start('warn')
    expect(await qidOf(exchange, 'own')).toBe(BigInt(statSync(join(tree, 'own')).ino))
    expect(exchange.log).toEqual([])
    expect(await qidOf(exchange, 'a/file')).toBe(await qidOf(exchange, 'b/file'))
    expect(exchange.log).toHaveLength(1)
  })
})
