// A file's content in a new file: the same bytes and the same holes, whichever way the host can copy, and an error where it
// cannot. Compared by cmp, and by the blocks that node:fs counts.

import { execFileSync } from 'node:child_process'
import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copyContent, dataBytesOf } from '../../src/convert/copy-content.js'
import { Errno, type ErrnoName } from '../../src/errors.js'
import { nameFromText } from '../../src/name.js'
import type { SyscallName } from '../../src/sys/abi.js'
import { type FaultInjector, injectFaults } from '../../src/sys/call.js'
import { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } from '../../src/sys/constants.js'
import { openat, openPath, reopen } from '../../src/sys/open.js'
import { statx } from '../../src/sys/stat.js'
import { canMount, canMountXfs, mountTmpfs, mountXfs } from '../support/host/mounts.js'
import { HostTree } from '../support/host/tree.js'
import { refusalOf } from '../support/refusal.js'

const KIB = 1024
const GIB = 2 ** 30

let tree: HostTree
beforeEach(() => {
  tree = new HostTree()
})
afterEach(() => {
  injectFaults(undefined)
  tree[Symbol.dispose]()
})

/** A file's size, and where in it there is data. */
type Shape = readonly [size: number, data: readonly (readonly [position: number, length: number])[]]

/** Makes a file, and has the host count its blocks. */
function make(path: string, [size, data]: Shape): void {
  const file = openSync(path, 'wx')
  for (const [position, length] of data) writeSync(file, Buffer.alloc(length, `at ${position};`), 0, length, position)
  truncateSync(path, size)
  fsyncSync(file)
  closeSync(file)
}

/** Copies `from` to `to`, both paths in the tree, with the size that `from` has at the beginning. */
function copy(from = 'from', to = 'to', faults?: FaultInjector): void {
  using source = tree.place(from).dir
  using target = tree.place(to).dir
  using handle = openPath(source, nameFromText(from.split('/').at(-1)!))
  using reading = reopen(handle!, O_RDONLY)
  using writing = openat(target, nameFromText(to.split('/').at(-1)!), O_WRONLY | O_CREAT | O_EXCL, 0o600)
  const { size } = statx(reading)
  injectFaults(faults)
  try {
    copyContent(reading, writing, size)
  } finally {
    injectFaults(undefined)
  }
}

const blocksOf = (path: string): number => {
  execFileSync('sync', [tree.at(path)])
  return lstatSync(tree.at(path)).blocks
}

function expectSame(from = 'from', to = 'to'): void {
  expect(lstatSync(tree.at(to)).size).toBe(lstatSync(tree.at(from)).size)
  execFileSync('cmp', [tree.at(from), tree.at(to)])
}

/** Refuses calls by name, as a host would. */
const refusing =
  (refusals: Partial<Record<SyscallName, ErrnoName>>): FaultInjector =>
  (call) => {
    const errno = refusals[call]
    return errno === undefined ? 0 : Errno[errno]
  }

const shapes: Readonly<Record<string, Shape>> = {
  nothing: [0, []],
  'a byte': [1, [[0, 1]]],
  'no hole': [700 * KIB + 5, [[0, 700 * KIB + 5]]],
  'only a hole': [1024 * KIB + 1, []],
  'a hole at the beginning': [600 * KIB, [[512 * KIB, 88 * KIB]]],
  'a hole in the middle': [
    900 * KIB,
    [
      [0, 3],
      [600 * KIB, 300 * KIB],
    ],
  ],
  'a hole at the end': [900 * KIB + 7, [[0, 300 * KIB]]],
  'holes everywhere': [
    4096 * KIB,
    [
      [256 * KIB, 1],
      [1024 * KIB, 400 * KIB],
      [3000 * KIB, 4 * KIB],
    ],
  ],
}
const shapeNames = Object.keys(shapes)

const fallbacks = ['EXDEV', 'EINVAL', 'EOPNOTSUPP', 'ENOSYS', 'EPERM'] as const

const ways: Record<string, FaultInjector | undefined> = {
  'as this host does it': undefined,
  ...Object.fromEntries(
    fallbacks.map((errno) => [`by the kernel, cloning being refused with ${errno}`, refusing({ ioctl: errno })]),
  ),
  ...Object.fromEntries(
    fallbacks.map((errno) => [
      `through memory, the kernel refusing with ${errno}`,
      refusing({ ioctl: 'ENOTTY', copy_file_range: errno }),
    ]),
  ),
}

describe.each(Object.keys(ways))('copied %s', (way) => {
  it.each(shapeNames)('a file with %s is the same, and no larger on the disk', (shape) => {
    make(tree.at('from'), shapes[shape]!)
    copy('from', 'to', ways[way])
    expectSame()
    expect(blocksOf('to')).toBe(blocksOf('from'))
  })
})

it.each(shapeNames)('a file with %s is the same where the file system knows of no holes', (shape) => {
  make(tree.at('from'), shapes[shape]!)
  copy('from', 'to', refusing({ ioctl: 'EOPNOTSUPP', lseek: 'EINVAL' }))
  expectSame()
})

it('what the kernel begins is gone on with through memory, should it refuse later', () => {
  make(tree.at('from'), shapes['holes everywhere']!)
  const calls: SyscallName[] = []
  copy('from', 'to', (call) => {
    calls.push(call)
    if (call === 'ioctl') return Errno.EXDEV
    return call === 'copy_file_range' && calls.filter((one) => one === call).length === 2 ? Errno.EINVAL : 0
  })
  expectSame()
  expect(blocksOf('to')).toBe(blocksOf('from'))
  expect(calls.filter((call) => call === 'copy_file_range')).toHaveLength(2)
})

it.each([
  ['by the kernel', refusing({ ioctl: 'EXDEV' })],
  ['through memory', refusing({ ioctl: 'EXDEV', copy_file_range: 'EXDEV' })],
])('many gigabytes of hole cost nothing, and data beyond 4 GiB is found, %s', (_way, refuse) => {
  const data = [
    [0, 10],
    [5 * GIB, 100 * KIB],
    [6 * GIB + 4096, 3],
  ] as const
  make(tree.at('from'), [7 * GIB + 1, data])
  let calls = 0
  copy('from', 'to', (call, third) => {
    calls++
    return refuse(call, third)
  })
  expect(calls).toBeLessThan(30)
  expect(lstatSync(tree.at('to')).size).toBe(7 * GIB + 1)
  expect(blocksOf('to')).toBe(blocksOf('from'))
  for (const [position, length] of data) {
    execFileSync('cmp', ['-i', String(position), '-n', String(length), tree.at('from'), tree.at('to')])
  }
})

describe('what fails', () => {
  it('is said, whichever call it is', () => {
    make(tree.at('from'), shapes['holes everywhere']!)
    const failed = new Set<SyscallName>()
    for (const refuse of [
      refusing({}),
      refusing({ ioctl: 'EXDEV' }),
      refusing({ ioctl: 'EXDEV', copy_file_range: 'EXDEV' }),
    ]) {
      for (let n = 1, isDone = false; !isDone; n++) {
        let calls = 0
        isDone = true
        const refusal = refusalOf(() =>
          copy('from', 'to', (call, third) => {
            const errno = refuse(call, third)
            if (errno !== 0 || call === 'close' || ++calls !== n) return errno
            isDone = false
            failed.add(call)
            return Errno.EIO
          }),
        )
        rmSync(tree.at('to'))
        expect(refusal).toBe(isDone ? undefined : 'EIO')
      }
    }
    expect([...failed].sort()).toEqual(
      ['copy_file_range', 'ftruncate', 'ioctl', 'lseek', 'pread64', 'pwrite64', 'statx'].sort(),
    )
  })

  it.each([
    ['a clone', 'ftruncate', {}],
    ['the first look for data', 'lseek', { ioctl: 'EXDEV' }],
    ['a copy by the kernel', 'copy_file_range', { ioctl: 'EXDEV' }],
    ['a copy through memory', 'pread64', { ioctl: 'EXDEV', copy_file_range: 'EXDEV' }],
  ] as const)('a file that is cut before the end of %s is stale', (_when, moment, refusals) => {
    make(tree.at('from'), shapes['no hole']!)
    const refuse = refusing(refusals)
    const refusal = refusalOf(() =>
      copy('from', 'to', (call, third) => {
        if (call === moment) truncateSync(tree.at('from'), 1000)
        return refuse(call, third)
      }),
    )
    expect(refusal).toBe('ESTALE')
  })

  it('a file that grows is copied as far as it was', () => {
    make(tree.at('from'), shapes['a hole at the end']!)
    const before = readFileSync(tree.at('from'))
    copy('from', 'to', (call) => {
      if (call === 'ioctl') writeFileSync(tree.at('from'), 'more', { flag: 'a' })
      return call === 'ioctl' ? Errno.EXDEV : 0
    })
    expect(readFileSync(tree.at('to')).equals(before)).toBe(true)
  })
})

describe.skipIf(!canMount)('between two file systems', () => {
  let mounted: Disposable
  beforeEach(() => {
    mounted = mountTmpfs(tree.at('mounted'))
  })
  afterEach(() => mounted[Symbol.dispose]())

  it.each(shapeNames)('a file with %s is the same, there and back', (shape) => {
    make(tree.at('mounted/from'), shapes[shape]!)
    copy('mounted/from', 'to')
    expectSame('mounted/from', 'to')
    expect(blocksOf('to')).toBe(blocksOf('mounted/from'))
    copy('to', 'mounted/back')
    expectSame('to', 'mounted/back')
    expect(blocksOf('mounted/back')).toBe(blocksOf('to'))
  })

  /** Leaves so much room, in the file system that is mounted. */
  function leave(room: number): void {
    const { bavail, bsize } = statfsSync(tree.at('mounted'))
    writeFileSync(tree.at('mounted/filler'), Buffer.alloc(bavail * bsize - room))
  }

  it.each([
    ['pwrite64', 'EXDEV'],
    ['copy_file_range', undefined],
  ] as const)('what %s writes only in part, on a disk that is nearly full, is gone on with', (writer, refusal) => {
    const refuse = refusing({ ioctl: 'EXDEV', ...(refusal === undefined ? {} : { copy_file_range: refusal }) })
    make(tree.at('mounted/from'), [1024 * KIB, [[0, 1024 * KIB]]])
    leave(100 * KIB)
    expect(refusalOf(() => copy('mounted/from', 'mounted/to', refuse))).toBe('ENOSPC')
    expect(lstatSync(tree.at('mounted/to')).size).toBe(100 * KIB)
    rmSync(tree.at('mounted/to'))
    let writes = 0
    copy('mounted/from', 'mounted/to', (call, third) => {
      if (call === writer && ++writes === 2) rmSync(tree.at('mounted/filler'))
      return refuse(call, third)
    })
    expect(writes).toBeGreaterThanOrEqual(2)
    expectSame('mounted/from', 'mounted/to')
  })
})

describe.skipIf(!canMountXfs())('where files can share what is in them', () => {
  let mounted: Disposable
  beforeEach(() => {
    mounted = mountXfs(tree.at('mounted'))
  })
  afterEach(() => mounted[Symbol.dispose]())

  it('they do: a copy is made by one call and takes no room', () => {
    make(tree.at('mounted/from'), [40 * 1024 * KIB, [[8 * 1024 * KIB, 24 * 1024 * KIB]]])
    const free = (): number => {
      execFileSync('sync', ['-f', tree.at('mounted')])
      const { bfree, bsize } = statfsSync(tree.at('mounted'))
      return bfree * bsize
    }
    const before = free()
    const calls: SyscallName[] = []
    copy('mounted/from', 'mounted/to', (call) => (calls.push(call), 0))
    expect(calls).toEqual(['ioctl', 'ftruncate', 'statx'])
    expect(before - free()).toBeLessThan(1024 * KIB)
    expectSame('mounted/from', 'mounted/to')
  })

  it('a clone of a file that grew is cut to what it was', () => {
    make(tree.at('mounted/from'), [64 * KIB, [[0, 64 * KIB]]])
    const before = readFileSync(tree.at('mounted/from'))
    copy('mounted/from', 'mounted/to', (call) => {
      if (call === 'ioctl') writeFileSync(tree.at('mounted/from'), 'more', { flag: 'a' })
      return 0
    })
    expect(readFileSync(tree.at('mounted/to')).equals(before)).toBe(true)
  })
})

it.each(shapeNames)('a plan counts what a file with %s occupies, and no more than its size', (shape) => {
  make(tree.at('from'), shapes[shape]!)
  using handle = openPath(tree.root, nameFromText('from'))
  const stat = statx(handle!)
  const inData = shapes[shape]![1].reduce((sum, [, length]) => sum + length, 0)
  expect(dataBytesOf(stat)).toBeGreaterThanOrEqual(inData)
  expect(dataBytesOf(stat)).toBeLessThanOrEqual(Math.min(stat.size, blocksOf('from') * 512))
})
