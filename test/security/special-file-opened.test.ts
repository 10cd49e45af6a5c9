// CVE-2023-2861: opening a device or fifo that lies in the export acts on hardware, or blocks. They are never opened for
// reading or writing, not even when a host process puts one in a file's place between two of our system calls.

import { execFileSync } from 'node:child_process'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { injectFaults } from '../../src/sys/call.js'
import { O_RDONLY, O_RDWR, O_WRONLY } from '../../src/sys/constants.js'
import { requireProc } from '../../src/sys/open.js'
import { ViewedTree } from '../support/viewed-tree.js'
import { refusalOf } from '../support/refusal.js'

afterEach(() => injectFaults(undefined))

it.each(['passthrough', 'mapped-xattr'] as const)(
  '%s: a fifo on the host is seen, and refused without waiting for its other end',
  (model) => {
    using tree = new ViewedTree(model)
    execFileSync('mkfifo', [join(tree.path, 'fifo')])
    expect(tree.stat('fifo').mode & 0o170000).toBe(0o010000)
    for (const flags of [O_RDONLY, O_WRONLY, O_RDWR]) expect(refusalOf(() => tree.open('fifo', flags))).toBe('ENXIO')
    expect(refusalOf(() => tree.setattr('fifo', { size: 0 }))).toBe('ENXIO')
  },
)

it.each(['passthrough', 'mapped-xattr', 'mapped-file'] as const)(
  "%s: a fifo that takes a file's place at any moment is not opened",
  (model) => {
    requireProc()
    for (let moment = 0; ; moment += 1) {
      using tree = new ViewedTree(model)
      tree.write('file', 'content')
      execFileSync('mkfifo', [join(tree.path, 'fifo')])
      let calls = 0
      injectFaults(() => {
        if (calls++ === moment) renameSync(join(tree.path, 'fifo'), join(tree.path, 'file'))
        return 0
      })
      // A reader of a fifo without writers would block here for ever, or read nothing.
      const answer = refusalOf(() => tree.open('file', O_RDWR)) ?? 'opened'
      injectFaults(undefined)
      expect(['ENXIO', 'opened', 'ENOENT', 'ESTALE']).toContain(answer)
      if (calls <= moment) break
    }
  },
)
