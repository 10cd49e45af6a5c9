// Changing inodes by handle, of whatever type and however open, against node:fs.

import { execFileSync } from 'node:child_process'
import { lstatSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Errno } from '../../src/errors.js'
import { NO_ID } from '../../src/ids.js'
import { nameFromText } from '../../src/name.js'
import { injectFaults } from '../../src/sys/call.js'
import { O_RDONLY, O_RDWR, UTIME_NOW, UTIME_OMIT } from '../../src/sys/constants.js'
import type { Fd } from '../../src/sys/fd.js'
import { fchmod, fchownat, ftruncate, generationOf, utimensat } from '../../src/sys/inode.js'
import { openPath, openTree, reopen } from '../../src/sys/open.js'
import { fstatfs } from '../../src/sys/stat.js'
import { asNobody, isRoot, nobody } from '../support/host/nobody.js'
import { HostTree } from '../support/host/tree.js'
import { refusalOf } from '../support/refusal.js'
import { tick } from '../support/tick.js'

let tree: HostTree
beforeEach(() => {
  tree = new HostTree()
  writeFileSync(tree.at('file'), 'content')
  symlinkSync('file', tree.at('link'))
  execFileSync('mkfifo', [tree.at('fifo')])
})
afterEach(() => {
  injectFaults(undefined)
  tree[Symbol.dispose]()
})

const handleOf = (name: string): Fd => openPath(tree.root, nameFromText(name))!
const statOf = (name: string) => lstatSync(tree.at(name), { bigint: true })

describe.each(['file', 'link', 'fifo'])('the owner of a %s', (name) => {
  it('is changed by handle, each id by itself', () => {
    using handle = handleOf(name)
    fchownat(handle, nobody.uid, NO_ID)
    expect(lstatSync(tree.at(name))).toMatchObject({ uid: nobody.uid, gid: process.getgid!() })
    fchownat(handle, NO_ID, nobody.gid)
    expect(lstatSync(tree.at(name))).toMatchObject(nobody)
  })

  it('is left by −1, which moves ctime all the same', () => {
    using handle = handleOf(name)
    const before = statOf(name)
    tick()
    fchownat(handle, NO_ID, NO_ID)
    expect(statOf(name)).toMatchObject({ uid: before.uid, gid: before.gid, mtimeNs: before.mtimeNs })
    expect(statOf(name).ctimeNs).toBeGreaterThan(before.ctimeNs)
  })

  it('is given away by root alone', () => {
    using handle = handleOf(name)
    expect(refusalOf(() => asNobody(() => fchownat(handle, nobody.uid + 1, NO_ID)))).toBe('EPERM')
    expect(lstatSync(tree.at(name)).uid).toBe(process.getuid!())
  })
})

describe('the mode', () => {
  it('is changed by an O_PATH handle and by an open file, of a fifo too', () => {
    using handle = handleOf('file')
    fchmod(handle, 0o4751)
    expect(lstatSync(tree.at('file')).mode).toBe(0o104751)
    using file = reopen(handle, O_RDONLY)
    fchmod(file, 0o604)
    expect(lstatSync(tree.at('file')).mode).toBe(0o100604)
    using fifo = handleOf('fifo')
    fchmod(fifo, 0o611)
    expect(lstatSync(tree.at('fifo')).mode).toBe(0o010611)
  })

  it('is that of the object after its name is gone', () => {
    using handle = handleOf('file')
    rmSync(tree.at('file'))
    writeFileSync(tree.at('file'), '', { mode: 0o600 })
    fchmod(handle, 0o777)
    expect(lstatSync(tree.at('file')).mode).toBe(0o100600)
  })

  it('of somebody else’s object is refused', () => {
    using handle = handleOf('file')
    const change = (): void => asNobody(() => fchmod(handle, 0o777))
    expect(refusalOf(change)).toBe(isRoot ? 'EPERM' : undefined)
  })
})

describe.each(['file', 'link', 'fifo'])('the times of a %s', (name) => {
  it('are set to the nanosecond, before 1970 and after 2038', () => {
    using handle = handleOf(name)
    utimensat(handle, { sec: -1, nsec: 999_999_999 }, { sec: 5_000_000_000, nsec: 123_456_789 })
    expect(statOf(name)).toMatchObject({ atimeNs: -1n, mtimeNs: 5_000_000_000_123_456_789n })
  })

  it('are left or set to now by themselves', () => {
    using handle = handleOf(name)
    utimensat(handle, { sec: 1, nsec: 2 }, { sec: 3, nsec: 4 })
    utimensat(handle, { sec: 0, nsec: UTIME_OMIT }, { sec: 0, nsec: UTIME_NOW })
    expect(statOf(name).atimeNs).toBe(1_000_000_002n)
    expect(statOf(name).mtimeNs).toBeGreaterThan(1_000_000_000_000_000_000n)
  })

  it('are set where the kernel knows no AT_EMPTY_PATH for this call', () => {
    using handle = handleOf(name)
    let asked = 0
    injectFaults((call) => (call === 'utimensat' && ++asked === 1 ? Errno.EINVAL : 0))
    utimensat(handle, { sec: 1, nsec: 2 }, { sec: 3, nsec: 4 })
    expect(asked).toBe(2)
    expect(statOf(name)).toMatchObject({ atimeNs: 1_000_000_002n, mtimeNs: 3_000_000_004n })
  })
})

describe('the length', () => {
  it('is cut and extended of a file that is open for writing', () => {
    using handle = handleOf('file')
    using file = reopen(handle, O_RDWR)
    ftruncate(file, 3)
    expect(readFileSync(tree.at('file'), 'latin1')).toBe('con')
    ftruncate(file, 3 * 2 ** 32)
    expect(statOf('file').size).toBe(3n * 2n ** 32n)
  })

  it('is not changed of a file that is open for reading, nor by a handle', () => {
    using handle = handleOf('file')
    using file = reopen(handle, O_RDONLY)
    expect(refusalOf(() => ftruncate(file, 0))).toBe('EINVAL')
    expect(refusalOf(() => ftruncate(handle, 0))).toBe('EBADF')
    expect(statOf('file').size).toBe(7n)
  })
})

describe('the generation', () => {
  const EXT4 = 0xef53

  it('is a number on ext4, the same for as long as the inode lives', () => {
    using handle = handleOf('file')
    using file = reopen(handle, O_RDONLY)
    const generation = generationOf(file)
    if (fstatfs(file).type === EXT4) expect(generation).toBe(lsattrGeneration(tree.at('file')) ?? generation)
    expect(generationOf(file)).toBe(generation)
  })

  it('is unknown where the file system keeps none', () => {
    using proc = openTree('/proc')
    expect(generationOf(proc)).toBeUndefined()
  })
})

/** What e2fsprogs says, where it is installed. */
function lsattrGeneration(path: string): number | undefined {
  try {
    return Number(execFileSync('lsattr', ['-v', path], { encoding: 'utf8' }).trim().split(/\s+/)[0])
  } catch {
    return undefined
  }
}
