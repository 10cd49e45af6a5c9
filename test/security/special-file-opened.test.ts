// CVE-2023-2861: opening a device or fifo that lies in the export acts on hardware, or blocks. They are never opened for
// reading or writing, not even when a process of the host puts one in a file's place between two of our system calls.

import { execFileSync } from 'node:child_process'
import { closeSync, constants, lstatSync, openSync, readSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nameFromText } from '../../src/name.js'
import { O_RDONLY, O_RDWR, O_WRONLY, S_IFIFO } from '../../src/sys/constants.js'
import { mknodat } from '../../src/sys/directory.js'
import { openTree } from '../../src/sys/open.js'
import { lookups, operations } from '../support/operations.js'
import { type Attack, race, racedModels } from '../support/race.js'
import { refusalOf } from '../support/refusal.js'
import { ViewedTree } from '../support/viewed-tree.js'

const NAMES = ['file', 'host', 'symlink', 'new', 'two/other', 'two/new', 'empty/new']
const { O_NONBLOCK } = constants
const NO_DEVICE = { major: 0, minor: 0 }

/** Fails when anybody has the fifo open: for reading, as then it can be opened for writing; or for writing. */
function watchFifo(fifo: string): void {
  if (lstatSync(fifo, { throwIfNoEntry: false })?.isFIFO() !== true) return
  let writer: number | undefined
  try {
    writer = openSync(fifo, constants.O_WRONLY | O_NONBLOCK)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENXIO') throw cause
  }
  if (writer !== undefined) {
    closeSync(writer)
    throw new Error('Somebody has opened the fifo for reading')
  }
  const reader = openSync(fifo, constants.O_RDONLY | O_NONBLOCK)
  try {
    // The end of the file: nobody writes. EAGAIN would mean that somebody might.
    expect(readSync(reader, Buffer.alloc(1))).toBe(0)
  } finally {
    closeSync(reader)
  }
}

const prepare = ({ outside }: ViewedTree): void => {
  using directory = openTree(outside)
  NAMES.forEach((_, index) => mknodat(directory, nameFromText(`fifo-${index}`), S_IFIFO | 0o600, NO_DEVICE))
}

const attack: Attack = {
  title: 'fifos',
  strike: ({ path, outside }) => {
    for (const [index, name] of NAMES.entries()) {
      try {
        renameSync(join(outside, `fifo-${index}`), join(path, 'one', name))
      } catch (cause) {
        // The operation may have removed the directory, or made one of that name.
        const { code = '' } = cause as NodeJS.ErrnoException
        if (!['ENOENT', 'EISDIR'].includes(code)) throw cause
      }
    }
  },
}

describe.each(racedModels)('%s', (model) => {
  it.each([...operations, ...lookups])('$title never opens a fifo that takes the place of an object', (operation) => {
    race(model, operation, attack, {
      prepare,
      look: () => undefined,
      watch: ({ path }) => {
        for (const name of NAMES) watchFifo(join(path, 'one', name))
      },
      verify: () => undefined,
    })
  })

  it('a fifo of the host is seen, and refused without waiting for its other end', () => {
    using tree = new ViewedTree(model)
    execFileSync('mkfifo', [join(tree.path, 'fifo')])
    expect(tree.stat('fifo').mode & 0o170000).toBe(0o010000)
    for (const flags of [O_RDONLY, O_WRONLY, O_RDWR]) expect(refusalOf(() => tree.open('fifo', flags))).toBe('ENXIO')
    expect(refusalOf(() => tree.setattr('fifo', { size: 0 }))).toBe('ENXIO')
  })
})
