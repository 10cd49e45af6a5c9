// Every system call of every operation that changes a tree is made to fail, one after the other: the tree is then as it
// was, byte for byte of what lies on the host, or the operation succeeded all the same; and nothing stays open.

import { describe, expect, it } from 'vitest'
import { Errno, type ErrnoName } from '../../src/errors.js'
import { type SecurityModel, securityModels } from '../../src/ownership/security-models.js'
import type { SyscallName } from '../../src/sys/abi.js'
import { injectFaults } from '../../src/sys/call.js'
import { openDescriptors } from '../support/host/descriptors.js'
import { withFault } from '../support/host/faults.js'
import { refusalOf } from '../support/refusal.js'
import { scratchMemory } from '../support/scratch-memory.js'
import { type Snapshot, snapshot } from '../support/snapshot.js'
import { NOTHING_LEFT, ViewedTree } from '../support/viewed-tree.js'
import { furnish, type Operation, operations } from '../support/operations.js'

/** More calls than any operation makes: a loop that never ends is a failure. */
const CALLS_MAX = 300
/** The calls that may run into a full disk. */
const MAY_BE_FULL: readonly SyscallName[] = [
  'openat',
  'mkdirat',
  'mknodat',
  'symlinkat',
  'linkat',
  'renameat2',
  'ftruncate',
  'pwrite64',
  'setxattr',
  'fsetxattr',
]

interface Outcome {
  /** The call that failed; undefined when the operation makes fewer. */
  readonly failed: SyscallName | undefined
  readonly refusal: string | undefined
  readonly after: Snapshot
}

/** Acts through a view that has looked at nothing yet, with the n-th call failing. */
function attempt(base: ViewedTree, { act }: Operation, n: number, errno: ErrnoName): Outcome {
  const descriptors = openDescriptors()
  let failed: SyscallName | undefined
  let refusal: string | undefined
  {
    using tree = base.secondView()
    failed = withFault(n, errno, () => {
      refusal = refusalOf(() => act(tree))
    })
    tree.releaseAll()
    expect(tree.leftovers()).toEqual(NOTHING_LEFT)
  }
  expect(openDescriptors()).toEqual(descriptors)
  return { failed, refusal, after: snapshot(base.path) }
}

function furnished(model: SecurityModel): ViewedTree {
  const tree = new ViewedTree(model, { parent: scratchMemory() })
  furnish(tree)
  return tree
}

/**
 * What a guest can tell: times and link counts of records, and records of objects that are gone, are not among it.
 * Neither is the owner where giving away was what failed: "none" makes the object all the same (reference §1.4).
 */
function visible(found: Snapshot, failed: SyscallName | undefined): Snapshot {
  const hidden = failed === 'fchownat' ? / (?:mtime|nlink)=\d+| owner=\d+:\d+/g : / (?:mtime|nlink)=\d+/g
  const isOrphan = (path: string): boolean => {
    const [, dir, name] = /^(.*)\/\.virtfs_metadata\/(.+)$/.exec(path) ?? []
    return name !== undefined && found[`${dir}/${name}`] === undefined
  }
  const shown = Object.entries(found).filter(([path]) => !isOrphan(path))
  return Object.fromEntries(shown.map(([path, line]) => [path, line.replace(hidden, '')]))
}

describe.each(securityModels)('%s', (model) => {
  for (const operation of operations) {
    it(`${operation.title} is all or nothing, whichever of its system calls fails`, () => {
      let tree = furnished(model)
      let before = snapshot(tree.path)
      const startAgain = (): void => {
        tree[Symbol.dispose]()
        tree = furnished(model)
        before = snapshot(tree.path)
      }
      try {
        const whole = attempt(tree, operation, CALLS_MAX, 'EIO')
        expect(whole.refusal).toBeUndefined()
        startAgain()
        const check = (n: number, errno: ErrnoName): SyscallName | undefined => {
          const { failed, refusal, after } = attempt(tree, operation, n, errno)
          const shown = `${failed} as call ${n} ${errno}: ${refusal ?? 'done all the same'}`
          if (refusal !== undefined) expect([shown, after]).toEqual([shown, before])
          else {
            expect([shown, visible(after, failed)]).toEqual([shown, visible(whole.after, failed)])
            startAgain()
          }
          return failed
        }
        for (let n = 1; ; n += 1) {
          expect(n).toBeLessThan(CALLS_MAX)
          const failed = check(n, 'EIO')
          if (failed === undefined) break
          if (MAY_BE_FULL.includes(failed)) check(n, 'ENOSPC')
        }
      } finally {
        tree[Symbol.dispose]()
      }
    })

    it(`${operation.title} leaves nothing open when every system call fails from some point on`, () => {
      for (let n = 1; n < CALLS_MAX; n += 1) {
        using base = furnished(model)
        const descriptors = openDescriptors()
        let calls = 0
        {
          using tree = base.secondView()
          injectFaults((call) => (call !== 'close' && ++calls >= n ? Errno.EIO : 0))
          try {
            refusalOf(() => operation.act(tree))
          } finally {
            injectFaults(undefined)
          }
          tree.releaseAll()
          expect(tree.leftovers()).toEqual(NOTHING_LEFT)
        }
        expect(openDescriptors()).toEqual(descriptors)
        if (calls < n) break
      }
    })
  }
})
