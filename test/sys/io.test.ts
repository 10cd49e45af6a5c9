// File contents by descriptor and position.

import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Errno } from '../../src/errors.js'
import { nameFromText } from '../../src/name.js'
import { injectFaults } from '../../src/sys/call.js'
import { O_APPEND, O_RDONLY, O_RDWR } from '../../src/sys/constants.js'
import type { Fd } from '../../src/sys/fd.js'
import { fdatasync, fsync, pread, preadNowait, pwrite } from '../../src/sys/io.js'
import { openPath, reopen } from '../../src/sys/open.js'
import { withFault } from '../support/host/faults.js'
import { HostTree } from '../support/host/tree.js'
import { refusalOf } from '../support/refusal.js'

let tree: HostTree
let file: Fd
beforeEach(() => {
  tree = new HostTree()
  writeFileSync(tree.at('file'), '0123456789')
  file = open(O_RDWR)
})
afterEach(() => {
  injectFaults(undefined)
  file.close()
  tree[Symbol.dispose]()
})

function open(flags: number): Fd {
  using handle = openPath(tree.root, nameFromText('file'))
  return reopen(handle!, flags)
}

describe.each([
  ['reading', pread],
  ['reading what is in memory', preadNowait],
])('%s', (_title, read) => {
  it('fills a view from a position, and touches nothing beside it', () => {
    const bytes = Buffer.alloc(8, '.')
    expect(read(file, bytes.subarray(2, 5), 4)).toBe(3)
    expect(bytes.toString()).toBe('..456...')
  })

  it('is short at the end, and 0 after it', () => {
    expect(read(file, Buffer.alloc(100), 8)).toBe(2)
    expect(read(file, Buffer.alloc(100), 10)).toBe(0)
    expect(read(file, Buffer.alloc(100), 2 ** 40)).toBe(0)
  })

  it('is done again when it is interrupted', () => {
    let asked = 0
    injectFaults(() => (++asked < 3 ? Errno.EINTR : 0))
    expect(read(file, Buffer.alloc(10), 0)).toBe(10)
    expect(asked).toBe(3)
  })

  it('reaches beyond 4 GiB', () => {
    pwrite(file, Buffer.from('far'), 5 * 2 ** 30)
    const bytes = Buffer.alloc(3)
    expect(read(file, bytes, 5 * 2 ** 30)).toBe(3)
    expect(bytes.toString()).toBe('far')
  })
})

describe('reading what is in memory', () => {
  it.each(['EAGAIN', 'EOPNOTSUPP', 'ENOSYS'] as const)('gives up where the host answers %s', (code) => {
    injectFaults(() => Errno[code])
    expect(preadNowait(file, Buffer.alloc(1), 0)).toBeUndefined()
  })

  it('reports what is a failure', () => {
    expect(refusalOf(() => withFault(1, 'EIO', () => preadNowait(file, Buffer.alloc(1), 0)))).toBe('EIO')
  })
})

describe('writing', () => {
  it('takes a view to a position', () => {
    expect(pwrite(file, Buffer.from('..abc..').subarray(2, 5), 4)).toBe(3)
    expect(readFileSync(tree.at('file'), 'latin1')).toBe('0123abc789')
  })

  it('is done again when it is interrupted, once', () => {
    let asked = 0
    injectFaults(() => (++asked < 3 ? Errno.EINTR : 0))
    expect(pwrite(file, Buffer.from('x'), 10)).toBe(1)
    injectFaults(undefined)
    expect(readFileSync(tree.at('file'), 'latin1')).toBe('0123456789x')
  })

  it('goes to the end of a file that is open for appending', () => {
    using end = open(O_RDWR | O_APPEND)
    pwrite(end, Buffer.from('x'), 0)
    expect(readFileSync(tree.at('file'), 'latin1')).toBe('0123456789x')
  })

  it('needs a file that is open for writing', () => {
    using reading = open(O_RDONLY)
    expect(refusalOf(() => pwrite(reading, Buffer.from('x'), 0))).toBe('EBADF')
  })
})

it('syncing answers, and reports what the disk says', () => {
  fsync(file)
  fdatasync(file)
  expect(refusalOf(() => withFault(1, 'EIO', () => fsync(file)))).toBe('EIO')
  expect(refusalOf(() => withFault(1, 'ENOSPC', () => fdatasync(file)))).toBe('ENOSPC')
})
